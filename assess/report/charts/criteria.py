"""Both sides of every criterion, from its worst (0) to its best (100)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from assess.catalog.model import Option
from assess.report.charts import svg

_ROW, _NAMES, _RIGHT = 46, 216, 34


@dataclass(frozen=True)
class Pair:
    name: str
    detail: str
    onprem: float
    cloud: float


def criteria(pairs: Sequence[Pair], caption: svg.Caption, sides: tuple[str, str]) -> Markup:
    at = svg.scale(0, 100, _NAMES, svg.WIDTH - _RIGHT)
    top, bottom = 30, 30 + _ROW * len(pairs)
    parts = _legend(caption, sides, _NAMES)
    parts += svg.axis(at, (0, 25, 50, 75, 100), "{:.0f}".format, top - 6, bottom)
    for row, pair in enumerate(pairs):
        y = top + row * _ROW
        parts.append(svg.label(svg.cut(pair.name, _NAMES - 14), 0, y + 14, font_weight=600))
        parts.append(svg.label(pair.detail, 0, y + 30, fill=svg.SOFT, font_size=12))
        values: tuple[tuple[Option, float], ...] = (("onprem", pair.onprem), ("cloud", pair.cloud))
        for number, (side, value) in enumerate(values):
            lower = y + 2 + 18 * number
            parts.append(svg.bar(caption, side, _NAMES, lower, at(value) - _NAMES, 13))
            parts.append(svg.label(f"{value:.0f}", at(value) + 6, lower + 11, font_size=12))
    return svg.drawing(caption, bottom + 24, parts)


def _legend(caption: svg.Caption, sides: tuple[str, str], x: float) -> list[Markup]:
    """On-premises, then the cloud."""
    second = x + svg.width(sides[0]) + 48
    return [
        svg.bar(caption, "onprem", x, 2, 18, 12),
        svg.label(sides[0], x + 26, 13),
        svg.bar(caption, "cloud", second, 2, 18, 12),
        svg.label(sides[1], second + 26, 13),
    ]
