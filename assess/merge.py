"""Several people answer their part; their files become one, and nobody is overruled silently."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from assess.answers import Answer, Answers

S = TypeVar("S", bound="Statement")
Named = tuple[str, Answers]
"""The name of a file and what stands in it."""


Statement = Answer | str | dict[str, float]


@dataclass(frozen=True)
class Conflict:
    """Files that say different things about a question, `organisation` or `weights`."""

    about: str
    said: Mapping[str, Statement]  # by file


def merge(parts: Sequence[Named], prefer: str | None = None) -> tuple[Answers, list[Conflict]]:
    """One set of answers, and what `prefer`, the name of a part, doesn't decide (left out of it).

    The same value in several is no conflict; an answer beats "don't know". Who said it and when
    stays with it, and so do the notes of everybody.
    """
    conflicts: list[Conflict] = []

    def agreed(about: str, said: Mapping[str, S], same: Callable[[S], object]) -> S | None:
        """What all say, or the preferred one; None if nobody says anything or they differ."""
        if prefer is not None and prefer in said:
            return said[prefer]
        if any(same(each) != same(first) for first in said.values() for each in said.values()):
            conflicts.append(Conflict(about, said))
            return None
        return next(iter(said.values()), None)

    answers: dict[str, Answer] = {}
    for question in dict.fromkeys(each for _, part in parts for each in part.answers):
        every = {name: part.answers[question] for name, part in parts if question in part.answers}
        known = {name: each for name, each in every.items() if each.value is not None}
        # Of those who agree, whoever can show it speaks for them.
        known = dict(sorted(known.items(), key=lambda said: not said[1].shown))
        unknown = {name: each for name, each in every.items() if each.unknown}
        answer = agreed(question, known or unknown or every, lambda each: each.value)
        if answer:
            notes = dict.fromkeys(each.note for each in every.values() if each.note)
            note = "\n".join(notes) or None
            answers[question] = answer.model_copy(update={"note": note})
    names = {name: part.organisation for name, part in parts if part.organisation}
    weights = {name: part.weights for name, part in parts if part.weights}
    organisation = agreed("organisation", names, str)
    return Answers(organisation, answers, agreed("weights", weights, dict) or {}), conflicts
