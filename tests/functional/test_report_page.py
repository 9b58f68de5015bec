"""The page in a real browser: no script error, no request, no overflow, in both languages."""

from __future__ import annotations

import os
import re
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrate.report import to_html
from migrate.report.certificate import page
from migrate.texts import Lang, Texts
from tests.functional import chromium
from tests.unit import certificates
from tests.unit.report_documents import ALL


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[chromium.Page]:
    if not chromium.BINARY:
        assert os.environ.get("CI") != "true", "CI needs Chromium"
        pytest.skip("needs Chromium")
    with chromium.page(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("name", ALL)
def test_the_page_stands_alone_and_fits(
    tab: chromium.Page, tmp_path: Path, name: str, lang: Lang, width: int
) -> None:
    file = tmp_path / "report.html"
    file.write_text(to_html(ALL[name](), Texts(lang)), encoding="utf-8")
    tab.open(file.as_uri(), width)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.evaluate("document.scripts.length") == 0
    # A style sheet that its own policy refuses would leave the default margin of 8 px.
    assert tab.evaluate("getComputedStyle(document.body).marginTop") == "0px"
    assert tab.evaluate("document.querySelectorAll('td, th').length") > 50
    wanted = [
        params["request"]["url"]
        for method, params in tab.events
        if method == "Network.requestWillBeSent"
    ]
    assert [url for url in wanted if not url.startswith("data:")] == [file.as_uri()]
    assert not [
        params
        for method, params in tab.events
        if method in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")
    ]


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("name", certificates.ALL)
def test_a_certificate_stands_alone_and_fits(
    tab: chromium.Page, tmp_path: Path, name: str, lang: Lang
) -> None:
    file = tmp_path / "certificate.html"
    text = page.render(certificates.ALL[name](), certificates.PROOF, Texts(lang))
    file.write_text(text, encoding="utf-8")
    for width in (1280, 390):
        tab.open(file.as_uri(), width)
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.evaluate("document.scripts.length") == 0
    assert tab.evaluate("getComputedStyle(document.querySelector('.seal')).flexGrow") == "0"
    striped = tab.evaluate("getComputedStyle(document.body, '::before').backgroundImage")
    assert (name == "incomplete") == ("repeating-linear-gradient" in striped)
    assert (name == "incomplete") != tab.evaluate("!!document.querySelector('.sign')")
    wanted = [
        params["request"]["url"]
        for method, params in tab.events
        if method == "Network.requestWillBeSent"
    ]
    assert [url for url in wanted if not url.startswith("data:")] == [file.as_uri()]


def test_a_certificate_prints_on_a4(tab: chromium.Page, tmp_path: Path) -> None:
    file = tmp_path / "certificate.html"
    text = page.render(certificates.complete(), certificates.PROOF, Texts("en"))
    file.write_text(text, encoding="utf-8")
    tab.open(file.as_uri(), 1280)
    printed = tab.call("Page.printToPDF", preferCSSPageSize=True, pageRanges="1")["data"]
    # 210 × 297 mm in points.
    assert re.search(rb"/MediaBox \[0 0 59[45][.\d]* 84[12][.\d]*\]", b64decode(printed))
