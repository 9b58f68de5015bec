"""The minute's quota of the Google Cloud project, which all its users share."""

from __future__ import annotations

import threading
from collections.abc import Callable

from migrate.clock import elapsed
from migrate.gmail.governor import Gate
from migrate.gmail.pace import Pace

_ASKED = 5.0
"""Seconds in which one request is to find out whether there is quota again."""


class Project:
    """Thread-safe."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = elapsed) -> None:
        """`per_minute`: units; 0 for no limit."""
        self._clock, self._lock = clock, threading.Lock()
        self._gate, self._pace = Gate(), Pace(per_minute, clock())
        self._asked_until = 0.0

    def shut(self) -> float:
        """Seconds until a request makes sense; 0: now."""
        with self._lock:
            now = self._clock()
            if (left := self._gate.left(now)) > 0:
                return left
            if self._gate.refusals:
                if now < self._asked_until:
                    return 0.2
                self._asked_until = now + _ASKED
            return 0.0

    def take(self, units: int) -> float:
        """Take `units` and return the seconds to wait before using them."""
        with self._lock:
            return self._pace.reserve(units, self._clock())

    def give_back(self, units: int) -> None:
        """`units` were not used after all."""
        with self._lock:
            self._pace.give_back(units)

    def accepted(self, units: int) -> None:
        """A request went through."""
        with self._lock:
            now = self._clock()
            if self._gate.accepted(now):
                self._pace.accepted(units, now)

    def refused(self, opens: float | None, limit: int | None) -> None:
        """The project's quota refused a request; see `Governor.refused`."""
        with self._lock:
            now = self._clock()
            if self._gate.refused(now, opens):
                self._pace.refused(now, limit=limit)
