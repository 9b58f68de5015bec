"""Two results side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from assess.answers import Answer, Answers
from assess.catalog.model import Catalog, Value
from assess.errors import AssessError
from assess.questionnaire import check, known, parse
from assess.result import Assessment, Outcome, Result, Side


class Change(Result):
    """One answer, before and after, and by how much its points changed."""

    question: str
    before: Value | None
    after: Value | None
    points: float


class End(Result):
    """What one of the two says."""

    outcome: Outcome
    leaning: Side | None
    margin: float
    robustness: float
    confidence: str
    vetoes: list[str]
    onprem: float  # yen per mailbox and month
    cloud: float


class Comparison(Result):
    before: End
    after: End
    changes: list[Change]  # answers that differ, or whose points do


def compare(
    before: Assessment,
    after: Assessment,
    was: Mapping[str, Value],
    now: Mapping[str, Value],
) -> Comparison:
    """`was`, `now`: the answers of each."""
    old, new = ({each.question: each.points for each in side.contributions}
                for side in (before, after))  # fmt: skip
    changes = [
        Change(
            question=key,
            before=was.get(key),
            after=now.get(key),
            points=new.get(key, 0.0) - old.get(key, 0.0),
        )
        for key in dict.fromkeys([*was, *now, *old, *new])
        if was.get(key) != now.get(key) or abs(new.get(key, 0.0) - old.get(key, 0.0)) > 1e-9
    ]
    return Comparison(before=_end(before), after=_end(after), changes=changes)


def _end(found: Assessment) -> End:
    onprem, cloud = (
        next(each.per_mailbox_month.mid for each in found.cost.plans if (each.id == "onprem") is own
             and (own or each.chosen))
        for own in (True, False)
    )  # fmt: skip
    return End(
        outcome=found.outcome,
        leaning=found.leaning,
        margin=found.margin,
        robustness=found.robustness,
        confidence=found.confidence,
        vetoes=found.vetoes,
        onprem=onprem,
        cloud=cloud,
    )


def changed(catalog: Catalog, answers: Answers, changes: Iterable[str]) -> Answers:
    """The answers with `Q=V` instead; `Q=` takes an answer away. AssessError: what is wrong."""
    given = dict(answers.answers)
    for change in changes:
        name, equals, text = change.partition("=")
        if not equals:
            raise AssessError("change-without-value", word=change)
        key = named(catalog, name)
        question = catalog.questions[key]
        given.pop(key, None)
        if question.kind == "choice" and text:
            check(question, text)  # here a number is the id of an option, never its place
            given[key] = Answer(value=text)
        elif text:
            given[key] = Answer(value=parse(question, text))
    return replace(answers, answers=given)


def named(catalog: Catalog, word: str) -> str:
    """The id of a question, given by it or by its number in the model (`Q8`, `22b`).

    AssessError for one that there isn't.
    """
    number = word.casefold().removeprefix("q")
    found = [key for key, each in catalog.questions.items() if each.number.casefold() == number]
    if word not in catalog.questions and found:
        return found[0]
    known(catalog, word)
    return word


def differing(claimed: Assessment, made: Assessment) -> list[str]:
    """The fields of a report that aren't what its inputs give."""
    return [
        name for name in Assessment.model_fields if getattr(claimed, name) != getattr(made, name)
    ]
