"""Where it comes from, who stands for it, and how to check it."""

from __future__ import annotations

from collections.abc import Iterator

from assess import words
from assess.catalog.model import Sourced
from assess.report.paper import (
    Block,
    Cell,
    Column,
    Heading,
    Prose,
    Row,
    Section,
    Signatures,
    Table,
    Terms,
)
from assess.report.sections.costs import rated
from assess.report.view import View

LINES = ("author", "reviewer", "approver")


def section(view: View) -> Section:
    say, inputs = view.say, view.result.inputs
    blocks: list[Block] = [
        Table(
            say("sources.caption"),
            [
                Column(say("cost.source"), "wide"),
                Column(say("sources.used"), "wide"),
                Column(say("cost.as_of"), "short"),
                Column(say("cost.trust"), "short"),
            ],
            list(_rows(view)),
        ),
        Heading(say("sources.verify")),
        Prose(say("sources.verify_text")),
        Terms(
            [
                (say("sources.as_of"), view.date()),
                (say("sources.version"), view.catalog.version),
                (say("sources.answers"), view.answers_hash),
                (say("sources.catalog"), inputs.catalog),
                (say("sources.overrides"), say("yes" if inputs.overrides else "no")),
                (say("sources.seed"), inputs.seed),
                (say("sources.draws"), words.number(inputs.draws)),
            ]
        ),
        Heading(say("sources.law")),
        Prose(say("sources.law_text")),
        Heading(say("sign.title")),
        Signatures([say(f"sign.{each}") for each in LINES], [say("sign.name"), say("sign.date")]),
    ]
    return Section("sources", say("sources.title"), say("sources.lead"), blocks)


def _rows(view: View) -> Iterator[Row]:
    """Every source but those of the costs, once, with what rests on it."""
    catalog = view.catalog
    used: dict[tuple[object, ...], tuple[Sourced, list[str]]] = {}
    named: list[tuple[Sourced, str]] = [
        *((each, view.text(each.name)) for each in catalog.vetoes.values()),
        *((each, view.text(each.name)) for each in catalog.profiles.values()),
        *((each, view.say("sources.criteria")) for each in catalog.criteria.values()),
        *((each, view.say("sources.questions")) for each in catalog.questions.values()),
        *((each, view.say("sources.posture")) for each in catalog.checks.values()),
    ]
    for each, name in named:
        key = (each.source, each.url, each.as_of, each.trust, each.stale_after)
        used.setdefault(key, (each, []))[1].append(name)
    for each, names in used.values():
        yield [
            Cell(view.text(each.source), url=each.url),
            view.joined(list(dict.fromkeys(names))),
            words.day(each.as_of, view.lang),
            rated(view, each),
        ]
