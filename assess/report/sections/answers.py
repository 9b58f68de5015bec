"""Every answer, what it adds to the margin, and what stands behind it."""

from __future__ import annotations

from assess import words
from assess.answers import Answer
from assess.fit.value import PRICES
from assess.report.charts import contributions, criteria
from assess.report.charts.contributions import Bar
from assess.report.charts.criteria import Pair
from assess.report.charts.svg import Caption
from assess.report.paper import Block, Cell, Column, Figure, Heading, Prose, Row, Section, Table
from assess.report.view import View

BARS = 12


def section(view: View) -> Section:
    blocks: list[Block] = [_criteria(view), Heading(view.say("answers.points")), _points(view)]
    for key, named in view.catalog.sections.items():
        asked = [each for each in view.asked if view.catalog.questions[each].section == key]
        if asked:
            blocks += [Heading(view.text(named.name)), _answers(view, asked)]
    blocks.append(Prose(view.say("answers.posture_only")))
    return Section("answers", view.say("answers.title"), view.say("answers.lead"), blocks)


def _criteria(view: View) -> Figure:
    found = view.result.criteria
    table = Table(
        view.say("criteria.caption"),
        [
            Column(view.say("criteria.criterion"), "wide"),
            Column(view.say("criteria.weight"), "number"),
            Column(view.say("name.onprem"), "number"),
            Column(view.say("name.cloud"), "number"),
            Column(view.say("criteria.points"), "number"),
        ],
        [
            [
                Cell(
                    view.text(view.catalog.criteria[each.id].name),
                    more=view.say(
                        "criteria.anchors",
                        worst=view.text(view.catalog.criteria[each.id].worst),
                        best=view.text(view.catalog.criteria[each.id].best),
                    ),
                ),
                words.amount(each.weight),
                words.number(each.onprem),
                words.number(each.cloud),
                view.points(each.points),
            ]
            for each in found
        ],
        [[view.say("margin"), "100", "", "", view.points(view.result.margin)]],
    )
    pairs = [
        Pair(
            view.text(view.catalog.criteria[each.id].name),
            view.say("criteria.weighs", weight=words.amount(each.weight)),
            each.onprem,
            each.cloud,
        )
        for each in found
    ]
    caption = Caption("criteria", view.say("criteria.title"), view.say("criteria.description"))
    return Figure(criteria(pairs, caption, view.sides), view.say("criteria.note"), table)


def _points(view: View) -> Figure:
    ranked = view.result.contributions
    rows: list[Row] = [
        [
            view.question(each.question),
            view.answer(each.question, each.answer),
            view.points(each.points),
        ]
        for each in ranked
    ]
    table = Table(
        view.say("answers.points_caption"),
        [
            Column(view.say("answers.question"), "wide"),
            Column(view.say("answers.answer"), "wide"),
            Column(view.say("criteria.points"), "number"),
        ],
        [[view.say("tilt"), view.say("tilt_value"), view.points(view.result.tilt)], *rows],
        [[view.say("margin"), "", view.points(view.result.margin)]],
    )
    bars = [
        Bar(
            view.question(each.question)
            if each.question == PRICES
            else view.answer(each.question, each.answer),
            "" if each.question == PRICES else view.question(each.question),
            each.points,
        )
        for each in ranked[:BARS]
    ]
    caption = Caption("points", view.say("answers.points_title"), view.say("answers.description"))
    note = view.say("answers.note", shown=len(bars), all=len(ranked))
    return Figure(contributions(bars, caption, view.sides), note, table)


def _answers(view: View, asked: list[str]) -> Table:
    points = {each.question: each.points for each in view.result.contributions}
    return Table(
        "",
        [
            Column(view.say("answers.number")),
            Column(view.say("answers.question"), "wide"),
            Column(view.say("answers.answer"), "wide"),
            Column(view.say("criteria.points"), "number"),
        ],
        [
            [
                view.catalog.questions[each].number,
                view.question(each),
                _answer(view, each),
                view.points(points[each]) if each in points else Cell("–", "soft"),
            ]
            for each in asked
        ],
    )


def _answer(view: View, question: str) -> Cell:
    """The answer, and beneath it who gave it, when, the note and the evidence."""
    given = view.answers.answers.get(question, Answer())
    small = [view.say(f"answers.{given.source}")] if given.source != "asked" else []
    small += [given.by] if given.by else []
    small += [words.day(given.at.date(), view.lang)] if given.at else []
    small += [view.say("answers.says_note", text=given.note)] if given.note else []
    small += [view.say("answers.evidence", text=given.evidence)] if given.evidence else []
    more = view.say("answers.separator").join(small)
    if given.value is None:
        return Cell(view.say("dont_know" if given.unknown else "unanswered"), "unknown", more=more)
    return Cell(view.answer(question, given.value), "strong", more=more)
