"""Every row of the costs: what we assume and why, and a yellow cell for a price of one's own."""

from __future__ import annotations

from assess.report.workbook.case import Case
from assess.report.workbook.sheet import Sheet

_COLUMNS = (
    "row", "low", "mode", "high", "median", "yours", "used", "unit", "usd", "source", "as_of",
    "trust", "flag",
)  # fmt: skip


def prices_sheet(sheet: Sheet, case: Case) -> None:
    t, today = case.t, case.assessment.as_of
    sheet.text(0, 0, sheet.title, "title")
    sheet.note(1, t("cost.prices.note"))
    sheet.header(2, [t(f"cost.prices.{each}") for each in _COLUMNS])
    for row, (key, cost) in enumerate(case.catalog.costs.items(), 3):
        style = "number" if cost.high >= 100 else "decimal" if cost.high >= 1 else "factor"
        sheet.text(row, 0, cost.name(t.lang))
        for column, x in enumerate((cost.low, cost.mode, cost.high), 1):
            sheet.number(row, column, x, style)
        low, mode, high = (f"{letter}{row + 1}" for letter in "BCD")
        median = (
            f"IF({mode}-{low}>({high}-{low})/2,"
            f"{low}+SQRT(({high}-{low})*({mode}-{low})/2),"
            f"{high}-SQRT(({high}-{low})*({high}-{mode})/2))"
        )
        sheet.formula(row, 4, median, case.prices[key], style)
        sheet.editable(row, 5, None, style)
        used = f"IF(ISNUMBER(F{row + 1}),F{row + 1},E{row + 1})"
        sheet.formula(row, 6, used, case.prices[key], style, f"p_{key}")
        sheet.text(row, 7, cost.unit(t.lang))
        if cost.usd:
            sheet.number(row, 8, cost.usd[1], "dollars")
        source = cost.source(t.lang)
        sheet.text(row, 9, f"{source}\n{cost.url}" if cost.url else source)
        sheet.day(row, 10, cost.as_of)
        sheet.text(row, 11, cost.trust)
        flags = {"stale": cost.stale(today), "quote": cost.quote}
        sheet.text(row, 12, "\n".join(t(f"cost.prices.{each}") for each in flags if flags[each]))
