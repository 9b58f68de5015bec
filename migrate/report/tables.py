"""The tables of a report, once, as data; HTML, Markdown and CSV are views of them.

Cells hold raw values: `int` counts and bytes, `str` as the source or Gmail said it, None for
nothing. A renderer makes them safe and readable by the kind of their column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from migrate.report.document import CLASSES, AccountLine, Document, Totals
from migrate.report.verdict import failures
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
    total: Row | None = None


def _table(
    key: str,
    columns: Sequence[str],
    rows: Sequence[Row],
    document: Document,
    texts: Texts,
    total: Row | None = None,
) -> Table:
    def heading(name: str) -> str:
        area = "class" if name in CLASSES else "column"
        return texts(f"report.{area}.{named(name, document)}")

    return Table(
        key,
        texts(f"report.table.{key}.title"),
        texts(f"report.table.{key}.lead"),
        [Column(heading(name), _KINDS[name]) for name in columns],
        rows,
        total,
    )


def _counts(totals: Totals) -> tuple[int, ...]:
    return (totals.source, *(count for _, count in totals.classes()))


def _settled(account: AccountLine) -> bool:
    return not (account.error or account.totals.quarantined or account.totals.pending)


def _accounts(document: Document, texts: Texts) -> Table:
    return _table(
        "accounts",
        ("source_user", "target_user", "state", *_COUNTS, "bytes"),
        [
            (
                line.source_user,
                line.target_user,
                explain("report.state", line.state, texts),
                *_counts(line.totals),
                line.bytes,
            )
            for line in sorted(document.accounts, key=_settled)
        ],
        document,
        texts,
        (
            texts("report.total"),
            None,
            None,
            *_counts(document.totals),
            sum(line.bytes for line in document.accounts),
        ),
    )


def folders(document: Document, texts: Texts) -> Table:
    """One row for each folder of each account."""
    return _table(
        "folders",
        ("account", "folder", "label", *_COUNTS, "bytes", "rule"),
        [
            (
                account.source_user,
                line.name,
                line.label,
                *_counts(line.totals),
                line.bytes,
                line.rule and explain("rules.skip", line.rule, texts),
            )
            for account in sorted(document.accounts, key=_settled)
            for line in account.folders
        ],
        document,
        texts,
    )


def tables(document: Document, texts: Texts) -> list[Table]:
    """Every table that has rows, what needs a decision first."""
    where = ("account", "folder", "uid")
    candidates = [
        _table(
            "failures",
            ("account", "cause", "cure"),
            [
                (line.source_user, str(error.get("cause", "")), str(error.get("cure", "")))
                for line in failures(document)
                if (error := line.error)
            ],
            document,
            texts,
        ),
        _table(
            "predicted",
            ("verdict", "count", "certainty"),
            [
                (
                    explain("rules.verdict", line.verdict, texts),
                    line.count,
                    texts(f"report.certainty.{'certain' if line.certain else 'possible'}"),
                )
                for line in document.predicted or []
            ],
            document,
            texts,
        ),
        _table(
            "quarantine",
            (*where, "cause", "cure", "detail", "file"),
            [
                (
                    line.account,
                    line.folder,
                    line.uid,
                    line.cause,
                    line.cure,
                    line.detail,
                    line.file,
                )
                for line in document.quarantine or []
            ],
            document,
            texts,
        ),
        _table(
            "differences",
            (*where, "what", "at_source", "at_target"),
            [
                (
                    line.account,
                    line.folder,
                    line.uid,
                    explain("report.difference", line.what, texts),
                    line.source,
                    line.target,
                )
                for line in document.differences or []
            ],
            document,
            texts,
        ),
        _accounts(document, texts),
        folders(document, texts),
        _table(
            "renames",
            ("account", "folder", "label", "why"),
            [
                (
                    line.account,
                    line.folder,
                    line.label,
                    explain("rules.rename", line.reason, texts),
                )
                for line in document.renames or []
            ],
            document,
            texts,
        ),
        _table(
            "skips",
            ("account", "folder", "rule", "count"),
            [
                (line.account, line.folder, explain("rules.skip", line.rule, texts), line.count)
                for line in document.skips or []
            ],
            document,
            texts,
        ),
        _table(
            "repairs",
            (*where, "field", "before", "after", "why"),
            [
                (
                    line.account,
                    line.folder,
                    line.uid,
                    line.field,
                    line.before,
                    line.after,
                    explain("rules.why", line.why, texts),
                )
                for line in document.repairs or []
            ],
            document,
            texts,
        ),
    ]
    return [table for table in candidates if table.rows]
