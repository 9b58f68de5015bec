"""The conditions outside the sum: which hold, which are open, and how to lift them."""

from __future__ import annotations

from assess.report.paper import Block, Cell, Column, Prose, Section, Table, Tag
from assess.report.view import View
from assess.result import Exclusion

_TAGS: dict[str, Tag] = {"holds": "high", "open": "unknown", "warning": "medium"}


def section(view: View) -> Section:
    blocks: list[Block] = []
    if view.result.exclusions:
        blocks.append(_table(view))
    met = {each.veto for each in view.result.exclusions}
    rest = [view.text(veto.name) for key, veto in view.catalog.vetoes.items() if key not in met]
    if rest:
        blocks.append(Prose(view.say("vetoes.rest", list=view.joined(rest))))
    return Section("vetoes", view.say("vetoes.title"), view.say("vetoes.lead"), blocks)


def _table(view: View) -> Table:
    return Table(
        view.say("vetoes.caption"),
        [
            Column(view.say("vetoes.state")),
            Column(view.say("vetoes.condition"), "wide"),
            Column(view.say("vetoes.effect"), "wide"),
            Column(view.say("vetoes.citation"), "wide"),
            Column(view.say("vetoes.lift"), "wide"),
        ],
        [_row(view, each) for each in view.result.exclusions],
    )


def _row(view: View, each: Exclusion) -> list[str | Cell]:
    veto = view.catalog.vetoes[each.veto]
    out = view.joined([view.target(target) for target in each.excludes])
    return [
        Cell(view.say(f"vetoes.{each.state}"), _TAGS[each.state]),
        Cell(
            view.say("vetoes.named", name=view.text(veto.name), cause=view.cause(each)),
            more=view.said(dict(each.answers)),
        ),
        view.say("vetoes.nothing")
        if not out
        else view.say("excluded_share", what=out, share=view.percent(each.share))
        if each.share is not None
        else view.say("vetoes.would" if each.state == "open" else "excluded", what=out),
        view.text(veto.citation),
        view.text(veto.lift),
    ]
