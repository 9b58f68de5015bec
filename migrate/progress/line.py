"""One line of progress, as wide as the terminal: what matters least goes first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.tables import width
from migrate.progress.eta import DAY, Allowed, seconds_left

if TYPE_CHECKING:
    from migrate.progress.speed import Rate
    from migrate.texts import Texts

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


def facts(texts: Texts, done: int, total: int, rate: Rate | None) -> list[str]:
    """All but the last of the facts of `bar_line`, as far as `rate` knows them."""
    messages, size, units = (rate.messages, rate.bytes, rate.units) if rate else (0.0, 0.0, 0.0)
    return [
        f"{done:,}/{total:,}",
        texts("cli.progress.speed", n=_short(messages)) if rate else "",
        texts("cli.progress.bytes", n=_short(size / 1e6)) if size else "",
        texts("cli.progress.units", n=_short(units)) if units else "",
    ]


def time_left(texts: Texts, left: Sequence[int], allowed: Allowed, rate: Rate | None) -> str:
    """For the messages that are `left` in each account; empty where nothing is to be said yet."""
    if not (rate and rate.messages and left):
        return ""
    units = rate.units / rate.messages if rate.units else None
    seconds = seconds_left(left, allowed, rate.messages, units)
    if seconds >= DAY:
        hours = round(seconds / 3600)
        return texts("cli.progress.days", days=hours // 24, hours=hours % 24)
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}:{rest:02}"
    return texts("cli.progress.hours", hours=minutes // 60, minutes=minutes % 60)


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.1f}"


def _joined(said: Sequence[str]) -> str:
    return "  ".join(filter(None, said))
