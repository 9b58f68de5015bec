"""The additive value of both sides, and what each answer adds to the margin.

For a criterion c and a side a: v_c(a) = base + points of the answers, 0 to 100. The margin is
the sum of weight_c/100 * (v_c(cloud) - v_c(onprem)), so -100 to +100, positive where the cloud
is ahead. An unanswered question counts with the mean over its options; with all of them
unanswered the margin is the tilt of the tables. Costs are not additive in the answers: what they
add is shared out among them by Shapley values, which sum to it exactly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import factorial

from assess.catalog.model import Catalog, Criterion, Points, Value
from assess.fit.pricing import Pricing, Sides

PRICES = "prices"
"""Stands for a question in the contributions: what the costs say before any answer."""


@dataclass(frozen=True, slots=True)
class Term:
    """What one question adds to one criterion: points by option, on-premises and cloud."""

    criterion: str
    question: str
    onprem: Mapping[str, float]
    cloud: Mapping[str, float]

    @property
    def mean(self) -> tuple[float, float]:
        count = len(self.onprem)
        return sum(self.onprem.values()) / count, sum(self.cloud.values()) / count

    def points(self, value: Value | None) -> tuple[float, float]:
        if value is None:
            return self.mean
        return self.onprem[str(value)], self.cloud[str(value)]


def cost_points(criterion: Criterion, yen: float) -> float:
    """0 at the worst price or above, 100 at the best or below."""
    assert criterion.worst_yen is not None and criterion.best_yen is not None
    value = (criterion.worst_yen - yen) / (criterion.worst_yen - criterion.best_yen) * 100
    return min(100.0, max(0.0, value))


class Model:
    """The catalogue made ready for sums; `own` weights, on any scale, instead of ours."""

    def __init__(self, catalog: Catalog, own: Mapping[str, float] | None = None) -> None:
        self.catalog = catalog
        raw = {key: each.weight for key, each in catalog.criteria.items()}
        raw |= own or {}
        whole = sum(raw.values())
        self.weights = {key: weight * 100 / whole for key, weight in raw.items()}
        self.pricing = Pricing(catalog)
        self.terms = [
            _term(catalog, key, question, points)
            for key, criterion in catalog.criteria.items()
            for question, points in criterion.answers.items()
        ]
        (self.cost,) = (key for key, each in catalog.criteria.items() if each.worst_yen is not None)

    @cached_property
    def questions(self) -> set[str]:
        """Those whose answers the margin depends on."""
        return {term.question for term in self.terms} | set(self.pricing.questions)

    def cost_values(self, money: Sides) -> tuple[float, float]:
        """The criterion of cost, 0 to 100, for on-premises and the cloud."""
        criterion = self.catalog.criteria[self.cost]
        own, hosted = (cost_points(criterion, each.per_mailbox_month) for each in money)
        return own, hosted

    def values(
        self, values: Mapping[str, Value], money: Sides | None = None
    ) -> dict[str, tuple[float, float]]:
        """Criterion -> value of on-premises and of the cloud, 0 to 100."""
        found = {
            key: [each.base.onprem, each.base.cloud] if each.base else [0.0, 0.0]
            for key, each in self.catalog.criteria.items()
        }
        for term in self.terms:
            for side, points in enumerate(term.points(values.get(term.question))):
                found[term.criterion][side] += points
        found[self.cost] = list(self.cost_values(money or self.pricing.money(values)))
        return {key: (own, hosted) for key, (own, hosted) in found.items()}

    def margin(self, values: Mapping[str, Value], money: Sides | None = None) -> float:
        sides = self.values(values, money)
        return sum(self.weights[key] / 100 * (b - a) for key, (a, b) in sides.items())

    @cached_property
    def tilt(self) -> float:
        """The margin with every question in the middle and both sides at the same price."""
        return sum(
            self.weights[key] / 100 * (b - a)
            for key, (a, b) in self.values({}).items()
            if key != self.cost
        )

    def contributions(self, values: Mapping[str, Value]) -> dict[str, dict[str, float]]:
        """Question (or PRICES) -> criterion -> points; with the tilt they sum to the margin."""
        found: dict[str, dict[str, float]] = defaultdict(dict)
        for term in self.terms:
            if (value := values.get(term.question)) is None:
                continue
            (a, b), (middle_a, middle_b) = term.points(value), term.mean
            points = self.weights[term.criterion] / 100 * ((b - a) - (middle_b - middle_a))
            found[term.question][term.criterion] = points
        for question, points in self._shares(values):
            found[question][self.cost] = points
        return dict(found)

    def _shares(self, values: Mapping[str, Value]) -> Iterator[tuple[str, float]]:
        """Shapley values of the cost criterion (Shapley, 1953): exact, since so few take part."""
        players = [
            each
            for each in self.pricing.questions
            if values.get(each) not in (None, self.catalog.questions[each].reference)
        ]
        count = len(players)

        def worth(coalition: int) -> float:
            answered = {each: values[each] for n, each in enumerate(players) if coalition >> n & 1}
            a, b = self.cost_values(self.pricing.money(answered))
            return self.weights[self.cost] / 100 * (b - a)

        worths = [worth(coalition) for coalition in range(1 << count)]
        yield PRICES, worths[0]
        orders = [factorial(n) * factorial(count - n - 1) / factorial(count) for n in range(count)]
        for place, player in enumerate(players):
            bit = 1 << place
            yield (
                player,
                sum(
                    orders[without.bit_count()] * (worths[without | bit] - worths[without])
                    for without in range(1 << count)
                    if not without & bit
                ),
            )


def _term(catalog: Catalog, criterion: str, question: str, points: Points) -> Term:
    ids = catalog.questions[question].ids
    own, hosted = (
        {each: side.get(each, 0.0) for each in ids} for side in (points.onprem, points.cloud)
    )
    return Term(criterion, question, own, hosted)
