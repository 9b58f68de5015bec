"""One question: what its answer adds to the result, and what each other answer would."""

from __future__ import annotations

from pydantic import Field

from assess.answers import Answers
from assess.catalog.model import Catalog, Value
from assess.conditions import applies, counting
from assess.fit.draws import options
from assess.fit.flips import stands
from assess.fit.value import Model
from assess.result import Result, Side


class Alternative(Result):
    """What the result would be with this answer."""

    answer: Value
    points: float  # contribution to the margin
    criteria: dict[str, float]
    margin: float
    leaning: Side | None
    vetoes: list[str]


class Explanation(Result):
    schema_version: int = Field(1, alias="schema")
    command: str = "explain"
    question: str
    asked: bool  # it applies, as the other answers stand
    answer: Value | None
    tilt: float
    alternatives: list[Alternative]  # empty: it has no part in the fit
    vetoes: list[str]  # that ask it
    checks: list[str]  # of the posture


def explanation(catalog: Catalog, answers: Answers, question: str) -> Explanation:
    """AssessError for none; `question` is known."""
    given = answers.values
    model = Model(catalog, answers.weights)
    entry = catalog.questions[question]
    tried = list(options(entry))
    now = counting(catalog.questions, given).get(question)
    if now is not None and now not in tried:
        tried.append(now)
    vetoes = [key for key, veto in catalog.vetoes.items() if question in veto.questions]
    asked = applies(question, catalog.questions, given) is not False
    return Explanation(
        schema=1,
        question=question,
        asked=asked,
        answer=now,
        tilt=model.tilt,
        alternatives=[
            _alternative(model, {**given, question: each}, question, each) for each in tried
        ]
        if asked and (vetoes or question in model.questions)
        else [],
        vetoes=vetoes,
        checks=[key for key, check in catalog.checks.items() if check.question == question],
    )


def _alternative(
    model: Model, values: dict[str, Value], question: str, answer: Value
) -> Alternative:
    side, margin, vetoes = stands(model, values)
    counted = counting(model.catalog.questions, values)
    criteria = model.contributions(counted).get(question, {})
    return Alternative(
        answer=answer,
        points=sum(criteria.values()),
        criteria=criteria,
        margin=margin,
        leaning=side,
        vetoes=sorted({veto for veto, _ in vetoes}),
    )
