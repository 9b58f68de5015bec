"""The tables of a report, once, as data; HTML, Markdown and CSV are views of them.

Cells hold raw values: `int` counts and bytes, `str` as the source or Gmail said it, None for
nothing. A renderer makes them safe and readable by the kind of their column.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal

from migrate.report.document import CLASSES, AccountLine, Difference, Document, RepairLine, Totals
from migrate.report.words import explain, named
from migrate.texts import Texts

Kind = Literal["name", "prose", "number", "bytes", "uid", "verbatim", "file"]
Cell = str | int | None
Row = tuple[Cell, ...]

_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("source", *CLASSES, "count"), "number"),
    **dict.fromkeys(("account", "source_user", "target_user", "folder", "label", "field"), "name"),
    **dict.fromkeys(("state", "rule", "cause", "cure", "verdict", "certainty"), "prose"),
    **dict.fromkeys(("why", "what"), "prose"),
    **dict.fromkeys(("before", "after", "detail", "at_source", "at_target"), "verbatim"),
    "bytes": "bytes",
    "uid": "uid",
    "file": "file",
}
_COUNTS = ("source", *CLASSES)


@dataclass(frozen=True, slots=True)
class Column:
    heading: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` are in the document's order, or those that need attention first."""

    key: str
    title: str
    lead: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    total: Row
    """Empty when the table has none."""


def _counts(totals: Totals) -> tuple[int, ...]:
    return (totals.source, *(count for _, count in totals.classes()))


def _settled(account: AccountLine) -> bool:
    return not (account.error or account.totals.quarantined or account.totals.pending)


def _accounts(document: Document, texts: Texts) -> Iterator[Row]:
    for line in sorted(document.accounts, key=_settled):
        state = explain("report.state", line.state, texts)
        yield line.source_user, line.target_user, state, *_counts(line.totals), line.bytes


def _folders(document: Document, texts: Texts) -> Iterator[Row]:
    for account in sorted(document.accounts, key=_settled):
        for line in account.folders:
            rule = line.rule and explain("rules.skip", line.rule, texts)
            counts = *_counts(line.totals), line.bytes
            yield account.source_user, line.name, line.label, *counts, rule


def tables(document: Document, texts: Texts) -> list[Table]:
    """Every table that has rows, what needs a decision first."""

    def table(key: str, columns: Sequence[str], rows: Iterable[Row], *total: Cell) -> Table:
        return Table(
            key,
            texts(f"report.table.{key}.title"),
            texts(f"report.table.{key}.lead"),
            [Column(heading(name), _KINDS[name]) for name in columns],
            list(rows),
            total,
        )

    def heading(name: str) -> str:
        area = "class" if name in CLASSES else "column"
        return texts(f"report.{area}.{named(name, document)}")

    def word(area: str, code: str) -> str:
        return explain(area, code, texts)

    where = ("account", "folder", "uid")
    quarantined = (*where, "cause", "cure", "detail", "file")
    size = sum(line.bytes for line in document.accounts)
    candidates = [
        table(
            "failures",
            ("account", "cause", "cure"),
            (
                (
                    line.source_user,
                    str(line.error.get("cause", "")),
                    str(line.error.get("cure", "")),
                )
                for line in document.accounts
                if line.error
            ),
        ),
        table(
            "refused",
            ("account", "folder", "cause", "cure"),
            (
                (
                    account.source_user,
                    line.name,
                    str(line.error["cause"]),
                    str(line.error["cure"]),
                )
                for account in document.accounts
                for line in account.refused
                if line.error
            ),
        ),
        table(
            "predicted",
            ("verdict", "count", "certainty"),
            (
                (
                    word("rules.verdict", line.verdict),
                    line.count,
                    word("report.certainty", "certain" if line.certain else "possible"),
                )
                for line in document.predicted or ()
            ),
        ),
        table("quarantine", quarantined, map(attrgetter(*quarantined), document.quarantine or ())),
        table(
            "differences",
            (*where, "what", "at_source", "at_target"),
            (
                (*_where(line), word("report.difference", line.what), line.source, line.target)
                for line in document.differences or ()
            ),
        ),
        table(
            "accounts",
            ("source_user", "target_user", "state", *_COUNTS, "bytes"),
            _accounts(document, texts),
            *(texts("report.total"), None, None, *_counts(document.totals), size),
        ),
        table(
            "folders",
            ("account", "folder", "label", *_COUNTS, "bytes", "rule"),
            _folders(document, texts),
        ),
        table(
            "renames",
            ("account", "folder", "label", "why"),
            (
                (line.account, line.folder, line.label, word("rules.rename", line.reason))
                for line in document.renames or ()
            ),
        ),
        table(
            "skips",
            ("account", "folder", "rule", "count"),
            (
                (line.account, line.folder, word("rules.skip", line.rule), line.count)
                for line in document.skips or ()
            ),
        ),
        table(
            "repairs",
            (*where, "field", "before", "after", "why"),
            (
                (*_where(line), line.field, line.before, line.after, word("rules.why", line.why))
                for line in document.repairs or ()
            ),
        ),
    ]
    return [each for each in candidates if each.rows]


def _where(line: Difference | RepairLine) -> tuple[str, str, int]:
    return line.account, line.folder, line.uid
