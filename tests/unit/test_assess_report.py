"""What the reports say, and that they say it safely, in both languages, the same every time."""

from __future__ import annotations

import builtins
import json
import re
import zlib
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from assess import words
from assess.catalog.model import Lang
from assess.errors import AssessError
from assess.report import FORMATS, _paper, to_html, to_json, to_markdown, to_pdf, write
from assess.report.charts import mail_path
from assess.report.charts.mail_path import Hop
from assess.report.charts.robustness import bins
from assess.report.charts.svg import Caption, cut, ticks, width, wrap
from assess.report.paper import Figure, Paper, Table
from assess.result import Assessment
from assess.texts import Texts, catalogue
from console.visible import visible
from tests.unit.assess_documents import ALL, Case, manufacturer, municipality, nothing

LANGS: tuple[Lang, Lang] = ("en", "ja")
UNSEEN = {
    "answers.imported", "change.equal-cost", "change.none", "change.stop", "failed.none",
    "figure.confidence_A", "figure.confidence_D", "outcome.cloud_only", "outcome.on-prem_only",
    "role.finance", "stale", "unknown_none", "vetoes.nothing",
    "vetoes.warning", "yes",
}  # fmt: skip
"""Texts of states that none of the documents is in."""
SVG = "{http://www.w3.org/2000/svg}"


@cache
def papers() -> tuple[tuple[Case, Lang, Paper], ...]:
    return tuple((case(), lang, _paper(*case(), lang)) for case in ALL.values() for lang in LANGS)


def figures(paper: Paper) -> list[Figure]:
    return [b for section in paper.sections for b in section.blocks if isinstance(b, Figure)]


def numbers(text: str) -> list[str]:
    return re.findall(r"[+−±]?[\d,.]*\d", text)


def cells(table: Table) -> str:
    rows = [*table.rows, *table.foot]
    return " ".join(c if isinstance(c, str) else f"{c.text} {c.more}" for row in rows for c in row)


def test_every_number_that_a_chart_shows_for_a_value_stands_in_its_table() -> None:
    for _, _, paper in papers():
        for figure in figures(paper):
            root = ElementTree.fromstring(str(figure.svg))
            assert root.find(f"{SVG}title") is not None
            assert root.find(f"{SVG}desc") is not None
            known = set(numbers(cells(figure.table) + figure.table.caption))
            for text in root.iter(f"{SVG}text"):
                if text.get("fill") == "#56606d" or text.find(f"{SVG}tspan") is not None:
                    continue  # a tick of the axis, or a name that may have been cut
                shown = "".join(text.itertext())
                if re.fullmatch(r"[+−±]?[¥]?[\d,.]+(円|万円|億円| M)?", shown):
                    assert set(numbers(shown)) <= known, (figure.table.caption, shown)


def test_points_and_tilt_in_the_table_are_those_of_the_result() -> None:
    result, _, _ = case = manufacturer()
    (table,) = (f.table for f in figures(_paper(*case, "en")) if 'id="points' in str(f.svg))
    shown = [row[-1].text for row in [*table.rows, *table.foot] if not isinstance(row[-1], str)]
    wanted = [result.tilt, *(each.points for each in result.contributions), result.margin]
    assert shown == [words.points(each) for each in wanted]


def test_no_label_leaves_its_chart() -> None:
    for _, lang, paper in papers():
        for figure in figures(paper):
            root = ElementTree.fromstring(str(figure.svg))
            for text in root.iter(f"{SVG}text"):
                parts = text.findall(f"{SVG}tspan") or [text]
                wide = sum(width(p.text or "", float(p.get("font-size", 13))) for p in parts)
                x = float(text.get("x", 0))
                left = x - {"end": wide, "middle": wide / 2}.get(text.get("text-anchor", ""), 0)
                assert left > -6, (lang, figure.table.caption, "".join(text.itertext()))
                assert left + wide < 726, (lang, figure.table.caption, "".join(text.itertext()))


def test_hostile_words_are_text_everywhere() -> None:
    for lang in LANGS:
        page, plain = to_html(*manufacturer(), lang), to_markdown(*manufacturer(), lang)
        assert "<script" not in page and not re.search(r"(?<!\\)<script", plain)
        assert "&lt;script&gt;" in page
        assert not re.search("[\x00-\x08\x0b-\x1f\u202e]", page + plain)
        assert "\\x202e" in page
        rows = [re.split(r"(?<!\\)\|", line) for line in plain.splitlines() if line[:1] == "|"]
        assert {len(row) for row in rows if "alert(1)" in "".join(row)} == {6}  # four columns


def test_an_address_of_an_own_file_is_followed_only_on_the_web() -> None:
    result, catalog, answers = nothing()
    veto = catalog.vetoes["V2"].model_copy(update={"url": "javascript:alert(1)"})
    changed = catalog.model_copy(update={"vetoes": catalog.vetoes | {"V2": veto}})
    assert "javascript:" not in to_html(result, changed, answers, "en")
    assert "https://support.google.com/a/answer/7630496" in to_html(result, catalog, answers, "en")


def test_the_page_holds_nothing_to_load_or_run() -> None:
    for case in ALL.values():
        page = to_html(*case(), "ja")
        assert "default-src 'none'" in page
        assert not re.search(
            r"<(script|img|iframe|object|form|link rel=\"style)|@import|src=", page
        )
        assert set(re.findall(r"url\(([^)]*)\)", page)) <= {
            f"#{key}-hatch" for key in ("points", "criteria", "plans", "years", "robust")
        }


def test_ids_are_unique_and_headings_descend_by_one() -> None:
    for case in ALL.values():
        page = to_html(*case(), "en")
        ids = re.findall(r' id="([^"]+)"', page)
        assert len(ids) == len(set(ids))
        assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
        levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", page)]
        assert levels[0] == 1 and levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))


def test_both_languages_have_the_same_form() -> None:
    for case in ALL.values():
        english, japanese = (_paper(*case(), lang) for lang in LANGS)
        for one, other in zip(english.sections, japanese.sections, strict=True):
            assert [type(block) for block in one.blocks] == [type(block) for block in other.blocks]
        skeletons = [re.findall(r"<[a-z0-9]+", to_html(*case(), lang)) for lang in LANGS]
        tables = [[tag for tag in tags if tag in ("<tr", "<td", "<th")] for tags in skeletons]
        assert tables[0] == tables[1]


def test_every_text_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    used: set[str] = set()
    real = Texts.__call__

    def noting(self: Texts, key: str, /, **params: object) -> str:
        used.add(key)
        return real(self, key, **params)

    monkeypatch.setattr(Texts, "__call__", noting)
    for case in ALL.values():
        to_html(*case(), "en")
    assert set(catalogue("report")) - used <= {f"report.{key}" for key in UNSEEN}


@pytest.mark.parametrize(
    ("name", "en", "ja"),
    [
        ("manufacturer", "The cloud is the better place", "クラウドを推奨します"),
        ("bank", "Your own premises are the better place", "オンプレミスを推奨します"),
        ("municipality", "35 % of the mailboxes have to stay", "35％はオンプレミスに残す"),
        ("university", "A close call", "僅差のため"),
        ("clinic", "neither side is feasible", "どちらも選べません"),
        ("nothing", "No recommendation yet", "推奨を示せません"),
    ],
)
def test_the_first_line_is_the_outcome(name: str, en: str, ja: str) -> None:
    for lang, wanted in (("en", en), ("ja", ja)):
        (found,) = re.findall(r"<h1[^>]*>(.*?)</h1>", to_html(*ALL[name](), lang))  # type: ignore[arg-type]
        assert wanted in found


def test_reasons_speak_for_the_outcome_and_one_against() -> None:
    for name, sign in (("manufacturer", "+"), ("bank", words.MINUS)):
        one = _paper(*ALL[name](), "en").summary
        assert [each.points[0] for each in one.reasons] == [sign] * 3
        assert one.against and one.against.points[0] != sign


def test_the_tilt_is_printed_with_the_result_without_it() -> None:
    result, _, _ = case = manufacturer()
    assert f"Without this tilt the margin would be {words.points(result.margin - result.tilt)}, " \
        "so the cloud would be ahead." in to_html(*case, "en")  # fmt: skip
    turned = result.model_copy(update={"tilt": result.margin + 3})
    assert "would be −3.0, so on-premises would be ahead" in to_html(turned, *case[1:], "en")


def test_stale_and_untrusted_rows_are_flagged() -> None:
    result, catalog, answers = manufacturer()
    late = result.model_copy(update={"as_of": date(2031, 1, 1)})
    assert "out of date" not in to_html(result, catalog, answers, "en")
    assert to_html(late, catalog, answers, "en").count("out of date") > len(catalog.costs)


def test_json_holds_the_whole_result() -> None:
    text = to_json(manufacturer()[0])
    assert text.endswith("}\n") and json.loads(text)["schema"] == 1
    assert Assessment.model_validate_json(text) == manufacturer()[0]


def test_the_same_input_gives_the_same_bytes() -> None:
    one, two = municipality(), municipality()
    assert one[0] is not two[0]
    for lang in LANGS:
        assert to_html(*one, lang) == to_html(*two, lang)
        assert to_markdown(*one, lang) == to_markdown(*two, lang)


@pytest.mark.parametrize(
    ("name", "margin", "en", "ja"),
    [
        ("bank", 41.6, "Only your own premises are left", "選択肢はオンプレミスに限られます"),
        ("manufacturer", -3.0, "Only the cloud is left", "選択肢はクラウドに限られます"),
    ],
)
def test_what_is_only_left_over_is_not_called_better(
    name: str, margin: float, en: str, ja: str
) -> None:
    result, catalog, answers = ALL[name]()
    against = result.model_copy(update={"margin": margin})
    assert en in to_html(against, catalog, answers, "en")
    assert ja in to_html(against, catalog, answers, "ja")


def test_write_gives_each_format(tmp_path: Path) -> None:
    written = write(tmp_path / "out", "report", ["json", "md", "html"], *nothing(), "ja")
    assert [path.name for path in written] == ["report.html", "report.md", "report.json"]
    assert written[0].read_text(encoding="utf-8") == to_html(*nothing(), "ja")
    assert FORMATS[0] == "html"


def test_pdf_is_tagged() -> None:
    try:
        pdf = to_pdf(to_html(*nothing(), "ja"))
    except AssessError as error:
        pytest.skip(f"needs Pango: {error}")
    streams = re.findall(rb"/FlateDecode.*?stream\n(.*?)\nendstream", pdf, re.DOTALL)
    whole = b"".join(zlib.decompress(each) for each in streams)
    assert b"/StructTreeRoot" in whole and b"/Lang" in whole


def test_a_missing_pdf_library_is_an_error_with_a_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.partition(".")[0] == "weasyprint":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(AssessError, match="pdf-missing"):
        to_pdf("<p>")
    assert "pdf-missing.cure" in {k.removeprefix("errors.") for k in catalogue("errors")}


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        (words.yen(1600, "en"), "¥1,600"),
        (words.yen(1600, "ja"), "1,600円"),
        (words.yen(-0.3, "ja"), "0円"),
        (words.dollars(-10.666), "−$10.67"),
        (words.large_yen(12_340_000, "en"), "¥12.3 M"),
        (words.large_yen(12_300_000, "ja"), "1,230万円"),
        (words.large_yen(123_000_000, "ja"), "1.23億円"),
        (words.large_yen(200_000_000, "ja"), "2億円"),
        (words.large_yen(-2_580_000, "ja"), "−258万円"),
        (words.points(4.25), "+4.2"),
        (words.points(-0.04), "±0.0"),
        (words.points(-9.1), "−9.1"),
        (words.percent(0.9996, "en"), "99.9 %"),
        (words.percent(1, "ja"), "100％"),
        (words.percent(0.0004, "en"), "< 0.1 %"),
        (words.percent(0.35, "ja"), "35％"),
        (words.day(date(2026, 11, 24), "en"), "24 November 2026"),
        (words.day(date(2026, 11, 24), "ja"), "2026年11月24日"),
        (words.amount(2700), "2,700"),
        (words.amount(0.05), "0.05"),
        (visible("a\nb\x1b\u202ec"), "a b\\x1b\\x202ec"),
    ],
)
def test_numbers_dates_and_foreign_text(shown: str, wanted: str) -> None:
    assert shown == wanted


def test_bins_keep_every_draw_and_zero_as_an_edge() -> None:
    histogram = [0] * 100
    histogram[40:75] = range(35)
    found = bins(histogram)
    assert sum(each.draws for each in found) == sum(histogram)
    assert len(found) <= 16
    assert not [each for each in found if each.low < 0 < each.high]
    assert bins([0] * 100) == []


def test_labels_are_cut_and_wrapped_to_the_room_they_have() -> None:
    text = "一定年数、検索できる形で保存（電子帳簿保存法など）"
    assert cut(text, 100).endswith("…") and width(cut(text, 100)) <= 100
    lines = wrap(text, 80)
    assert "".join(lines) == text and all(width(line) <= 80 + 13 for line in lines)
    assert not [line for line in lines if line[:1] in "、。）"]
    assert wrap("Mailbox on your servers", 90) == ["Mailbox on", "your servers"]


def test_ticks_are_round_and_cover_the_axis() -> None:
    assert ticks(0, 7000, 4) == [0, 2000, 4000, 6000]
    assert ticks(-12, 38, 8) == [-10, 0, 10, 20, 30]


def test_charts_escape_what_they_are_given() -> None:
    caption = Caption("x", "<b>", "&")
    drawn = str(mail_path([("<i>", [Hop("<u>", '"', None)])], caption))
    assert "<b>" not in drawn and "<i>" not in drawn and "<u>" not in drawn
    assert ElementTree.fromstring(drawn).findtext(f"{SVG}title") == "<b>"
