"""Every plan at the prices in use: what it costs, when it would cost the same, what it lacks."""

from __future__ import annotations

from assess.cost import break_even
from assess.cost.formula import cloud
from assess.report.workbook.case import Case
from assess.report.workbook.sheet import Sheet
from assess.result import Plan

_COLUMNS = (
    "plan", "price", "per_mailbox_month", "low", "high", "start", "equal", "sizes", "obstacles",
)  # fmt: skip


def plans_sheet(sheet: Sheet, case: Case) -> None:
    t = case.t
    sheet.text(0, 0, sheet.title, "title")
    sheet.note(1, t("cost.plans.note"))
    sheet.header(2, [t(f"cost.plans.{each}") for each in _COLUMNS])
    for row, plan in enumerate(case.assessment.cost.plans, 3):
        name = case.plan_name(plan.id)
        sheet.text(row, 0, t("cost.plans.chosen", plan=name) if plan == case.chosen else name)
        if plan.id == "onprem":
            own = case.money[0]
            sheet.formula(row, 2, "m_onprem_npv/m_months", own.per_mailbox_month, "yen")
            sheet.formula(row, 5, "m_onprem_start", own.start, "yen")
        else:
            _cloud(sheet, row, plan, case)
        sheet.number(row, 3, plan.per_mailbox_month.low, "yen")
        sheet.number(row, 4, plan.per_mailbox_month.high, "yen")
        sheet.text(row, 8, "\n".join(_obstacle(each, case) for each in plan.obstacles))


def _cloud(sheet: Sheet, row: int, plan: Plan, case: Case) -> None:
    price, setting = case.price_row(plan.id), case.at(plan.id)
    money = cloud(setting, case.prices[price], case.prices)
    equal = break_even.price(setting, case.prices)
    sheet.formula(row, 1, f"p_{price}", case.prices[price], "yen")
    if setting == case.s:
        # but for the subscription it costs what the chosen one costs
        npv = f"(m_cloud_npv-m_subscription+p_{price}*m_one_yen)"
        sheet.formula(row, 2, f"{npv}/m_months", money.per_mailbox_month, "yen")
        sheet.formula(row, 5, "m_cloud_start", money.start, "yen")
        if equal is not None:
            formula = "(m_onprem_npv-m_cloud_npv+m_subscription)/m_one_yen"
            sheet.formula(row, 6, formula, equal, "yen")
    else:
        # training or the tools that are saved differ: as calculated, without a formula
        sheet.number(row, 2, money.per_mailbox_month, "yen")
        sheet.number(row, 5, money.start, "yen")
        if equal is not None:
            sheet.number(row, 6, equal, "yen")
    sizes = next(each.sizes for each in case.assessment.cost.break_even if each.plan == plan.id)
    sheet.text(row, 7, case.t("cost.comma").join(f"{size:,}" for size in sizes))


def _obstacle(obstacle: str, case: Case) -> str:
    """A veto by its name, the rest by ours."""
    if obstacle in case.catalog.vetoes:
        return case.catalog.vetoes[obstacle].name(case.t.lang)
    return case.t(f"cost.obstacle.{obstacle}")
