"""From the answers to what the costs depend on; unanswered: what the catalogue takes instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from assess.catalog.model import Catalog, Profile, Value
from assess.cost.formula import Situation

QUESTIONS = (
    "mailboxes",
    "growth",
    "mbsize",
    "retention",
    "site2",
    "stack",
    "tools",
    "gmailuse",
    "organisation",
)
"""All that the costs depend on; `organisation` decides which editions may be bought."""

GROWTH = {"<5%": 0.02, "5-20%": 0.12, ">20%": 0.30}
"""Per year; the middle of each answer, the last one taken cautiously."""

MAILBOX_GB = {"<10GB": 5.0, "10-50GB": 25.0, ">50GB": 70.0}
"""Average size; below the middle, for a few large mailboxes lift an average."""


def situation(values: Mapping[str, Value], catalog: Catalog) -> Situation:
    """`values`: question → answer. KeyError if a question has neither answer nor reference."""

    def text(question: str) -> str:
        return str(answer(question, values, catalog))

    def number(question: str) -> float:
        return float(answer(question, values, catalog))

    return Situation(
        mailboxes=number("mailboxes"),
        growth=GROWTH[text("growth")],
        mailbox_gb=MAILBOX_GB[text("mbsize")],
        archive=text("retention") != "none",
        second_site=text("site2") == "hot",
        exchange=text("stack") == "exchange",
        avoided=number("tools"),
        gmail_share=number("gmailuse"),
    )


def within(s: Situation, profile: Profile) -> Situation:
    """What of it counts in this cloud: only a suite saves tools, only Gmail is known as Gmail."""
    return replace(
        s,
        avoided=s.avoided if profile.suite else 0.0,
        gmail_share=s.gmail_share if profile.gmail else 0.0,
    )


def answer(question: str, values: Mapping[str, Value], catalog: Catalog) -> Value:
    """The answer, or the question's reference. KeyError if it has neither."""
    value = values.get(question, catalog.questions[question].reference)
    if value is None:
        raise KeyError(question)
    return value
