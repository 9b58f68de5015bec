"""The way of a message in each world, with who looks after each hop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from assess.catalog.model import Option
from assess.report.charts import svg

_BOX, _GAP, _TALL, _LANE = 162, 24, 88, 136


@dataclass(frozen=True)
class Hop:
    name: str
    owner: str
    side: Option | None  # whose it is: the provider's, yours, or neither's


def mail_path(lanes: Sequence[tuple[str, Sequence[Hop]]], caption: svg.Caption) -> Markup:
    """`lanes`: the name of a world and its hops from sender to reader."""
    parts: list[Markup] = []
    for number, (name, hops) in enumerate(lanes):
        top = number * _LANE
        parts.append(svg.label(name, 0, top + 14, font_weight=600))
        for place, hop in enumerate(hops):
            x, y = place * (_BOX + _GAP), top + 26
            parts += _box(hop, x, y)
            if place:
                parts.append(_arrow(x - _GAP, x, y + _TALL / 2))
    return svg.drawing(caption, _LANE * len(lanes) - 12, parts)


def _box(hop: Hop, x: float, y: float) -> list[Markup]:
    stroke = {"cloud": svg.CLOUD, "onprem": svg.ONPREM, None: "#8a939e"}[hop.side]
    dashes = {"cloud": None, "onprem": "6 3", None: "2 3"}[hop.side]
    lines = svg.wrap(hop.name, _BOX - 20)[:3]
    return [
        svg.element(
            "rect",
            x=x + 1,
            y=y,
            width=_BOX - 2,
            height=_TALL,
            rx=6,
            fill=svg.PAPER,
            stroke=stroke,
            stroke_width=2,
            stroke_dasharray=dashes,
        ),
        *(
            svg.label(text, x + 12, y + 22 + 16 * number, font_weight=600)
            for number, text in enumerate(lines)
        ),
        svg.label(
            svg.cut(hop.owner, _BOX - 20, 12),
            x + 12,
            y + 76,
            font_size=12,
            fill=stroke if hop.side else svg.SOFT,
        ),
    ]


def _arrow(left: float, right: float, y: float) -> Markup:
    return svg.element(
        "path",
        d=f"M{left + 3:g},{y:g}h{right - left - 8:g}m-5,-4l6,4l-6,4",
        stroke=svg.INK,
        stroke_width=1.5,
        fill="none",
    )
