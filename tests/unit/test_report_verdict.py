"""The headline says the worst that is true, and notices sums that do not close."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from migrate.message import Header, predict
from migrate.report.document import REFUSALS
from migrate.report.verdict import summary, unbalanced, verdict
from migrate.report.words import duration, moment, share, size
from migrate.shown import visible
from migrate.texts import Texts, catalogue
from tests.unit import report_documents as sample

EN, JA = Texts("en"), Texts("ja")


@pytest.mark.parametrize(
    ("name", "tone", "headline"),
    [
        ("plan", "plan", "Dry run: nothing was written to Gmail."),
        ("finished", "good", "Complete: all 60,449 messages at the source are accounted for."),
        (
            "refused",
            "attention",
            "Not complete: folders that the source did not show, or perhaps not whole: 1.",
        ),
        ("interrupted", "open", "Not complete: 1 of 4 accounts could not be worked on."),
        ("verified", "attention", "Verified, with differences: 2."),
    ],
)
def test_headline(name: str, tone: str, headline: str) -> None:
    said = verdict(sample.ALL[name](), EN)
    assert (said.tone, said.headline) == (tone, headline)


def test_pending_outranks_quarantine_and_quarantine_outranks_complete() -> None:
    document = sample.interrupted()
    document.accounts.pop()
    assert verdict(document, EN).headline == "Not complete: 340 of 60,449 messages still pending."
    line = document.accounts[2]
    for totals in (line.folders[0].totals, line.totals, document.totals):
        totals.imported, totals.pending = totals.imported + totals.pending, 0
    assert verdict(document, EN).headline == "Finished, with messages in quarantine: 2."


def test_what_is_not_complete_never_reads_as_complete() -> None:
    document = sample.finished()
    document.complete = False
    assert verdict(document, EN).tone == "open"
    document.accounts[0].state = "paused"
    assert verdict(document, EN).headline == "Not complete: 1 of 3 accounts not finished yet."


@pytest.mark.parametrize("where", ["folder", "account", "whole", "parts"])
def test_sums_that_do_not_close_are_the_headline(where: str) -> None:
    document = sample.finished()
    assert unbalanced(document, EN) == []
    line = document.accounts[0]
    if where == "folder":
        line.folders[1].totals.imported -= 1
    elif where == "account":
        line.totals.source += 1
    elif where == "whole":
        document.totals.source += 1
    else:
        line.folders.pop()
    assert unbalanced(document, EN)
    assert verdict(document, EN).headline == EN("report.headline.unbalanced")


def test_plan_states_what_it_did_not_look_at_and_what_will_be_refused() -> None:
    document = sample.plan()
    said = summary(document, EN)
    assert EN("report.fact.target_not_consulted") in said
    assert EN("report.fact.refusals", n=2) in said
    assert "49,340 to migrate" in said[1]
    document.target_consulted = True
    assert EN("report.fact.target_not_consulted") not in summary(document, EN)


def test_refusals_are_those_of_the_rules() -> None:
    now = datetime(2026, 11, 1, tzinfo=UTC)
    good, bad = b"From: a@example.jp\r\n", b"From: (unknown sender)\r\n"
    for raw in (good, bad, good + good, b"Subject: x\r\n", b""):
        for octets in (0, 1_000, 157_286_401):
            for name in ("a.exe", "a.zip"):
                for found in predict(
                    Header.parse(raw),
                    size=octets,
                    internal_date=now,
                    now=now,
                    attachments=[name],
                ):
                    assert found.refuses == (found.verdict in REFUSALS), found


@pytest.mark.parametrize("area", ["rules.verdict", "rules.why", "rules.rename", "rules.skip"])
def test_words_for_codes_come_from_the_rules(area: str) -> None:
    assert [key for key in catalogue("rules") if key.startswith(area)]


def test_words() -> None:
    assert visible("a\u202eb\n\U000e0041c") == "a⟨U+202E⟩b⟨U+000A⟩⟨U+E0041⟩c"
    assert visible("見積もり 👩\u200d💻") == "見積もり 👩\u200d💻"
    assert [size(n) for n in (0, 999, 1_000, 999_600, 157_286_400, 7_240_000_000)] == [
        "0 B",
        "999 B",
        "1.0 kB",
        "1.0 MB",
        "157 MB",
        "7.2 GB",
    ]
    assert [share(n, 60_449) for n in (0, 1, 60_448, 60_449)] == [
        "0.0 %",
        "< 0.1 %",
        "> 99.9 %",
        "100.0 %",
    ]
    assert share(0, 0) == "–"
    assert [duration(n, EN) for n in (0, 59, 61, 3_600, 200_000)] == [
        "0 s",
        "59 s",
        "2 min",
        "1 h 0 min",
        "2 d 7 h",
    ]
    assert duration(12_340, JA) == "3 時間 26 分"
    assert moment("2026-11-21T18:42:07+09:00", EN) == "2026-11-21 09:42 UTC"
    assert moment("soon", JA) == "soon"


def test_predictions_that_came_true_and_those_that_did_not_are_said() -> None:
    said = summary(sample.finished(), EN)
    assert EN("report.fact.confirmed", n="49,338") in said
    said = summary(sample.interrupted(), EN)
    assert EN("report.fact.surprises", n=2, all="49,004") in said


def test_a_plan_says_how_much_has_changed_or_that_nothing_has() -> None:
    document = sample.compared()
    assert EN("report.fact.changes", n=3) in summary(document, EN)
    document.changes = []
    assert EN("report.fact.no_changes") in summary(document, EN)
    document.changes = None
    assert EN("report.fact.no_changes") not in summary(document, EN)
