"""The costs as a workbook: whoever changes a yellow cell sees everything else follow.

    summary.py   what both sides cost, and what that hangs on
    prices.py    every row of the costs, with a cell for a price of one's own
    model.py     the five years
    plans.py     on-premises and every edition

Formulas carry the value that Python computed, for viewers that don't recalculate. What random
draws gave (the bands) can't follow a changed cell; the sheets say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

from assess.catalog.model import Catalog, Lang, Value
from assess.cost.situation import situation
from assess.report.workbook.case import Case
from assess.report.workbook.model import model_sheet
from assess.report.workbook.plans import plans_sheet
from assess.report.workbook.prices import prices_sheet
from assess.report.workbook.sheet import Book
from assess.report.workbook.summary import summary_sheet
from assess.result import Assessment


def to_xlsx(
    assessment: Assessment, catalog: Catalog, values: Mapping[str, Value], lang: Lang
) -> bytes:
    """An XLSX file without macros; the same arguments give the same bytes."""
    target = BytesIO()
    book = Book(target, lang, assessment.as_of)
    case = Case(assessment, catalog, situation(values, catalog), book.t)
    summary = book.sheet("cost.sheet.summary", (58, 22, 22, 22), frozen=(1, 0))
    prices_sheet(book.sheet("cost.sheet.prices", _PRICES, frozen=(3, 1)), case)
    years, totals = model_sheet(
        book.sheet("cost.sheet.model", (46, 17, *[16] * 7), frozen=(1, 1)), case
    )
    plans_sheet(book.sheet("cost.sheet.plans", (40, *[15] * 6, 18, 44), frozen=(3, 1)), case)
    summary_sheet(summary, case, years, totals)
    book.close()
    return target.getvalue()


_PRICES = (44, 12, 12, 12, 12, 14, 12, 28, 12, 50, 12, 8, 16)
