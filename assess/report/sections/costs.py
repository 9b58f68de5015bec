"""What mail costs on either side, what moves that, and how far the numbers can be trusted."""

from __future__ import annotations

from collections.abc import Sequence

from assess import words
from assess.catalog.model import Sourced
from assess.report.charts import bands, tornado
from assess.report.charts.bands import Range
from assess.report.charts.svg import Caption
from assess.report.charts.tornado import Swing
from assess.report.paper import (
    Block,
    Bullets,
    Cell,
    Column,
    Figure,
    Heading,
    Prose,
    Section,
    Table,
)
from assess.report.view import View, plan_side
from assess.result import Driver, Plan

DRIVERS = 10


def section(view: View) -> Section:
    costs = view.result.cost
    blocks: list[Block] = [
        Prose(view.say(f"cost.accounting_{view.answers.values.get('accounting', 'either')}")),
        _plans(view),
        Heading(view.say("cost.years")),
        _years(view),
        Heading(view.say("cost.parts")),
        _parts(view),
        Heading(view.say("cost.drivers")),
        _drivers(view),
    ]
    if costs.break_even or costs.outgrows is not None:
        blocks.append(Heading(view.say("cost.break_even")))
    if costs.break_even:
        blocks.append(_break_even(view))
    if costs.outgrows is not None:
        blocks.append(Prose(view.say("cost.outgrows", year=costs.outgrows)))
    if costs.quotes:
        blocks += [
            Heading(view.say("cost.quotes")),
            Prose(view.say("cost.quotes_lead")),
            Bullets([view.text(view.catalog.costs[row].name) for row in costs.quotes]),
        ]
    blocks += [Heading(view.say("cost.rows")), rows(view)]
    return Section("costs", view.say("cost.title"), view.say("cost.lead"), blocks)


def _obstacles(view: View, plan: Plan) -> str:
    return view.joined(
        [
            view.text(view.catalog.vetoes[each].name)
            if each in view.catalog.vetoes
            else view.t(f"cost.obstacle.{each}")
            for each in plan.obstacles
        ]
    )


def _plans(view: View) -> Figure:
    plans = view.result.cost.plans
    table = Table(
        view.say("cost.plans_caption"),
        [
            Column(view.say("cost.plan"), "wide"),
            Column("P5", "number"),
            Column(view.say("cost.mid"), "number"),
            Column("P95", "number"),
            Column(view.say("cost.dollars"), "number"),
            Column(view.say("cost.start"), "number"),
            Column(view.say("cost.running"), "number"),
        ],
        [
            [
                Cell(
                    view.plan_name(plan.id),
                    "strong" if plan.chosen else None,
                    more=view.say("cost.obstacles", list=_obstacles(view, plan))
                    if plan.obstacles
                    else view.say("cost.compared")
                    if plan.chosen
                    else "",
                ),
                view.yen(plan.per_mailbox_month.low),
                Cell(view.yen(plan.per_mailbox_month.mid), "strong"),
                view.yen(plan.per_mailbox_month.high),
                view.dollars(plan.per_mailbox_month.mid),
                Cell(view.large(plan.start.mid), more=view.dollars(plan.start.mid)),
                Cell(view.yen(plan.running.mid), more=view.dollars(plan.running.mid)),
            ]
            for plan in plans
        ],
    )
    ranges = [
        Range(view.plan_name(p.id), plan_side(p), p.per_mailbox_month, strong=p.chosen)
        for p in plans
    ]
    caption = Caption("plans", view.say("cost.plans_title"), view.say("cost.plans_description"))
    return Figure(bands(ranges, caption, view.yen), view.say("cost.plans_note"), table)


def _years(view: View) -> Figure:
    ranges, rows = [], []
    for year in range(max((len(plan.years) for plan in view.plans), default=0)):
        for plan in view.plans:
            band = plan.years[year]
            named = view.say("cost.year_0" if year == 0 else "cost.year", year=year)
            name = view.say("cost.year_of", year=named, plan=view.say(f"name.{plan_side(plan)}"))
            ranges.append(Range(name, plan_side(plan), band))
            rows.append(
                [
                    name,
                    *(view.large(each) for each in (band.low, band.mid, band.high)),
                    view.dollars(band.mid),
                ]
            )
    table = Table(
        view.say("cost.years_caption"),
        [
            Column(view.say("cost.year_heading"), "wide"),
            Column("P5", "number"),
            Column(view.say("cost.mid"), "number"),
            Column("P95", "number"),
            Column(view.say("cost.dollars"), "number"),
        ],
        rows,
    )
    caption = Caption("years", view.say("cost.years_title"), view.say("cost.plans_description"))
    return Figure(bands(ranges, caption, view.large), view.say("cost.plans_note"), table)


def _parts(view: View) -> Table:
    names = list(dict.fromkeys(part for plan in view.plans for part in plan.parts))
    months = [sum(plan.parts.values()) for plan in view.plans]

    def money(x: float | None) -> Cell:
        return Cell(view.large(x)) if x else Cell("–", "soft")

    return Table(
        view.say("cost.parts_caption"),
        [
            Column(view.say("cost.part"), "wide"),
            *(Column(view.plan_name(plan.id), "number") for plan in view.plans),
        ],
        [
            [view.t(f"cost.part.{name}"), *(money(plan.parts.get(name)) for plan in view.plans)]
            for name in names
        ],
        [
            [view.say("cost.sum"), *(view.large(each) for each in months)],
            [view.say("cost.sum_dollars"), *(view.dollars(each) for each in months)],
        ],
    )


def _drivers(view: View) -> Figure:
    shown = view.result.cost.drivers[:DRIVERS]
    own, hosted = (plan.per_mailbox_month.mid for plan in view.plans)
    now = hosted - own

    def signed(x: float) -> str:
        return ("+" if round(x) > 0 else "") + view.yen(x)

    table = Table(
        view.say("cost.drivers_caption", now=signed(now)),
        [
            Column(view.say("cost.row"), "wide"),
            Column(view.say("cost.range")),
            Column(view.say("cost.at_low"), "number"),
            Column(view.say("cost.at_high"), "number"),
            Column(view.say("cost.trust"), "short"),
        ],
        [
            [
                view.text(view.catalog.costs[each.row].name),
                _span(view, each),
                signed(each.low),
                signed(each.high),
                trust(view, each.row),
            ]
            for each in shown
        ],
    )
    swings = [
        Swing(view.text(view.catalog.costs[d.row].name), _span(view, d), d.low, d.high)
        for d in shown
    ]
    caption = Caption(
        "drivers", view.say("cost.drivers_title"), view.say("cost.drivers_description")
    )
    cheaper = view.say("cost.cloud_cheaper"), view.say("cost.onprem_cheaper")
    chart = tornado(swings, now, caption, cheaper, signed)
    return Figure(chart, view.say("cost.drivers_note", now=signed(now)), table)


def _span(view: View, driver: Driver) -> str:
    row = view.catalog.costs[driver.row]
    return view.say("cost.span", low=words.amount(row.low), high=words.amount(row.high))


def trust(view: View, row: str) -> Cell:
    """How far a row can be relied on; flagged if it is an estimate or out of date."""
    cost = view.catalog.costs[row]
    return rated(view, cost, [view.say("quote")] if cost.quote else [])


def rated(view: View, entry: Sourced, more: Sequence[str] = ()) -> Cell:
    """The trust in a source, and in small print what else is to be said of it."""
    said = [*([view.say("stale")] if entry.stale(view.result.as_of) else []), *more]
    flagged = entry.trust in "CJ" or said
    return Cell(
        view.say(f"trust.{entry.trust}"), "flag" if flagged else None, more=view.joined(said)
    )


def _break_even(view: View) -> Table:
    def price(yen: float | None) -> Cell:
        if yen is None:
            return Cell(view.say("cost.never"), "soft")
        return Cell(view.yen(yen), more=view.dollars(yen))

    suitable = {plan.id for plan in view.result.cost.plans if plan.chosen or not plan.obstacles}
    return Table(
        view.say("cost.break_even_caption"),
        [
            Column(view.say("cost.plan"), "wide"),
            Column(view.say("cost.now"), "number"),
            Column(view.say("cost.equal_price"), "number"),
            Column(view.say("cost.equal_size")),
        ],
        [
            [
                view.plan_name(each.plan),
                price(each.now),
                price(each.price),
                view.joined([words.number(size) for size in each.sizes]) or view.say("cost.never"),
            ]
            for each in view.result.cost.break_even
            if each.plan in suitable
        ],
    )


def rows(view: View) -> Table:
    """Every price and quantity with its source."""
    return Table(
        view.say("cost.rows_caption"),
        [
            Column(view.say("cost.row"), "wide"),
            Column(view.say("cost.low"), "number"),
            Column(view.say("cost.mode"), "number"),
            Column(view.say("cost.high"), "number"),
            Column(view.say("cost.source"), "wide"),
            Column(view.say("cost.as_of"), "short"),
            Column(view.say("cost.trust"), "short"),
        ],
        [
            [
                Cell(view.text(cost.name), more=view.text(cost.unit)),
                *(words.amount(each) for each in (cost.low, cost.mode, cost.high)),
                Cell(view.text(cost.source), "soft", url=cost.url),
                words.day(cost.as_of, view.lang),
                trust(view, row),
            ]
            for row, cost in view.catalog.costs.items()
        ],
    )
