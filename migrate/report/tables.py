"""The tables of a report, once, as data; HTML, Markdown and CSV are views of them.

Cells hold raw values: `int` counts and bytes, `str` as the source or Gmail said it, None for
nothing. A renderer makes them safe and readable by the kind of their column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from migrate.report.document import CLASSES, Document
from migrate.report.rows import ALL, Cell, Row, counts
from migrate.report.words import named
from migrate.texts import Texts

__all__ = ["Cell", "Column", "Kind", "Row", "Table", "tables"]

Kind = Literal["name", "prose", "number", "bytes", "uid", "verbatim", "file"]

_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("source", *CLASSES, "count"), "number"),
    **dict.fromkeys(("account", "source_user", "target_user", "folder", "label", "field"), "name"),
    **dict.fromkeys(("state", "rule", "cause", "cure", "verdict", "certainty"), "prose"),
    **dict.fromkeys(("why", "what", "done", "actual", "agrees", "changed"), "prose"),
    **dict.fromkeys(("before", "after", "detail", "at_source", "at_target"), "verbatim"),
    **dict.fromkeys(("then", "now", "message_id"), "verbatim"),
    **dict.fromkeys(("trashed",), "prose"),
    **dict.fromkeys(("taken_back",), "name"),
    **dict.fromkeys(("labels",), "name"),
    "bytes": "bytes",
    "uid": "uid",
    "file": "file",
}


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


def tables(document: Document, texts: Texts) -> list[Table]:
    """Every table that has rows, what needs a decision first."""

    def heading(name: str) -> str:
        area = "class" if name in CLASSES else "column"
        return texts(f"report.{area}.{named(name, document)}")

    size = sum(line.bytes for line in document.accounts)
    whole = (texts("report.total"), None, None, *counts(document.totals), size)
    made = [
        Table(
            each.key,
            texts(f"report.table.{each.key}.title"),
            texts(f"report.table.{each.key}.lead"),
            [Column(heading(name), _KINDS[name]) for name in each.columns],
            list(each.rows(document, texts)),
            whole if each.key == "accounts" else (),
        )
        for each in ALL
    ]
    return [each for each in made if each.rows]
