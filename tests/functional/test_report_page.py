"""The page in a real browser: no script error, no request, no overflow, in both languages."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrate.report import to_html
from migrate.texts import Lang, Texts
from tests.functional import chromium
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
