"""What is read from a server: how fast, and how much of it in a day."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

_LEAST_WAIT = 0.02
"""Seconds; shorter ones are put together."""


class Day(Protocol):
    """The bytes of one account."""

    def check(self) -> None:
        """DayUsedUp when no more may be asked for today."""

    def add(self, size: int) -> None:
        """So many bytes have come."""

    def keep(self) -> None:
        """A connection has ended: so that what has come is not forgotten."""


class BytePace:
    """So many bytes a second over all connections that share it. Thread-safe."""

    def __init__(self, per_second: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._clock = per_second, clock
        self._free = clock()
        """When all that has come will be paid for."""
        self._lock = threading.Lock()

    def took(self, size: int) -> float:
        """The seconds to wait after `size` bytes have come."""
        with self._lock:
            now = self._clock()
            self._free = max(self._free, now) + size / self._rate
            wait = self._free - now
            return wait if wait >= _LEAST_WAIT else 0.0


@dataclass(frozen=True, slots=True)
class Meter:
    """What the connections of one account have to heed."""

    pace: BytePace | None = None
    day: Day | None = field(default=None, compare=False)

    def check(self) -> None:
        if self.day:
            self.day.check()

    def ended(self, size: int) -> None:
        """A connection has; `size` bytes of it are not counted yet."""
        if self.day:
            self.day.add(size)
            self.day.keep()

    def took(self, size: int) -> float:
        """Count `size` bytes; the seconds to wait now."""
        if self.day:
            self.day.add(size)
        return self.pace.took(size) if self.pace else 0.0
