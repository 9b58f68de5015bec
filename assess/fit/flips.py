"""What would turn the result round: single answers, pairs of them, weights and prices.

Here the result is the leaning: the feasible side that is ahead, with every price at its median.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

from assess.catalog.model import Value
from assess.conditions import counting
from assess.fit.draws import options
from assess.fit.value import Model
from assess.fit.verdict import leaning
from assess.result import Flip, Side, Threshold

Held = tuple[str, int]
"""A veto, and which of its rules holds."""

_STEPS = 50  # bisection: beyond the precision of any price
_REACH = 3.0  # prices up to so many times the high end are tried


def stands(model: Model, values: Mapping[str, Value]) -> tuple[Side | None, float, set[Held]]:
    """(leaning, margin, rules of vetoes that hold) of these answers, as far as they count."""
    values = counting(model.catalog.questions, values)
    margin = model.margin(values)
    exclusions = model.pricing.exclusions(values)
    held = {(each.veto, each.rule) for each in exclusions if each.state == "holds"}
    return leaning(margin, model.pricing.vetoes.out(exclusions)), margin, held


def answer_flips(model: Model, values: Mapping[str, Value]) -> list[Flip]:
    """Single other answers, the nearest of each question; pairs if there is none.

    Not those to questions about facts: a bank doesn't become a school. `values` may hold answers
    that don't count now; another answer may make them count.
    """
    counted = counting(model.catalog.questions, values)
    now, _, held = stands(model, values)
    deciding = model.questions | model.pricing.vetoes.questions
    others = {
        key: list(_nearest_first(options(question), values[key]))
        for key, question in model.catalog.questions.items()
        if key in counted and not question.fixed and key in deciding
    }
    for size in (1, 2):
        found = [
            flip
            for keys in combinations(others, size)
            if (flip := _flip(model, values, {key: others[key] for key in keys}, now, held))
        ]
        if found:
            return found
    return []


def _flip(
    model: Model,
    values: Mapping[str, Value],
    others: Mapping[str, list[Value]],
    now: Side | None,
    held: set[Held],
) -> Flip | None:
    for changed in _together(others):
        side, margin, vetoes = stands(model, {**values, **changed})
        if side != now:
            return Flip(
                answers=changed,
                margin=margin,
                leaning=side,
                vetoes=sorted({veto for veto, _ in vetoes - held}),
            )
    return None


def _together(others: Mapping[str, list[Value]]) -> Iterator[dict[str, Value]]:
    (key, choices), *rest = others.items()
    for choice in choices:
        if not rest:
            yield {key: choice}
        for more in _together(dict(rest)) if rest else ():
            yield {key: choice, **more}


def _nearest_first(choices: tuple[Value, ...], now: Value) -> list[Value]:
    """The other options, those beside the present one first; numbers by their distance."""
    if now in choices:
        place = choices.index(now)
        order = sorted(range(len(choices)), key=lambda n: (abs(n - place), n))
        return [choices[n] for n in order if n != place]
    if isinstance(now, str):
        return list(choices)
    return sorted(choices, key=lambda each: abs(float(each) - float(now)))


def thresholds(model: Model, values: Mapping[str, Value]) -> list[Threshold]:
    """Weights and prices at which the margin is zero, the nearest first of each kind.

    None where a veto has decided: there no weight or price would change a thing.
    """
    out = model.pricing.vetoes.out(model.pricing.exclusions(values))
    if out.onprem or out.cloud:
        return []
    kinds = weight_thresholds(model, values), price_thresholds(model, values)
    return [each for kind in kinds for each in sorted(kind, key=_distance)]


def _distance(each: Threshold) -> float:
    """How many times more or less it would have to be."""
    return max(each.at, each.now) / max(min(each.at, each.now), 1e-9)


def weight_thresholds(model: Model, values: Mapping[str, Value]) -> list[Threshold]:
    """The weight of each criterion at which the margin is zero, the others in proportion."""
    differences = {key: b - a for key, (a, b) in model.values(values).items()}
    found = []
    for key, weight in model.weights.items():
        rest = sum(w * differences[k] for k, w in model.weights.items() if k != key)
        if weight >= 100:
            continue
        others = rest / (100 - weight)
        if others == differences[key]:
            continue
        at = 100 * others / (others - differences[key])
        if 0 <= at <= 100:
            found.append(Threshold(id=key, now=weight, at=at, kind="weight"))
    return found


def price_thresholds(model: Model, values: Mapping[str, Value]) -> list[Threshold]:
    """The price of each row of the costs at which the margin is zero, all others unchanged."""
    found = []
    for row, cost in model.catalog.costs.items():
        ends = (0.0, cost.high * _REACH)
        low, high = (_margin_at(model, values, row, each) for each in ends)
        if (low > 0) != (high > 0):
            at = _zero(model, values, row, ends, rising=high > low)
            found.append(Threshold(id=row, now=model.pricing.prices[row], at=at, kind="price"))
    return found


def _margin_at(model: Model, values: Mapping[str, Value], row: str, price: float) -> float:
    changed = {**model.pricing.prices, row: price}
    return model.margin(values, model.pricing.priced(values, changed))


def _zero(
    model: Model,
    values: Mapping[str, Value],
    row: str,
    ends: tuple[float, float],
    *,
    rising: bool,
) -> float:
    low, high = ends
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if (_margin_at(model, values, row, middle) > 0) == rising:
            high = middle
        else:
            low = middle
    return (low + high) / 2
