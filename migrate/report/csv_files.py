"""CSV for a spreadsheet: one file with a row per folder, and one for each list that has rows.

UTF-8 with a byte order mark, or Excel takes Japanese for Shift_JIS. A cell that a spreadsheet
would run as a formula gets a leading apostrophe (OWASP, CSV Injection).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from migrate.report.document import CLASSES, Document, FolderLine
from migrate.report.tables import Cell, Table, tables
from migrate.report.words import explain, named
from migrate.shown import visible
from migrate.texts import Texts

BOM = "\ufeff"
LISTS = (
    "repairs",
    "quarantine",
    "differences",
    "surprises",
    "renames",
    "refused",
    "changes",
    "deleted",
    "kept",
    "undone",
    "spared",
)
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def _cell(value: Cell) -> str | int:
    """Numbers stay numbers; text is one line, and never a formula, not even after blanks."""
    if value is None or isinstance(value, int):
        return "" if value is None else value
    guarded = value.startswith(_FORMULA) or value.lstrip().startswith(_FORMULA)
    return ("'" if guarded else "") + visible(value)


def _file(heading: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(heading)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return BOM + out.getvalue()


def _accounting(document: Document, texts: Texts) -> Iterator[Sequence[Cell]]:
    for account in document.accounts:
        who = (
            account.source_user,
            account.target_user,
            explain("report.state", account.state, texts),
        )
        # An account that was never listed has one row without a folder.
        for line in account.folders or [FolderLine("", None, account.totals, account.bytes)]:
            counts = line.totals.source, *(count for _, count in line.totals.classes())
            rule = line.rule and explain("rules.skip", line.rule, texts)
            yield *who, line.name, line.label, *counts, line.bytes, rule


def to_csv(document: Document, texts: Texts) -> str:
    """The accounting, a row per account and folder; an account without folders has one row."""
    before = ("source_user", "target_user", "state", "folder", "label", "source")
    heading = [
        *(texts(f"report.column.{key}") for key in before),
        *(texts(f"report.class.{named(name, document)}") for name in CLASSES),
        texts("report.column.bytes_csv"),
        texts("report.column.rule"),
    ]
    return _file(heading, _accounting(document, texts))


def lists(document: Document, texts: Texts) -> dict[str, str]:
    """The further CSV files by the name of their list (`LISTS`), only those that have rows."""

    def one(table: Table) -> str:
        return _file([column.heading for column in table.columns], table.rows)

    return {table.key: one(table) for table in tables(document, texts) if table.key in LISTS}
