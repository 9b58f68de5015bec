"""Diverging bars: what each answer adds to the margin, on-premises to the left, cloud right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from assess.report.charts import svg
from assess.words import points

_ROW, _TOP, _ROOM = 42, 34, 64
"""Height of a row, of the head, and what the numbers beside the bars take on either side."""


@dataclass(frozen=True)
class Bar:
    name: str
    detail: str
    value: float  # points of the margin


def contributions(bars: Sequence[Bar], caption: svg.Caption, sides: tuple[str, str]) -> Markup:
    """`sides`: what stands over the left and the right half."""
    largest = max((abs(each.value) for each in bars), default=0) or 1
    at = svg.scale(-largest, largest, _ROOM, svg.WIDTH - _ROOM)
    zero, height = at(0), _TOP + _ROW * len(bars) + 6
    parts = [
        svg.label(f"← {sides[0]}", zero - 14, 14, text_anchor="end", font_weight=600),
        svg.label(f"{sides[1]} →", zero + 14, 14, font_weight=600),
    ]
    for row, each in enumerate(bars):
        y = _TOP + row * _ROW
        parts += svg.entry(each.name, each.detail, y)
        end, side = at(each.value), "cloud" if each.value > 0 else "onprem"
        if side == "cloud":
            parts.append(svg.bar(caption, "cloud", zero, y + 14, end - zero, 12))
        else:
            parts.append(svg.bar(caption, "onprem", end, y + 14, zero - end, 12))
        # In every row of its own, so that it crosses no name.
        parts.append(svg.line(zero, y + 11, zero, y + 29, stroke=svg.INK, stroke_width=1.5))
        anchor, x = ("start", end + 7) if side == "cloud" else ("end", end - 7)
        parts.append(svg.label(points(each.value), x, y + 25, text_anchor=anchor))
    return svg.drawing(caption, height, parts)
