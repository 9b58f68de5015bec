"""Conditions on answers in Kleene's three-valued logic: true, false, or None for not yet known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from assess.catalog.model import Condition, Question, Range, Value


def both(states: Iterable[bool | None]) -> bool | None:
    """False if any is, else None if any is, else True."""
    known: bool | None = True
    for state in states:
        if state is False:
            return False
        known = None if state is None else known
    return known


def holds(condition: Condition, values: Mapping[str, Value]) -> bool | None:
    """Whether all of `condition` holds for what was answered; None while that is open."""
    return both(_one(wanted, values.get(question)) for question, wanted in condition.items())


def applies(
    question: str, questions: Mapping[str, Question], values: Mapping[str, Value]
) -> bool | None:
    """Whether `question` is asked at all; None while another answer decides it.

    It isn't if it hangs on one that isn't, whatever an old answer to that one says.
    """
    when = questions[question].when
    if any(applies(each, questions, values) is False for each in when):
        return False
    return holds(when, values)


def counting(questions: Mapping[str, Question], values: Mapping[str, Value]) -> dict[str, Value]:
    """The answers that count, in catalogue order: without those to questions that don't apply.

    In that order, for the order of a file changes no bit of a result.
    """
    return {
        key: values[key]
        for key in questions
        if key in values and applies(key, questions, values) is not False
    }


def _one(wanted: tuple[str, ...] | Range, value: Value | None) -> bool | None:
    if value is None:
        return None
    if isinstance(wanted, Range):
        return wanted.holds(float(value))
    return value in wanted
