"""Units a second over time, as an SVG without a library: one panel below the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

LEFT, WIDTH, HEIGHT, GAP, TOP = 60, 720, 110, 62, 30
BINS = 144
STEPS = (10, 25, 50, 100, 250, 500)


@dataclass(frozen=True, slots=True)
class Panel:
    title: str
    limit: float
    """Units a second."""
    since: float
    """From when on `share` is counted."""
    moments: Sequence[tuple[float, int, int]]
    """(seconds, units that went through then, requests refused then)."""
    share: float
    """Of the limit that was used."""
    requests: int
    refused: int


def row(panel: Panel) -> str:
    """Of a Markdown table: limit, seconds, units a second, share of the limit, refusals."""
    seconds = panel.moments[-1][0]
    return (
        f"| {panel.title} | {panel.limit:.0f} | {seconds:.0f} | {panel.share * panel.limit:.1f} | "
        f"{panel.share:.1%} | {panel.requests:,} | {panel.refused} | "
        f"{panel.refused / panel.requests:.2%} |"
    )


def svg(panels: Sequence[Panel]) -> str:
    tall = TOP + len(panels) * (HEIGHT + GAP)
    wide = LEFT + WIDTH + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {tall}" '
        f'font-family="sans-serif" font-size="12">',
        f'<rect width="{wide}" height="{tall}" fill="#fff"/>',
    ]
    for number, panel in enumerate(panels):
        parts += _panel(panel, TOP + number * (HEIGHT + GAP))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(panel: Panel, top: int) -> list[str]:
    """A line for what went through, in bins; a dashed one for the limit; marks for refusals."""
    seconds = panel.moments[-1][0]
    wide = max(5.0, seconds / BINS)
    bins = [0] * max(1, math.floor(seconds / wide))
    for at, units, _ in panel.moments:
        if at < len(bins) * wide:
            bins[int(at / wide)] += units
    most = max(panel.limit, *(units / wide for units in bins)) * 1.15
    bottom = top + HEIGHT

    def x(at: float) -> float:
        return LEFT + at / seconds * WIDTH

    def y(rate: float) -> float:
        return bottom - rate / most * HEIGHT

    said = f"{panel.share:.1%} of the limit, {panel.refused} of {panel.requests:,} refused"
    path = " ".join(
        f"{x(number * wide):.1f},{y(units / wide):.1f} {x((number + 1) * wide):.1f},"
        f"{y(units / wide):.1f}"
        for number, units in enumerate(bins)
    )
    parts = [
        f'<text x="{LEFT}" y="{top - 8}" font-weight="bold">{escape(panel.title)}</text>',
        f'<text x="{LEFT + WIDTH}" y="{top - 8}" text-anchor="end" fill="#444">{said}</text>',
        f'<rect x="{LEFT}" y="{top}" width="{WIDTH}" height="{HEIGHT}" fill="#f6f8fa"/>',
        f'<polyline points="{path}" fill="none" stroke="#0b5cad" stroke-width="1.5"/>',
        f'<line x1="{LEFT}" x2="{LEFT + WIDTH}" y1="{y(panel.limit):.1f}" '
        f'y2="{y(panel.limit):.1f}" stroke="#b02a37" stroke-dasharray="6 4"/>',
        f'<text x="{LEFT - 6}" y="{y(panel.limit) + 4:.1f}" text-anchor="end" fill="#b02a37">'
        f"{panel.limit:.0f}/s</text>",
        f'<text x="{LEFT - 6}" y="{bottom}" text-anchor="end">0</text>',
    ]
    if panel.since:
        parts.append(
            f'<line x1="{x(panel.since):.1f}" x2="{x(panel.since):.1f}" y1="{top}" y2="{bottom}" '
            'stroke="#888" stroke-dasharray="2 3"/>'
        )
    for at, _, refused in panel.moments:
        if refused:
            parts.append(
                f'<line x1="{x(at):.1f}" x2="{x(at):.1f}" y1="{bottom - 14}" y2="{bottom}" '
                'stroke="#b02a37" stroke-width="2"/>'
            )
    step = next((each for each in STEPS if seconds / each <= 8), STEPS[-1])
    for at in range(0, int(seconds) + 1, step):
        parts.append(f'<text x="{x(at):.1f}" y="{bottom + 16}" text-anchor="middle">{at} s</text>')
    return parts
