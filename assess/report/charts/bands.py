"""Ranges of money: from P5 to P95, with a mark where every price is at its median."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from assess.catalog.model import Option
from assess.report.charts import svg
from assess.result import Band

_ROW, _NAMES, _RIGHT = 34, 226, 74


@dataclass(frozen=True)
class Range:
    name: str
    side: Option
    band: Band
    strong: bool = False


def bands(ranges: Sequence[Range], caption: svg.Caption, show: Callable[[float], str]) -> Markup:
    """`show` words an amount of yen."""
    low = min(0.0, *(each.band.low for each in ranges))
    high = max(1.0, *(each.band.high for each in ranges))
    at = svg.scale(low, high, _NAMES, svg.WIDTH - _RIGHT)
    bottom = 8 + _ROW * len(ranges)
    parts = svg.axis(at, svg.ticks(low, high, 4), show, 2, bottom)
    for row, each in enumerate(ranges):
        y, band = 8 + row * _ROW, each.band
        weight = 600 if each.strong else None
        lines = svg.wrap(each.name, _NAMES - 16, 12)[:2]
        for number, text in enumerate(lines):
            dy = 17 if len(lines) == 1 else 11 + 14 * number
            parts.append(svg.label(text, 0, y + dy, font_weight=weight, font_size=12))
        left, middle, right = at(band.low), at(band.mid), at(band.high)
        parts.append(svg.bar(caption, each.side, left, y + 6, right - left, 14))
        # White under black: the mark shows on both fills.
        parts.append(svg.line(middle, y + 2, middle, y + 24, stroke=svg.PAPER, stroke_width=5))
        parts.append(svg.line(middle, y + 2, middle, y + 24, stroke=svg.INK, stroke_width=2.5))
        parts.append(svg.label(show(band.mid), right + 7, y + 17, font_size=12, font_weight=weight))
    return svg.drawing(caption, bottom + 24, parts)
