"""How fast something goes now: the last half minute, not the whole run."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

_WINDOW = 30.0
_APART = 1.0
"""Seconds between two samples that are kept."""
_ENOUGH = 1.0
"""Seconds before anything is said."""


@dataclass(frozen=True, slots=True)
class Count:
    messages: int = 0
    bytes: int = 0
    units: int = 0


@dataclass(frozen=True, slots=True)
class Rate:
    """A second."""

    messages: float
    bytes: float
    units: float


class Speed:
    """Of counts that only grow; `clock` seconds come with each."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, Count]] = deque()

    def at(self, clock: float, count: Count) -> Rate | None:
        """The rate up to now; None while there is too little to say."""
        samples = self._samples
        if not samples or clock - samples[-1][0] >= _APART:
            samples.append((clock, count))
        while len(samples) > 2 and clock - samples[1][0] >= _WINDOW:
            samples.popleft()
        began, first = samples[0]
        if (seconds := clock - began) < _ENOUGH:
            return None
        return Rate(
            (count.messages - first.messages) / seconds,
            (count.bytes - first.bytes) / seconds,
            (count.units - first.units) / seconds,
        )
