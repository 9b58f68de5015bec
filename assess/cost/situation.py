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


def situation(values: Mapping[str, Value], catalog: Catalog) -> Situation:
    """`values`: question → answer. KeyError if a question has neither answer nor reference."""

    def text(question: str) -> str:
        return str(answer(question, values, catalog))

    def number(question: str) -> float:
        return float(answer(question, values, catalog))

    def meant(question: str) -> float:
        """What the answer stands for: growth per year, GB of an average mailbox."""
        options = catalog.questions[question].options
        found = next(each.number for each in options if each.id == text(question))
        assert found is not None, "the catalogue was checked"
        return found

    return Situation(
        mailboxes=number("mailboxes"),
        growth=meant("growth"),
        mailbox_gb=meant("mbsize"),
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
