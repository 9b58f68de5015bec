"""One price for every row of the costs: the middle one, or one drawn at random.

The rows are triangular distributions, for which experts can name the ends and the likeliest value
where nobody has data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import sqrt

from assess.catalog.model import Cost


def medians(costs: Mapping[str, Cost]) -> dict[str, float]:
    """Row → its exact median, in the row's unit."""
    return draw(costs, lambda: 0.5)


def draw(costs: Mapping[str, Cost], random: Callable[[], float]) -> dict[str, float]:
    """Row → a price, in the row's unit; one `random()` (0 to 1) each, in the order of the file.

    Constant rows take theirs too, so that narrowing a row leaves the prices of the others alone.
    """
    return {row: _inverse(each.low, each.mode, each.high, random()) for row, each in costs.items()}


def _inverse(low: float, mode: float, high: float, u: float) -> float:
    """The inverse of the triangular distribution's cumulative function."""
    if u * (high - low) < mode - low:
        return low + sqrt(u * (high - low) * (mode - low))
    return high - sqrt((1 - u) * (high - low) * (high - mode))
