"""What stands in the tables of a report: of each its columns, and its rows from the document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from migrate.explain import REFUSED_AS, explain_code
from migrate.report.document import (
    CLASSES,
    AccountLine,
    DeletedLine,
    Difference,
    Document,
    KeptLine,
    QuarantineLine,
    RepairLine,
    SparedLine,
    Surprise,
    Totals,
)
from migrate.report.words import explain
from migrate.texts import Texts

Cell = str | int | None
Row = tuple[Cell, ...]
Rows = Iterable[Row]

_WHERE = ("account", "folder", "uid")
_COUNTS = ("source", *CLASSES)


@dataclass(frozen=True, slots=True)
class List:
    """`key` names its texts and its CSV file."""

    key: str
    columns: Sequence[str]
    rows: Callable[[Document, Texts], Rows]


def counts(totals: Totals) -> tuple[int, ...]:
    return (totals.source, *(count for _, count in totals.classes()))


def actual(verdict: str, texts: Texts) -> str:
    """What happened to a message, in words: a verdict, or an error's code."""
    if f"report.actual.{verdict}" in texts:
        return texts(f"report.actual.{verdict}")
    return explain_code(REFUSED_AS.get(verdict, verdict), {}, texts)[0]


def _settled(account: AccountLine) -> bool:
    totals = account.totals
    return not (account.error or account.refused or totals.quarantined or totals.pending)


def _where(
    line: Difference | RepairLine | Surprise | QuarantineLine | DeletedLine | KeptLine | SparedLine,
) -> tuple[str, str, int]:
    return line.account, line.folder, line.uid


def _failures(document: Document, _: Texts) -> Iterator[Row]:
    for line in document.accounts:
        if line.error:
            yield line.source_user, str(line.error.get("cause")), str(line.error.get("cure"))


def _refused(document: Document, _: Texts) -> Iterator[Row]:
    for account in document.accounts:
        for line in account.refused:
            error = line.error or {}
            yield account.source_user, line.name, str(error.get("cause")), str(error.get("cure"))


def changes(document: Document, texts: Texts) -> Iterator[tuple[str, str, str, str, str]]:
    """What is otherwise than in the plan that was compared, in words."""
    for line in document.changes or ():
        what = explain("report.change", line.what, texts)
        before, after = line.before, line.after
        if line.what == "predicted":
            before, after = (_foreseen(each, texts) for each in (before, after))
        yield line.account, line.folder, what, before, after


def _foreseen(text: str, texts: Texts) -> str:
    """`VERDICT: COUNT` in words."""
    verdict, _, count = text.rpartition(": ")
    return f"{explain('rules.verdict', verdict, texts)} {count}"


def _predicted(document: Document, texts: Texts) -> Iterator[Row]:
    for line in document.predicted or ():
        certainty = texts(f"report.certainty.{'certain' if line.certain else 'possible'}")
        yield explain("rules.verdict", line.verdict, texts), line.count, certainty


def _quarantine(document: Document, _: Texts) -> Iterator[Row]:
    for line in document.quarantine or ():
        yield *_where(line), line.cause, line.cure, line.detail, line.file


def _differences(document: Document, texts: Texts) -> Iterator[Row]:
    for line in document.differences or ():
        what = explain("report.difference", line.what, texts)
        yield *_where(line), what, line.source, line.target


def _confirmed(document: Document, texts: Texts) -> Iterator[Row]:
    for line in document.confirmed or ():
        expected = explain("rules.verdict", line.verdict, texts)
        agrees = texts(f"report.agrees.{'yes' if line.agrees else 'no'}")
        yield expected, actual(line.actual, texts), line.count, agrees


def _surprises(document: Document, texts: Texts) -> Iterator[Row]:
    for line in document.surprises or ():
        expected = explain("rules.verdict", line.verdict, texts)
        yield *_where(line), expected, actual(line.actual, texts)


def _accounts(document: Document, texts: Texts) -> Iterator[Row]:
    for line in sorted(document.accounts, key=_settled):
        state = explain("report.state", line.state, texts)
        yield line.source_user, line.target_user, state, *counts(line.totals), line.bytes


def _folders(document: Document, texts: Texts) -> Iterator[Row]:
    for account in sorted(document.accounts, key=_settled):
        for line in account.folders:
            rule = line.rule and explain("rules.skip", line.rule, texts)
            sums = *counts(line.totals), line.bytes
            yield account.source_user, line.name, line.label, *sums, rule


def _renames(document: Document, texts: Texts) -> Iterator[Row]:
    for line in document.renames or ():
        why = explain("rules.rename", line.reason, texts)
        yield line.account, line.folder, line.label, why


def _skips(document: Document, texts: Texts) -> Iterator[Row]:
    for line in document.skips or ():
        yield line.account, line.folder, explain("rules.skip", line.rule, texts), line.count


def _repairs(document: Document, texts: Texts) -> Iterator[Row]:
    for line in document.repairs or ():
        why = explain("rules.why", line.why, texts)
        yield *_where(line), line.field, line.before, line.after, why


def _deleted(document: Document, texts: Texts) -> Iterator[Row]:
    for line in document.deleted or ():
        trashed = texts(f"report.agrees.{'yes' if line.trashed else 'no'}")
        yield *_where(line), line.message_id, trashed


def _kept(document: Document, texts: Texts) -> Iterator[Row]:
    for line in document.kept or ():
        why = explain("report.kept", line.why, texts)
        yield *_where(line), line.message_id, why, line.labels


def _undone(document: Document, texts: Texts) -> Iterator[Row]:
    for line in document.undone or ():
        what = texts(f"report.undid.{line.what}")
        yield line.account, line.taken_back, what, line.count


def _spared(document: Document, texts: Texts) -> Iterator[Row]:
    for line in document.spared or ():
        yield *_where(line), line.message_id, texts(f"report.spared.{line.why}")


ALL = (
    List("failures", ("account", "cause", "cure"), _failures),
    List("refused", ("account", "folder", "cause", "cure"), _refused),
    List("changes", ("account", "folder", "changed", "then", "now"), changes),
    List("predicted", ("verdict", "count", "certainty"), _predicted),
    List("quarantine", (*_WHERE, "cause", "cure", "detail", "file"), _quarantine),
    List("differences", (*_WHERE, "what", "at_source", "at_target"), _differences),
    List("surprises", (*_WHERE, "verdict", "actual"), _surprises),
    List("confirmed", ("verdict", "actual", "count", "agrees"), _confirmed),
    List("deleted", (*_WHERE, "message_id", "trashed"), _deleted),
    List("kept", (*_WHERE, "message_id", "why", "labels"), _kept),
    List("undone", ("account", "taken_back", "done", "count"), _undone),
    List("spared", (*_WHERE, "message_id", "why"), _spared),
    List("accounts", ("source_user", "target_user", "state", *_COUNTS, "bytes"), _accounts),
    List("folders", ("account", "folder", "label", *_COUNTS, "bytes", "rule"), _folders),
    List("renames", ("account", "folder", "label", "why"), _renames),
    List("skips", ("account", "folder", "rule", "count"), _skips),
    List("repairs", (*_WHERE, "field", "before", "after", "why"), _repairs),
)
"""What needs a decision first."""
