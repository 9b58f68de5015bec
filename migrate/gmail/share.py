"""What this process may spend of the project's quota: it draws about a second's worth at a time."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple, Protocol

SECOND = 1.0
_FIRST, _MOST = 250, 20_000
"""Units; as many as an hour of one user needs in nine seconds, and Gmail's whole project in one."""


class Drawn(NamedTuple):
    units: int
    wait: float
    """Seconds before they may be used."""


class Draw(Protocol):
    def __call__(self, *, least: int, most: int, unused: int, rate: float) -> Drawn:
        """Between `least` and `most` units out of a flow of `rate` a second. DayOver when the
        day's budget does not hold so many. `unused`: what is given back of those before."""


class Share:
    """Not thread-safe."""

    def __init__(self, draw: Draw, clock: Callable[[], float]) -> None:
        self._draw, self._clock = draw, clock
        self._left, self._usable_at, self._drawn_at = 0, 0.0, -math.inf
        self._size = _FIRST

    def take(self, units: int, rate: float) -> float:
        """Take `units`; gives the seconds to wait before using them. DayOver."""
        now = self._clock()
        unused = self._left if now > self._usable_at + 2 * SECOND else 0
        self._left -= unused
        if units > self._left:
            self._more(units - self._left, unused, rate, now)
        self._left -= units
        return max(0.0, self._usable_at - now)

    def give_back(self, units: int) -> None:
        """They were not used after all."""
        self._left += units

    def close(self) -> None:
        """Nothing more is taken: what is left is another's."""
        if self._left > 0:
            unused, self._left = self._left, 0
            self._draw(least=0, most=0, unused=unused, rate=math.inf)

    def _more(self, needed: int, unused: int, rate: float, now: float) -> None:
        """As much as is used in a second."""
        since, self._drawn_at = now - self._drawn_at, now
        if since < SECOND / 2:
            self._size = min(2 * self._size, _MOST)
        elif since > 2 * SECOND:
            self._size = max(self._size // 2, _FIRST)
        most = max(needed, int(min(self._size, rate * SECOND)))
        units, wait = self._draw(least=needed, most=most, unused=unused, rate=rate)
        self._left += units
        self._usable_at = max(self._usable_at, self._clock() + wait)
