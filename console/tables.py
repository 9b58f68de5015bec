"""Tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import east_asian_width


def width(text: str) -> int:
    """Columns that `text` takes: East Asian wide characters take two."""
    return sum(2 if east_asian_width(each) in "WF" else 1 for each in text)


def as_table(rows: Sequence[Sequence[object]]) -> list[str]:
    """Rows of equal length as lines, their columns padded by display width."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(*cells, strict=True)]

    def pad(text: str, size: int) -> str:
        return text + " " * (size - width(text))

    return [
        "  ".join(pad(cell, size) for cell, size in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
