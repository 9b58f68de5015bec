"""The files of a report: complete, safe to open, the same numbers in each."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from dataclasses import fields, is_dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from migrate.report import markdown as markdown_view
from migrate.report import page as page_view
from migrate.report import summary, to_csv, to_html, to_json, to_markdown, write
from migrate.report.csv_files import BOM
from migrate.report.document import CLASSES, Document, RepairLine
from migrate.report.words import number
from migrate.texts import Lang, Texts
from tests.unit import report_documents as sample

EN, JA = Texts("en"), Texts("ja")


def rows(text: str) -> list[list[str]]:
    assert text.startswith(BOM)
    return list(csv.reader(io.StringIO(text[len(BOM) :], newline="")))


def many_repairs(count: int) -> Document:
    made = sample.finished()
    made.repairs = [
        RepairLine("a@example.jp", "INBOX", uid, "Date", f"before {uid}", "after", "missing")
        for uid in range(1, count + 1)
    ]
    return made


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("name", sample.ALL)
def test_every_view_states_the_same_accounting(name: str, lang: Lang) -> None:
    document, texts = sample.ALL[name](), Texts(lang)
    page, text = to_html(document, texts), to_markdown(document, texts)
    table = rows(to_csv(document, texts))
    at = table[0].index(texts("report.column.source"))
    for offset, key in enumerate(("source", *CLASSES)):
        count = getattr(document.totals, key)
        assert sum(int(row[at + offset]) for row in table[1:]) == count
        assert f'<td class="number">{number(count)}</td>' in page
        assert f"| {number(count)} |" in text
    stated = [line for line in summary(document, texts) if number(document.totals.source) in line]
    assert stated
    assert stated[-1].replace(" ", "") in html.unescape(page).replace(" ", "")
    assert len(summary(document, texts)) <= 10


class Tags(HTMLParser):
    """What a browser would run or load."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name in ("href", "src"):
                self.links.append(value or "")


@pytest.mark.parametrize("name", sample.ALL)
def test_a_page_runs_and_loads_nothing(name: str) -> None:
    seen = Tags()
    seen.feed(to_html(sample.ALL[name](), JA))
    assert not {"script", "iframe", "img", "object", "form", "base"} & set(seen.names)
    assert not [each for each in seen.attributes if each.startswith("on") or each == "style"]
    assert all(link.startswith(("#", "data:,", "../quarantine/")) for link in seen.links)


def poisoned(value: Any) -> Any:
    """The same document with markup in every text but the command's name."""
    if isinstance(value, str):
        return value + "'\"><script>alert(1)</script>"
    if isinstance(value, list):
        return [poisoned(each) for each in value]
    if isinstance(value, dict):
        return {key: poisoned(each) for key, each in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        texts = {each.name: poisoned(getattr(value, each.name)) for each in fields(value)}
        return replace(value, **texts)
    return value


def test_no_text_of_a_document_becomes_markup() -> None:
    clean, foul = sample.interrupted(), poisoned(sample.interrupted())
    foul.command, foul.notes = "run", [poisoned("a note")]
    page, seen = to_html(foul, EN), Tags()
    seen.feed(page)
    assert page.count("&lt;script&gt;alert") > to_html(clean, EN).count("&lt;script&gt;alert") + 50
    assert "script" not in seen.names
    assert all(link.startswith(("#", "data:,", "../quarantine/")) for link in seen.links)


@pytest.mark.parametrize("render", [to_html, to_markdown, to_csv])
def test_nothing_invisible_and_nothing_undecodable_reaches_a_reader(render: object) -> None:
    assert callable(render)
    text = render(sample.finished(), EN)
    assert "\u202e" not in text
    assert "\x07" not in text
    assert "\udc8f" not in text
    assert "⟨U+202E⟩gpj.exe⟨U+0007⟩" in text


def test_markdown_escapes_what_a_folder_name_could_start() -> None:
    text = to_markdown(sample.finished(), EN)
    assert r"\<script\>alert(1)\</script\>" in text
    assert r"=cmd\|\`x\`" in text
    assert r"info\@mail.example.jp" in text
    table = text.partition("## Folders")[2].partition("##")[0].strip().splitlines()[2:]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table} == {13}


@pytest.mark.parametrize(
    "text", ["https://evil.example", "WWW.evil.example", "[x](y)", "![x](y)", "$x$", "#12", "a_b_c"]
)
def test_markdown_makes_no_markup_of_foreign_text(text: str) -> None:
    document = sample.finished()
    document.accounts[0].folders[0].name = text
    said = to_markdown(document, EN)
    assert f"| {text} |" not in said
    assert f"| {text} |" in said.replace("\\", "")


@pytest.mark.parametrize(
    "start", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", "  =1", "\u3000=1", "＝1"]
)
def test_a_spreadsheet_never_sees_a_formula(start: str) -> None:
    document = sample.finished()
    document.accounts[0].folders[0].name = start
    cell = rows(to_csv(document, EN))[1][3]
    assert cell.startswith("'")
    assert cell.endswith(start[-1])


def test_lists_get_their_own_csv_and_go_when_they_are_empty(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "reports"
    written = {path.name for path in write(sample.interrupted(), folder, "run", EN)}
    lists = {f"run-{name}.csv" for name in ("repairs", "quarantine", "surprises", "renames")}
    assert written == {"run.html", "run.json", "run.csv", "run.md"} | lists
    assert {path.name for path in folder.iterdir()} == written
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}

    write(sample.document("run"), folder, "run", EN)
    assert {path.name for path in folder.iterdir()} == written - lists


def test_a_failed_write_leaves_the_old_report_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(sample.finished(), tmp_path, "run", EN)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write(sample.interrupted(), tmp_path, "run", EN)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_json_is_the_contract_and_survives_undecodable_bytes() -> None:
    text = to_json(sample.finished())
    back = json.loads(text)
    assert list(back)[:5] == ["schema", "command", "run", "complete", "totals"]
    assert back["repairs"][2]["before"].endswith("|\udc8f")
    assert "プロジェクト/見積もり" in text
    text.encode("utf-8")


def test_long_lists_are_capped_for_readers_and_whole_in_the_files(tmp_path: Path) -> None:
    count = page_view.ROWS + 1_234
    document = many_repairs(count)
    page, text = to_html(document, EN), to_markdown(document, EN)
    assert f"before {page_view.ROWS}<" in page
    assert f"before {page_view.ROWS + 1}<" not in page
    assert EN("report.more", n="1,234") in page
    assert EN("report.more", n=number(count - markdown_view.ROWS)) in text
    write(document, tmp_path, "run", EN)
    assert len(rows((tmp_path / "run-repairs.csv").read_text(encoding="utf-8"))) == count + 1
    assert len(json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))["repairs"]) == count


def test_a_quarantined_file_is_linked_from_the_reports_folder_and_never_elsewhere() -> None:
    assert page_view.link("quarantine/a b/#1?.eml") == "../quarantine/a%20b/%231%3F.eml"
    assert page_view.link("javascript:alert(1)") == "../javascript%3Aalert%281%29"
    assert page_view.link("../../etc/passwd") is None
    assert page_view.link("/etc/passwd") is None


def test_the_bar_is_full_and_one_message_can_be_seen() -> None:
    parts = page_view.bar([("imported", 999_999), ("merged", 0), ("quarantined", 1)])
    assert [name for name, _, _ in parts] == ["imported", "quarantined"]
    assert sum(width for _, _, width in parts) == pytest.approx(page_view.BAR)
    assert min(width for _, _, width in parts) >= 5
    assert page_view.bar([("imported", 0)]) == []


def test_the_documented_example_and_keys_are_the_contract() -> None:
    text = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
    example = json.loads(text.partition("```json\n")[2].partition("```")[0])
    assert example == json.loads(to_json(sample.small()))
    named = set(re.findall(r"`(\w+)(?:\[\])?`", text)) | set(re.findall(r'"(\w+)"', text))
    for make in (*sample.ALL.values(), sample.small):
        assert _keys(json.loads(to_json(make()))) <= named


def _keys(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(_keys, value.values()))
    return set().union(*map(_keys, value)) if isinstance(value, list) else set()
