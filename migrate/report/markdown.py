"""Markdown for tickets and wikis: the content of the page, with shorter lists."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrate.report.document import Document
from migrate.report.tables import Cell, Column, Kind, Table, tables
from migrate.report.verdict import accounting, verdict
from migrate.report.words import equation, moment, named, number, share, size
from migrate.shown import visible
from migrate.texts import Texts

ROWS = 50
"""The most rows of one table; the CSV and JSON files hold all."""

# Inline markup, mentions, issue numbers, mathematics, and what GFM makes a link without markup.
_SPECIAL = re.compile(r"[\\`*_\[\]<>|~&#@$]|:(?=//)|(?<=www)\.", re.IGNORECASE)


def _escape(text: str) -> str:
    """Foreign text as plain text: no markup, no link, no mention, no cell or line end.

    Backslash escapes of any ASCII punctuation: CommonMark 0.31 2.4.
    """
    return _SPECIAL.sub(r"\\\g<0>", visible(text))


def _cell(value: Cell, kind: Kind) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, str):
        return _escape(value)
    if kind == "bytes":
        return size(value)
    return str(value) if kind == "uid" else number(value)


def _rows(columns: list[tuple[str, bool]], rows: list[list[str]]) -> Iterator[str]:
    yield "| " + " | ".join(heading for heading, _ in columns) + " |"
    yield "|" + "|".join("---:" if right else "---" for _, right in columns) + "|"
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def _right(column: Column) -> bool:
    return column.kind in ("number", "bytes", "uid")


def _table(table: Table, texts: Texts) -> Iterator[str]:
    yield from ("", f"## {table.title}", "", table.lead, "")
    shown = [*table.rows[:ROWS], *([table.total] if table.total else [])]
    yield from _rows(
        [(column.heading, _right(column)) for column in table.columns],
        [
            [_cell(value, column.kind) for value, column in zip(row, table.columns, strict=True)]
            for row in shown
        ],
    )
    if (more := len(table.rows) - ROWS) > 0:
        yield from ("", f"*{texts('report.more', n=number(more))}*")


def _accounting(document: Document, texts: Texts) -> Iterator[str]:
    totals = document.totals
    yield from ("", f"## {texts('report.section.accounting')}", "")
    yield from (f"**{equation(document, texts)}**", "", accounting(document, texts), "")
    classes = [
        [
            texts(f"report.class.{named(name, document)}"),
            number(count),
            share(count, totals.source),
            texts(f"report.meaning.{named(name, document)}"),
        ]
        for name, count in totals.classes()
    ]
    whole = [texts("report.accounting.source"), number(totals.source), "", ""]
    headings = ("class", False), ("count", True), ("share", True), ("meaning", False)
    yield from _rows(
        [(texts(f"report.column.{key}"), right) for key, right in headings], [*classes, whole]
    )


def _lines(document: Document, texts: Texts) -> Iterator[str]:
    said = verdict(document, texts)
    yield from (f"# {texts(f'report.title.{document.command}')}", "", f"**{said.headline}**", "")
    yield from (f"- {_escape(fact)}" for fact in said.facts)
    yield ""
    meta = ("created", moment(document.created, texts)), ("version", document.version)
    made = [*meta, *([("run", document.run)] if document.run else [])]
    yield " · ".join(f"{texts(f'report.meta.{key}')}: {_escape(value)}" for key, value in made)
    yield from _accounting(document, texts)
    for table in tables(document, texts):
        yield from _table(table, texts)


def to_markdown(document: Document, texts: Texts) -> str:
    """The report as GitHub-flavoured Markdown."""
    return "\n".join(_lines(document, texts)) + "\n"
