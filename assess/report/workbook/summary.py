"""The first sheet: both sides, the bands, the largest drivers, and which prices to ask for."""

from __future__ import annotations

from collections.abc import Sequence

from assess.report.workbook.case import Case
from assess.report.workbook.sheet import Sheet
from console.visible import visible

DRIVERS = 10


def summary_sheet(sheet: Sheet, case: Case, years: str, totals: Sequence[str]) -> None:
    """`years`: range of their names; `totals`: of what on-premises and the cloud cost in each."""
    t = case.t
    sheet.text(0, 0, t("cost.title"), "title")
    sheet.text(1, 0, visible(case.assessment.organisation or ""))
    sheet.day(1, 1, case.assessment.as_of)
    sheet.note(2, t("cost.summary.note"))
    row = _drivers(sheet, _sides(sheet, 4, case) + 1, case) + 1
    for line in _remarks(case):
        sheet.note(row, line)
        row += 1
    names = (t("cost.side.onprem"), case.plan_name(case.chosen.id))
    sheet.columns_chart(
        row + 1, t("cost.summary.chart"), years, list(zip(names, totals, strict=True))
    )


def _sides(sheet: Sheet, row: int, case: Case) -> int:
    """On-premises, cloud and their difference; the next free row."""
    t, (own, hosted) = case.t, case.money
    rate = case.prices["usd_jpy"]
    per_month = own.per_mailbox_month, hosted.per_mailbox_month
    head = ["", t("cost.side.onprem"), case.plan_name(case.chosen.id), t("cost.difference")]
    sheet.header(row, head)
    row += 1
    sheet.sides(row, "per_mailbox_month", "m_{}_per_mailbox_month", per_month, "yen")
    in_dollars = per_month[0] / rate, per_month[1] / rate
    sheet.sides(row + 1, "dollars", "m_{}_per_mailbox_month/p_usd_jpy", in_dollars, "dollars")
    sheet.sides(row + 2, "start", "m_{}_start", (own.start, hosted.start), "yen")
    sheet.sides(row + 3, "running", "m_{}_running", (own.running, hosted.running), "yen")
    sheet.sides(row + 4, "npv", "m_{}_npv", (own.npv, hosted.npv), "yen")
    sheet.sides(row + 5, "points", "m_{}_points", case.points, "points")
    row += 6
    plans = next(each for each in case.assessment.cost.plans if each.id == "onprem"), case.chosen
    for key in ("low", "high"):
        sheet.text(row, 0, t(f"cost.summary.{key}"))
        for column, plan in enumerate(plans, 1):
            sheet.number(row, column, getattr(plan.per_mailbox_month, key), "yen")
        row += 1
    return row


def _drivers(sheet: Sheet, row: int, case: Case) -> int:
    """Which rows move the difference most; the next free row."""
    t = case.t
    sheet.header(row, [t("cost.summary.drivers"), t("cost.prices.low"), t("cost.prices.high")])
    for driver in case.assessment.cost.drivers[:DRIVERS]:
        row += 1
        sheet.text(row, 0, case.row_name(driver.row))
        sheet.number(row, 1, driver.low, "yen")
        sheet.number(row, 2, driver.high, "yen")
    return row + 1


def _remarks(case: Case) -> list[str]:
    t, cost = case.t, case.assessment.cost
    names = t("cost.comma").join(case.row_name(row) for row in cost.quotes)
    plan = case.plan_name(case.chosen.id)
    remarks = [t("cost.summary.quotes", rows=names)] if cost.quotes else []
    if cost.outgrows:
        remarks.append(t("cost.summary.outgrows", plan=plan, year=cost.outgrows))
    return [*remarks, t("cost.summary.estimates"), t("cost.summary.tax")]
