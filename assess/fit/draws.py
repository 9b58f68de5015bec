"""The margin over many draws of weights, judgements, prices and what nobody answered.

Each weight is multiplied by 0.5 to 1.5 and all are scaled back to 100; each entry of a points
table by 0.75 to 1.25; each price is drawn from its triangular distribution; an unanswered
question takes any of its options alike. Only `random.random()` is used, whose stream Python
promises to keep, and every draw takes as many numbers, so that two sets of answers are compared
under the same draws.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from assess.catalog.model import Question, Sides, Value
from assess.conditions import applies
from assess.cost.prices import draw
from assess.fit.value import Model

WEIGHT_BAND = 0.5
POINTS_BAND = 0.25


@dataclass(frozen=True)
class Draws:
    margins: list[float]
    picks: dict[str, list[Value]]  # unanswered question -> what it was in each draw

    @property
    def robustness(self) -> float:
        """Share of the draws in which the cloud is ahead."""
        return _ahead(self.margins)

    def by_answer(self, question: str) -> dict[Value, float]:
        """The robustness among the draws in which `question` was each of its options."""
        groups: dict[Value, list[float]] = {}
        for pick, margin in zip(self.picks[question], self.margins, strict=True):
            groups.setdefault(pick, []).append(margin)
        return {pick: _ahead(group) for pick, group in groups.items()}

    def quantiles(self) -> tuple[float, float, float]:
        """P5, P50 and P95 of the margin."""
        ordered = sorted(self.margins)
        last = len(ordered) - 1
        return ordered[round(last * 0.05)], ordered[round(last * 0.5)], ordered[round(last * 0.95)]

    def histogram(self) -> list[int]:
        """Draws by margin: 100 bins of 2 points from -100 to +100."""
        bins = [0] * 100
        for margin in self.margins:
            bins[min(99, max(0, int((margin + 100) // 2)))] += 1
        return bins


def stream(seed: int) -> Callable[[], float]:
    """Numbers from 0 to 1, the same for the same seed on every machine and version."""
    return Random(seed).random  # noqa: S311 (reproducible, no secret)


def options(question: Question) -> tuple[Value, ...]:
    """The answers to try for a question: its options, or its plausible numbers."""
    return question.ids or question.plausible


def undecided(model: Model, values: Mapping[str, Value]) -> list[str]:
    """Unanswered questions that the margin depends on and that are asked, in catalogue order."""
    return [
        key
        for key, question in model.catalog.questions.items()
        if key in model.questions
        and key not in values
        and options(question)
        and applies(key, model.catalog.questions, values) is not False
    ]


def sample(model: Model, values: Mapping[str, Value], count: int, seed: int) -> Draws:
    random = stream(seed)
    catalog = model.catalog
    asked = undecided(model, values)
    # Answered ones take their number, too: so the draws stay the same when an answer changes.
    choices = {key: c for key, q in catalog.questions.items()
               if key in model.questions and (c := options(q))}  # fmt: skip
    picks: dict[str, list[Value]] = {key: [] for key in asked}
    margins = []
    criteria = [key for key in catalog.criteria if key != model.cost]
    number = {key: n for n, key in enumerate(criteria)}
    weights = [model.weights[key] for key in criteria]
    bases = [catalog.criteria[key].base or Sides(onprem=0, cloud=0) for key in criteria]
    base_own, base_hosted = [each.onprem for each in bases], [each.cloud for each in bases]
    terms = [
        (number[term.criterion], term, *term.points(values.get(term.question)))
        for term in model.terms
    ]
    open_terms = {n for n, (_, term, _, _) in enumerate(terms) if term.question in picks}
    priced_by = set(model.pricing.questions)
    hanging = [key for key in asked if catalog.questions[key].when]
    drawn: dict[str, Value] = dict(values)
    lowest_weight, lowest_point = 1 - WEIGHT_BAND, 1 - POINTS_BAND

    for _ in range(count):
        factors = [w * (lowest_weight + 2 * WEIGHT_BAND * random()) for w in weights]
        cost_weight = model.weights[model.cost] * (lowest_weight + 2 * WEIGHT_BAND * random())
        prices = draw(catalog.costs, random)
        for key, choice in choices.items():
            pick = choice[int(random() * len(choice))]
            if key in picks:
                drawn[key] = pick
                picks[key].append(pick)
        idle = {k for k in hanging if applies(k, catalog.questions, drawn) is False}
        own, hosted = base_own.copy(), base_hosted.copy()
        for n, (place, term, a, b) in enumerate(terms):
            if n in open_terms:
                a, b = term.points(drawn[term.question])
            own[place] += a * (lowest_point + 2 * POINTS_BAND * random())
            hosted[place] += b * (lowest_point + 2 * POINTS_BAND * random())
        whole = sum(factors) + cost_weight
        margin = 0.0
        for factor, a, b in zip(factors, own, hosted, strict=True):
            margin += factor * (min(100.0, max(0.0, b)) - min(100.0, max(0.0, a)))
        counted = {k: drawn[k] for k in priced_by if k in drawn and k not in idle}
        a, b = model.cost_values(model.pricing.priced(counted, prices))
        margins.append((margin + cost_weight * (b - a)) / whole)
    return Draws(margins, picks)


def _ahead(margins: list[float]) -> float:
    return sum(each > 0 for each in margins) / len(margins)
