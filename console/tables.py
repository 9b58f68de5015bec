"""Tables for a terminal."""

from __future__ import annotations

from collections.abc import Container, Sequence
from unicodedata import east_asian_width


def width(text: str) -> int:
    """Columns that `text` takes: East Asian wide characters take two."""
    return sum(2 if east_asian_width(each) in "WF" else 1 for each in text)


def cut(text: str, columns: int) -> str:
    """`text` in at most so many columns, its end shown as `…` where it has more."""
    if width(text) <= columns:
        return text
    while width(text) >= columns:
        text = text[:-1]
    return text + "…"


def as_table(rows: Sequence[Sequence[object]], right: Container[int] = ()) -> list[str]:
    """Rows of equal length as lines, their columns padded by display width: on the left those that
    are to stand `right`."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(*cells, strict=True)]

    def pad(text: str, column: int) -> str:
        blank = " " * (widths[column] - width(text))
        return blank + text if column in right else text + blank

    return ["  ".join(pad(cell, at) for at, cell in enumerate(row)).rstrip() for row in cells]
