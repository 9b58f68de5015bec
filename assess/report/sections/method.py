"""How the result came about, how far it holds, and what it doesn't say."""

from __future__ import annotations

from assess import words
from assess.report.charts import robustness
from assess.report.charts.robustness import bins
from assess.report.charts.svg import Caption
from assess.report.paper import (
    Block,
    Bullets,
    Cell,
    Changes,
    Column,
    Figure,
    Heading,
    Prose,
    Section,
    Table,
    Terms,
)
from assess.report.summary import changes, lead
from assess.report.view import View

CLAIMS = ("A44", "A46", "A50", "A62", "A61", "A36")
"""Over-simple claims of the article that the requirements come from, and our corrections."""

UNSEEN = ("measured", "contracts", "people", "suite", "performance", "migration", "future")


def section(view: View) -> Section:
    say = view.say
    blocks: list[Block] = [
        Prose(say("method.model")),
        Heading(say("method.robustness")),
        Prose(lead(view)),
        _robustness(view),
        Prose(say("method.robustness_meaning")),
        Heading(say("method.tilt")),
        Prose(tilt(view)),
        Heading(say("method.weights")),
        Prose(say("method.weights_own" if view.answers.weights else "method.weights_ours")),
        _weights(view),
        Heading(say("method.turn")),
        Changes(changes(view, most=20)),
        Heading(say("method.hybrid")),
        Prose(say("method.hybrid_text")),
        Heading(say("method.claims")),
        Terms([(say(f"claim.{each}.said"), say(f"claim.{each}.is")) for each in CLAIMS]),
        Heading(say("method.unseen")),
        Bullets([say(f"unseen.{each}") for each in UNSEEN]),
    ]
    return Section("method", say("method.title"), say("method.lead"), blocks)


def tilt(view: View) -> str:
    """What the tables favour before any answer, and the result without that."""
    result = view.result
    rest = result.margin - result.tilt
    return view.say(
        "method.tilt_text",
        tilt=words.number(abs(result.tilt), 1),
        favoured=view.side("cloud" if result.tilt > 0 else "onprem"),
        rest=words.points(rest),
        side=view.side("cloud" if rest > 0 else "onprem"),
    )


def _robustness(view: View) -> Figure:
    result = view.result
    found, draws = bins(result.histogram), max(1, sum(result.histogram))
    low, middle, high = (words.points(each) for each in result.quantiles)
    quantiles = view.say("robust.quantiles", low=low, middle=middle, high=high)
    table = Table(
        view.say("robust.caption"),
        [
            Column(view.say("robust.margin")),
            Column(view.say("robust.draws"), "number"),
            Column(view.say("robust.share"), "number"),
        ],
        [
            [
                view.say(
                    "robust.bin", low=words.points(each.low, 0), high=words.points(each.high, 0)
                ),
                words.number(each.draws),
                view.percent(each.draws / draws),
            ]
            for each in found
        ],
        [[quantiles, "", ""]],
    )
    caption = Caption("robust", view.say("robust.title"), view.say("robust.description"))
    chart = robustness(found, result.quantiles, caption, view.sides)
    return Figure(chart, view.say("robust.note", quantiles=quantiles), table)


def _weights(view: View) -> Table:
    return Table(
        view.say("method.weights_caption"),
        [
            Column(view.say("criteria.criterion")),
            Column(view.say("criteria.weight"), "number"),
            Column(view.say("method.reason"), "wide"),
        ],
        [
            [
                Cell(view.text(view.catalog.criteria[each.id].name), "strong"),
                words.amount(each.weight),
                view.text(view.catalog.criteria[each.id].reason),
            ]
            for each in view.result.criteria
        ],
    )
