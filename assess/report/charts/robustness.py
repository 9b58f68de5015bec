"""The margin over all draws: how far the result holds if weights, prices and judgements differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from assess.catalog.model import Option
from assess.report.charts import svg
from assess.words import points

_TOP, _HEIGHT = 64, 150


@dataclass(frozen=True)
class Bin:
    low: float  # points of the margin
    high: float
    draws: int


def bins(histogram: Sequence[int], most: int = 16) -> list[Bin]:
    """The bins from the first to the last that isn't empty, joined until there are few enough.

    Zero stays an edge: every width divides 100.
    """
    width = 200 / len(histogram)
    for join in (1, 2, 5, 10):
        joined = [
            Bin(-100 + start * width, -100 + (start + join) * width, sum(histogram[start:][:join]))
            for start in range(0, len(histogram), join)
        ]
        used = [place for place, each in enumerate(joined) if each.draws]
        found = joined[used[0] : used[-1] + 1] if used else []
        if len(found) <= most:
            break
    return found


def robustness(
    found: Sequence[Bin], quantiles: Sequence[float], caption: svg.Caption, sides: tuple[str, str]
) -> Markup:
    """`quantiles`: P5, P50 and P95 of the margin."""
    low = min(-10.0, *(each.low for each in found), 0) if found else -10.0
    high = max(10.0, *(each.high for each in found), 0) if found else 10.0
    at = svg.scale(low, high, 28, svg.WIDTH - 28)
    bottom, most = _TOP + _HEIGHT, max((each.draws for each in found), default=1)
    parts = svg.axis(at, svg.ticks(low, high, 8), lambda x: points(x, 0), _TOP, bottom)
    for each in found:
        tall = each.draws / most * _HEIGHT
        side: Option = "cloud" if each.low >= 0 else "onprem"
        left = at(each.low) + 1
        if each.draws:
            right = at(each.high) - 1
            parts.append(svg.bar(caption, side, left, bottom - tall, right - left, tall))
    zero = at(0)
    parts += [
        svg.line(zero, 18, zero, bottom + 4, stroke=svg.INK, stroke_width=1.5),
        svg.label(f"← {sides[0]}", zero - 10, 14, text_anchor="end", font_weight=600),
        svg.label(f"{sides[1]} →", zero + 10, 14, font_weight=600),
    ]
    left, middle, right = (at(each) for each in quantiles)
    y = bottom + 34
    parts += [svg.line(left, y, right, y, stroke=svg.INK, stroke_width=2)]
    for name, x in (("P5", left), ("P50", middle), ("P95", right)):
        parts.append(svg.line(x, y - 5, x, y + 5, stroke=svg.INK, stroke_width=2))
        parts.append(svg.label(name, x, y + 19, text_anchor="middle", font_size=12))
    return svg.drawing(caption, y + 26, parts)
