"""The sheet that calculates: `cost/formula.py` once more, in the spreadsheet's own formulas.

Inputs and prices have names (`s_growth`, `p_staff`), so that a formula reads like its definition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from math import prod

from assess.cost.formula import (
    HOURS_PER_YEAR,
    MAILBOXES_PER_SERVER,
    YEARS,
    Money,
    Part,
    Situation,
    cloud_parts,
    onprem_parts,
    servers,
)
from assess.report.workbook.case import Case
from assess.report.workbook.sheet import Sheet

Formulas = tuple[str, str, str]
"""Of a part of the costs: at the start, a year, a year for each mailbox."""

ONPREM: Mapping[str, Formulas] = {
    "servers": ("m_servers*p_server", "", ""),
    "storage": ("s_mailboxes*s_mailbox_gb*p_storage_gb", "", ""),
    "project": ("p_project_fixed+s_mailboxes*p_project_user", "", ""),
    "staff": ("", "p_onprem_fte_fixed*p_staff", "p_onprem_fte_per_1000/1000*p_staff"),
    "software": ("", "", "IF(s_exchange=1,p_software_exchange,p_software_open_source)"),
    "security": ("", "", "p_security"),
    "backup": ("", "", "p_backup"),
    "archive": ("", "", "s_archive*p_archive"),
    "power": ("", f"m_servers*p_watts/1000*{HOURS_PER_YEAR}*p_pue*p_kwh", ""),
    "space": ("", "m_servers*p_space", ""),
    "audit": ("", "p_audit", ""),
    "downtime": ("", "", "p_downtime_onprem*p_productivity_lost*p_wage"),
}
CLOUD: Mapping[str, Formulas] = {
    "migration": ("p_migration_fixed+s_mailboxes*p_migration_user", "", ""),
    "training": ("s_mailboxes*p_training_hours*(1-s_gmail_share)*p_wage", "", ""),
    "staff": ("", "p_cloud_fte_fixed*p_staff", "p_cloud_fte_per_1000/1000*p_staff"),
    "backup": ("", "", "12*p_cloud_backup"),
    "downtime": ("", "", "p_downtime_cloud*p_productivity_lost*p_wage"),
    "avoided": ("", "-s_avoided", ""),
}

Flow = tuple[str, float]
"""Of one year: formula, or nothing, and the value it has."""

_YEAR_COLUMNS = "CDEFGH"  # year 0 to 5
_NPV = 8
_HEADINGS = ("model.result", "side.onprem", "side.cloud", "difference")
_STYLE = {"growth": "percent", "gmail_share": "percent", "avoided": "yen"}


@dataclass(frozen=True)
class _Series:
    """A row of the assumptions, one value for each of the years 0 to 5."""

    row: int
    values: list[float]

    def at(self, year: int) -> str:
        return f"{_YEAR_COLUMNS[year]}${self.row + 1}"

    @property
    def range(self) -> str:
        return f"C{self.row + 1}:H{self.row + 1}"


@dataclass(frozen=True)
class _Assumed:
    """What holds for both sides, year by year."""

    mailboxes: _Series
    level: _Series  # of subscription prices
    present: _Series  # value of a yen


def model_sheet(sheet: Sheet, case: Case) -> tuple[str, list[str]]:
    """Writes it. The ranges, for a chart, of the years' names and of each side's totals."""
    t, p = sheet.t, case.prices
    sheet.text(0, 0, sheet.title, "title")
    row = _inputs(sheet, case.s)
    sheet.header(row, [t("cost.model.by_year"), "", *(t("cost.year", n=n) for n in range(6))])
    years, totals = _years(sheet, row), []
    assumed = _assumed(sheet, row + 1, case)
    row += 5
    own, hosted = case.money
    subscription = ("subscription", 0.0, 0.0, 0.0)
    for side, parts, formulas, money in (
        ("onprem", onprem_parts(case.s, p), ONPREM, own),
        ("cloud", (*cloud_parts(case.s, p), subscription), CLOUD, hosted),
    ):
        name = case.plan_name(side if side == "onprem" else case.chosen.id)
        sheet.header(row, [name, *[""] * 7, t("cost.npv")])
        for part in parts:
            row += 1
            cells = (
                _subscription(case, assumed)
                if part == subscription
                else _part(part, formulas[part[0]], assumed.mailboxes)
            )
            _flows(sheet, row, part[0], cells, assumed.present)
        row += 1
        _total(sheet, row, len(parts), side, money)
        totals.append(_years(sheet, row))
        row += 2
    _result(sheet, row, case, assumed)
    return years, totals


def _inputs(sheet: Sheet, s: Situation) -> int:
    """The situation, in yellow cells."""
    sheet.header(2, [sheet.t("cost.model.inputs"), ""])
    row = 3
    for field in fields(s):
        sheet.text(row, 0, sheet.t(f"cost.input.{field.name}"))
        value, style = float(getattr(s, field.name)), _STYLE.get(field.name, "number")
        sheet.editable(row, 1, value, style, f"s_{field.name}")
        row += 1
    need = f"MAX(2,ROUNDUP(s_mailboxes/{MAILBOXES_PER_SERVER},0)+1)*(1+s_second_site)"
    sheet.text(row, 0, sheet.t("cost.model.servers"))
    sheet.formula(row, 1, need, servers(s), "number", "m_servers")
    return row + 2


def _series(
    sheet: Sheet, row: int, key: str, first: str, step: str, values: Sequence[float]
) -> _Series:
    """`first`: formula of year 1; each later year is the one before with `step` behind it."""
    series = _Series(row, [0.0, *values])
    sheet.text(row, 0, sheet.t(f"cost.model.{key}"))
    for year, value in enumerate(values, 1):
        formula = first if year == 1 else f"{_YEAR_COLUMNS[year - 1]}{row + 1}{step}"
        sheet.formula(row, year + 2, formula, value, "number" if key == "mailboxes" else "factor")
    return series


def _assumed(sheet: Sheet, row: int, case: Case) -> _Assumed:
    growth, drift, discount = (
        1 + each for each in (case.s.growth, case.prices["drift"], case.prices["discount"])
    )
    sizes = [case.s.mailboxes * growth**year for year in range(YEARS)]
    levels = [drift**year for year in range(YEARS)]
    factors = [discount ** -(year + 1) for year in range(YEARS)]
    sheet.number(row + 2, 2, 1, "factor")
    return _Assumed(
        _series(sheet, row, "mailboxes", "s_mailboxes", "*(1+s_growth)", sizes),
        _series(sheet, row + 1, "level", "1", "*(1+p_drift)", levels),
        _series(sheet, row + 2, "present", "1/(1+p_discount)", "/(1+p_discount)", factors),
    )


def _part(part: Part, formulas: Formulas, mailboxes: _Series) -> list[Flow]:
    _, at_start, a_year, a_mailbox = part
    start, fixed, each = formulas
    cells = [(start, at_start)]
    for year in range(1, YEARS + 1):
        by_size = f"{each}*{mailboxes.at(year)}" if each else ""
        formula = "+".join(filter(None, (fixed, by_size)))
        cells.append((formula, a_year + a_mailbox * mailboxes.values[year]))
    return cells


def _subscription(case: Case, assumed: _Assumed) -> list[Flow]:
    price, sizes, level = case.prices[case.row], assumed.mailboxes, assumed.level
    cells = [("", 0.0)]
    for year in range(1, YEARS + 1):
        formula = f"12*p_{case.row}*{sizes.at(year)}*{level.at(year)}"
        cells.append((formula, 12 * price * sizes.values[year] * level.values[year]))
    return cells


def _flows(sheet: Sheet, row: int, part: str, cells: Sequence[Flow], present: _Series) -> None:
    """The years 0 to 5 of a part, and their present value."""
    sheet.text(row, 0, sheet.t(f"cost.part.{part}"))
    for year, (formula, value) in enumerate(cells):
        if formula:
            sheet.formula(row, year + 2, formula, value, "yen")
    npv = cells[0][1] + sum(
        value * factor for (_, value), factor in zip(cells[1:], present.values[1:], strict=True)
    )
    formula = f"SUMPRODUCT(C{row + 1}:H{row + 1},{present.range})"
    sheet.formula(row, _NPV, formula, npv, "yen", "m_subscription" * (part == "subscription"))


def _total(sheet: Sheet, row: int, count: int, side: str, money: Money) -> None:
    sheet.text(row, 0, sheet.t("cost.total"), "strong")
    sheet.text(row, 1, "", "strong")
    for column, value in enumerate((*money.years, money.npv), 2):
        letter = "CDEFGHI"[column - 2]
        name = {2: f"m_{side}_start", _NPV: f"m_{side}_npv"}.get(column, "")
        formula = f"SUM({letter}{row - count + 1}:{letter}{row})"
        sheet.formula(row, column, formula, value, "total", name)


def _years(sheet: Sheet, row: int) -> str:
    """The range of the years 0 to 5 in `row`."""
    return f"='{sheet.title}'!$C${row + 1}:$H${row + 1}"


def _result(sheet: Sheet, row: int, case: Case, assumed: _Assumed) -> None:
    t, (own, hosted) = sheet.t, case.money
    sizes, level, present = assumed.mailboxes, assumed.level, assumed.present
    sheet.text(row, 0, t("cost.model.months"))
    sheet.formula(row, 1, f"12*SUM({sizes.range})", own.mailbox_months, "number", "m_months")
    factor = f"12*SUMPRODUCT({sizes.range},{level.range},{present.range})"
    one_yen = 12 * sum(map(prod, zip(sizes.values, level.values, present.values, strict=True)))
    sheet.text(row + 1, 0, t("cost.model.one_yen"))
    sheet.formula(row + 1, 1, factor, one_yen, "number", "m_one_yen")
    sheet.header(row + 3, [t(f"cost.{each}") for each in _HEADINGS])
    per_month = own.per_mailbox_month, hosted.per_mailbox_month
    worst, best = case.criterion.worst_yen or 0.0, case.criterion.best_yen or 0.0
    points = f"MAX(0,MIN(100,({worst!r}-m_{{0}}_npv/m_months)/{worst - best!r}*100))"
    sheet.sides(row + 4, "per_mailbox_month", "m_{}_npv/m_months", per_month, "yen", named=True)
    sheet.sides(
        row + 5, "running", "(m_{0}_npv-m_{0}_start)/m_months", (own.running, hosted.running),
        "yen", named=True,
    )  # fmt: skip
    sheet.sides(row + 6, "points", points, case.points, "points", named=True)
    sheet.text(row + 7, 0, t("cost.model.margin", weight=f"{case.weight:.1f}"))
    margin = case.weight / 100 * (case.points[1] - case.points[0])
    sheet.formula(row + 7, 3, f"{case.weight!r}/100*D{row + 7}", margin, "points", "m_margin")
