"""One line of progress, as wide as the terminal: what matters least goes first."""

from __future__ import annotations

from collections.abc import Sequence

from console.tables import width

_BAR = 6
"""Columns that the bar has at least."""
_NAME = 14
_LEAST = (3, 2, 1, 4)
"""Places of the facts, what can be missed most easily first."""


def fitted(text: str, columns: int) -> str:
    """`text` in exactly `columns` of a terminal, its end cut off if need be."""
    size = width(text)
    if size > columns:
        short, size = "", 1
        for each in text:
            size += width(each)
            if size > columns:
                break
            short += each
        text = short + "…"
        size = width(text)
    return text + " " * (columns - size)


def bar_line(name: str, done: int, total: int, facts: Sequence[str], columns: int) -> str:
    """`name  45%|████▌     | fact  fact`: (count, speed, bytes, units, time left), each maybe
    empty; where there is no room for all, the count stays."""
    from tqdm.std import Bar  # type: ignore[attr-defined]  # unknown to its stubs

    said, names = list(facts), min(max(_NAME, columns // 4), 40)
    while (room := columns - names - width(f" 100%|| {_joined(said)}")) < _BAR:
        least = next((each for each in _LEAST if said[each]), None)
        if least is None:
            break
        said[least] = ""
    part = min(done / total, 1.0) if total else 1.0
    bar = format(Bar(part), str(max(room, 1)))
    return f"{fitted(name, names)} {int(100 * part):3}%|{bar}| {_joined(said)}"


def _joined(said: Sequence[str]) -> str:
    return "  ".join(filter(None, said))
