"""The answers file: what is read is what was written, and every mistake is told at once."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assess.answers import Answer, Answers
from assess.answers_file import dumps, loads, read, write
from assess.catalog.model import Lang
from assess.errors import AssessError, Problems
from assess.explain import explain
from assess.merge import merge
from assess.template import template
from assess.texts import Texts

from .asked import CATALOG, ORDER

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
FULL = Answers(
    "Tanaka & Co. 「田中」",
    {
        "fte": Answer(value="2+", by="Sato", at=NOON, note='two "lines"\nand \x1b[31m'),
        "forbid": Answer(value=0.35, source="imported", evidence="a1b2"),
        "mailboxes": Answer(value=1200),
        "organisation": Answer(unknown=True, by="Ito", at=NOON),
        "capex": Answer(note="ask Sato"),
    },
    {"control": 12.5, "cost": 100},
)


def told(source: str) -> list[AssessError]:
    with pytest.raises(AssessError) as caught:
        loads(source, CATALOG, "answers.toml")
    error = caught.value
    return list(error.problems) if isinstance(error, Problems) else [error]


def test_what_is_written_is_read_in_the_order_of_the_catalogue(tmp_path: Path) -> None:
    path = tmp_path / "answers.toml"
    write(path, FULL, CATALOG)
    assert read(path, CATALOG) == FULL
    assert path.stat().st_mode & 0o777 == 0o600
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    assert list(tables["answers"]) == [each for each in ORDER if each != "lgwan"]
    assert list(tables["weights"]) == ["cost", "control"]
    assert "value = 1200\n" in path.read_text(encoding="utf-8")
    assert dumps(read(path, CATALOG), CATALOG) == path.read_text(encoding="utf-8")


def test_an_editor_may_leave_a_mark_at_the_beginning(tmp_path: Path) -> None:
    path = tmp_path / "answers.toml"
    path.write_text("[answers.mailboxes]\nvalue = 5\n", encoding="utf-8-sig")
    assert read(path, CATALOG).values == {"mailboxes": 5}


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_template_is_empty_and_every_line_of_it_can_be_an_answer(lang: Lang) -> None:
    empty = template(CATALOG, lang)
    assert loads(empty, CATALOG, "answers.toml") == Answers()
    for part in re.split(r"\n(?=\[)", empty)[2:]:
        options = re.findall(r"^# (?:value|unknown|cost|people|control) = .*$", part, re.MULTILINE)
        assert options, part
        for line in options:
            filled = loads(empty.replace(part, part.replace(line, line[2:])), CATALOG, "a")
            assert len(filled.answers) + len(filled.weights) == 1, line
    for question in CATALOG.questions.values():
        for words in (
            question.text,
            question.why,
            question.who,
            *(o.text for o in question.options),
        ):
            assert words(lang) in empty
    assert "organisation = municipality" in empty


def test_every_mistake_of_a_file_is_told_at_once() -> None:
    problems = told(
        """
        surplus = 1
        [answers.ft]
        value = "2+"
        [answers.fte]
        value = 0
        notes = "x"
        [answers.mailboxes]
        value = true
        [answers.forbid]
        value = 35
        [answers.capex]
        value = "much"
        by = 5
        [answers.lgwan]
        value = "alpha"
        unknown = true
        [answers.organisation]
        value = 1
        [weights]
        costs = 1
        people = -1
        """
    )
    assert {(each.code, each.params["setting"]) for each in problems} == {
        ("key-unknown", ""),
        ("key-unknown-near", "[answers.fte]"),
        ("answers-value", "[answers.mailboxes]"),
        ("answers-words", "[answers.capex]"),
        ("answers-weight", "[weights]"),
        ("question-unknown-near", "[answers.ft]"),
        ("share-wrong", "[answers.forbid]"),
        ("answers-both", "[answers.lgwan]"),
        ("option-unknown", "[answers.organisation]"),
        ("criterion-unknown-near", "[weights]"),
    }
    assert all(each.params["where"] == "answers.toml" for each in problems)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("answers = 1", "answers-table"),
        ("[answers]\nfte = '2+'", "answers-table"),
        ("[organisation]\nname = 5", "answers-words"),
        ("[organisation]\nnames = 'x'", "key-unknown-near"),
        ("[answers.fte]\nunknown = 'yes'", "answers-unknown"),
        ("[answers.fte]\nsource = 'guessed'", "answers-source"),
        ("[answers.fte]\nat = 2026-11-24", "answers-at"),
        ("[answers.fte]\nvalue = [1]", "answers-value"),
        ("[answers.mailboxes]\nvalue = nan", "answers-value"),
        ("[answers.mailboxes]\nvalue = '300'", "count-text"),
        ("[answers.mailboxes]\nvalue = 2.5", "count-wrong"),
        ("[answers.capex]\nvalue = -1", "money-wrong"),
        ("[answers.capex]\nvalue = '¥1'", "money-text"),
        ("[answers.forbid]\nvalue = '35%'", "share-text"),
        ("[weights]\ncost = 0\npeople = 0\ncontrol = 0", "weights-zero"),
        ("[weights]\nbeauty = 1", "criterion-unknown"),
    ],
)
def test_a_mistake_is_explained_in_both_languages(source: str, code: str) -> None:
    (problem,) = told(source)
    assert problem.code == code
    for lang in ("en", "ja"):
        cause, cure = explain(problem, Texts("ja" if lang == "ja" else "en"))
        assert cause.startswith("answers.toml") and cure and "{" not in cause + cure


def test_a_syntax_error_has_its_line() -> None:
    (problem,) = told("[answers.fte]\nvalue = 2+\n")
    assert (problem.code, problem.params["where"]) == ("toml-syntax", "answers.toml:2")
    (problem,) = told("[answers.fte]\nvalue = [1,\n")
    assert problem.params["where"] == "answers.toml:2"


def test_a_file_that_cannot_be_read_or_written_says_why(tmp_path: Path) -> None:
    path = tmp_path / "answers.toml"
    with pytest.raises(AssessError, match="answers-missing"):
        read(path, CATALOG)
    with pytest.raises(AssessError, match="file-unreadable"):
        read(tmp_path, CATALOG)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(AssessError, match="toml-encoding"):
        read(path, CATALOG)
    with pytest.raises(AssessError, match="answers-unwritable"):
        write(tmp_path / "no" / "answers.toml", FULL, CATALOG)


def part(by: str, *weights: float, organisation: str = "", **values: str | float | None) -> Answers:
    answers = {
        key: Answer(value=value, unknown=value is None, by=by, at=NOON, note=f"{by}: {key}")
        for key, value in values.items()
    }
    return Answers(
        organisation or None, answers, dict(zip(("cost", "people"), weights, strict=False))
    )


def test_merged_answers_keep_who_gave_them_and_all_notes() -> None:
    it = part("Ito", fte="2+", mailboxes=40, forbid=None, organisation="Tanaka")
    legal = part("Sato", 100, 50, forbid=0.1, mailboxes=40, capex=None, organisation="Tanaka")
    merged, conflicts = merge([("it", it), ("legal", legal)])
    assert conflicts == []
    assert merged.values == {"fte": "2+", "mailboxes": 40, "forbid": 0.1}
    assert merged.answers["capex"].unknown
    assert merged.answers["mailboxes"].by == "Ito"
    assert merged.answers["mailboxes"].note == "Ito: mailboxes\nSato: mailboxes"
    assert merged.answers["forbid"].by == "Sato"
    assert (merged.organisation, merged.weights) == ("Tanaka", {"cost": 100, "people": 50})


def test_different_answers_are_a_conflict_until_one_file_is_preferred() -> None:
    it = part("Ito", 100, 50, fte="2+", capex=5, organisation="Tanaka")
    legal = part("Sato", 100, 60, fte="0", mailboxes=3, organisation="Tanaka KK")
    parts = [("it", it), ("legal", legal)]
    merged, conflicts = merge(parts)
    assert [each.about for each in conflicts] == ["fte", "organisation", "weights"]
    assert conflicts[0].said == {"it": it.answers["fte"], "legal": legal.answers["fte"]}
    assert "fte" not in merged.answers and merged.weights == {} and merged.organisation is None
    merged, conflicts = merge(parts, "legal")
    assert conflicts == []
    assert merged.values == {"fte": "0", "mailboxes": 3, "capex": 5}
    assert (merged.organisation, merged.weights["people"]) == ("Tanaka KK", 60)


def test_a_preferred_file_decides_only_what_it_answers() -> None:
    parts = [("a", part("A", fte="0")), ("b", part("B", fte="2+")), ("c", part("C", fte=None))]
    _, conflicts = merge(parts, "c")
    assert [each.about for each in conflicts] == ["fte"] and set(conflicts[0].said) == {"a", "b"}
