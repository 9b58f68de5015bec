"""The paper in a real browser: no script, no request, no overflow, in both languages."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from assess.catalog.model import Lang
from assess.report import to_html
from tests.functional import chromium
from tests.unit.assess_documents import ALL

# Texts that leave their chart, as the browser measures them; fonts are a little larger than glyphs.
_CUT = """[...document.querySelectorAll('svg text')].filter(text => {
  const inner = text.getBBox(), box = text.ownerSVGElement.viewBox.baseVal, slack = 5;
  return inner.x < -slack || inner.x + inner.width > box.width + slack
      || inner.y < -slack || inner.y + inner.height > box.height + slack;
}).map(text => text.textContent)"""

# What is too faint for its background: below 4.5 : 1 (WCAG 2, success criterion 1.4.3).
_FAINT = """(() => {
  const rgb = said => (said.match(/[\\d.]+/g) || []).map(Number);
  const light = said => rgb(said).slice(0, 3).map(x => x / 255)
    .map(x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4)
    .reduce((sum, x, i) => sum + x * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = node => {
    for (let each = node; each; each = each.parentElement) {
      const said = getComputedStyle(each).backgroundColor;
      if (rgb(said)[3] !== 0) return said;
    }
    return 'rgb(255, 255, 255)';
  };
  const found = [];
  for (const node of document.querySelectorAll('body *')) {
    if (![...node.childNodes].some(each => each.nodeType === 3 && each.data.trim())) continue;
    const style = getComputedStyle(node), inChart = node.closest('svg') && node.tagName !== 'svg';
    const [a, b] = [light(inChart ? style.fill : style.color), light(ground(node))];
    if ((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5) found.push(node.textContent);
  }
  return found;
})()"""


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[chromium.Page]:
    if not chromium.BINARY:
        assert os.environ.get("CI") != "true", "CI needs Chromium"
        pytest.skip("needs Chromium")
    with chromium.page(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.mark.parametrize("width", [1200, 390])
@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("name", ALL)
def test_the_paper_stands_alone_and_fits(
    tab: chromium.Page, tmp_path: Path, name: str, lang: Lang, width: int
) -> None:
    file = tmp_path / "report.html"
    file.write_text(to_html(*ALL[name](), lang), encoding="utf-8")
    tab.open(file.as_uri(), width)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.evaluate("document.scripts.length") == 0
    # A style sheet that its own policy refuses would leave the default margin of 8 px.
    assert tab.evaluate("getComputedStyle(document.body).marginTop") == "0px"
    assert tab.evaluate("document.querySelectorAll('figure svg[role=img]').length") == 7
    assert tab.evaluate("document.querySelectorAll('figure:not(:has(table))').length") == 0
    assert tab.evaluate(_CUT) == []
    assert tab.evaluate(_FAINT) == []
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
