"""Which prices move the difference in cost, the largest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from assess.report.charts import svg

_ROW, _TOP, _SIDE = 42, 34, 78


@dataclass(frozen=True)
class Swing:
    name: str
    detail: str
    low: float  # cloud minus on-premises, at the low end of the row
    high: float


def tornado(
    swings: Sequence[Swing],
    now: float,
    caption: svg.Caption,
    cheaper: tuple[str, str],
    show: Callable[[float], str],
) -> Markup:
    """`cheaper`: what stands left of zero (cloud costs less) and right of it."""
    ends = [end for each in swings for end in (each.low, each.high)]
    low, high = min(0.0, now, *ends), max(0.0, now, *ends)
    at = svg.scale(low, high if high > low else low + 1, _SIDE, svg.WIDTH - _SIDE)
    height = _TOP + _ROW * len(swings) + 24
    zero, middle = at(0), at(now)
    parts = [
        svg.label(f"← {cheaper[0]}", 0, 14, font_weight=600),
        svg.label(f"{cheaper[1]} →", svg.WIDTH, 14, text_anchor="end", font_weight=600),
    ]
    for row, each in enumerate(swings):
        y = _TOP + row * _ROW
        parts += svg.entry(each.name, each.detail, y)
        left, right = sorted((at(each.low), at(each.high)))
        # In every row of its own, so that no line crosses a name.
        parts.append(svg.line(zero, y + 13, zero, y + 30, stroke=svg.INK, stroke_width=1.5))
        # Grey, light for the low end of the row and dark for its high end: no side is meant here.
        for end, fill in ((at(each.low), "#c3cad3"), (at(each.high), "#66707d")):
            start, stop = sorted((end, middle))
            parts.append(
                svg.element("rect", x=start, y=y + 14, width=stop - start, height=12, fill=fill)
            )
        parts.append(
            svg.line(middle, y + 12, middle, y + 30, stroke=svg.INK, stroke_dasharray="3 2")
        )
        parts += _number(show(min(each.low, each.high)), left - 6, y, "end")
        parts += _number(show(max(each.low, each.high)), right + 6, y, "start")
    bottom = height - 24
    parts += [
        svg.label(show(0), zero, bottom + 16, text_anchor="middle", font_size=12, fill=svg.SOFT),
    ]
    return svg.drawing(caption, height, parts)


def _number(text: str, x: float, y: float, anchor: str) -> list[Markup]:
    """On paper, so that it stays legible on a line."""
    wide = svg.width(text, 12)
    left = x - wide if anchor == "end" else x
    return [
        svg.element("rect", x=left, y=y + 14, width=wide, height=13, fill=svg.PAPER),
        svg.label(text, x, y + 25, text_anchor=anchor, font_size=12),
    ]
