"""Which unanswered questions can still change the result."""

from __future__ import annotations

from collections.abc import Mapping

from assess.catalog.model import Value
from assess.fit.draws import Draws, options, undecided
from assess.fit.value import Model
from assess.result import AskNext

NOISE = 15.0
"""Points: a margin beyond it was never near to turning in the draws around it."""


def swing(model: Model, values: Mapping[str, Value], question: str) -> tuple[float, float]:
    """Lowest and highest margin over the answers to `question`, the others as they are."""
    margins = [
        model.margin({**values, question: each})
        for each in options(model.catalog.questions[question])
    ]
    return min(margins), max(margins)


def relevant(model: Model, values: Mapping[str, Value]) -> frozenset[str]:
    """Unanswered questions that can still change outcome, costs or posture.

    A question that only moves the fit can't any more when the vetoes have decided, or when no
    answers to all that is open bring the margin near zero.
    """
    catalog = model.catalog
    asked = [key for key in catalog.questions if key not in values]
    exclusions = model.pricing.exclusions(values)
    still = {key for each in exclusions if each.state == "open" for key in each.answers}
    still |= {each.question for each in catalog.checks.values()} | set(model.pricing.questions)
    moving = undecided(model, values)
    still |= set(asked) - set(moving)
    out = model.pricing.vetoes.out(exclusions)
    if not (out.onprem or out.cloud):
        now = model.margin(values)
        ends = {key: swing(model, values, key) for key in moving}
        lowest = now + sum(low - now for low, _ in ends.values())
        highest = now + sum(high - now for _, high in ends.values())
        if lowest < NOISE and highest > -NOISE:
            still |= {key for key, (low, high) in ends.items() if high > low}
    # What decides whether another one is asked, or whether its answer counts.
    for key, question in catalog.questions.items():
        if key in values or key in still:
            still |= set(question.when)
    return frozenset(key for key in asked if key in still)


def ask_next(
    model: Model, values: Mapping[str, Value], draws: Draws, open_vetoes: set[str]
) -> list[AskNext]:
    """Unanswered questions, those that may exclude a side first, then by what they could change.

    `open_vetoes`: the questions that leave one open.
    """
    found = []
    for key in sorted({*undecided(model, values), *open_vetoes}):
        robust = draws.by_answer(key).values() if key in draws.picks else [draws.robustness]
        low, high = swing(model, values, key) if key in draws.picks else (0.0, 0.0)
        if high > low or key in open_vetoes:
            found.append(
                AskNext(
                    question=key,
                    swing=high - low,
                    robustness=(min(robust), max(robust)),
                    veto=key in open_vetoes,
                )
            )
    return sorted(found, key=lambda each: (not each.veto, -each.swing, each.question))
