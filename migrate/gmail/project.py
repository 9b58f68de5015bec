"""The quota of the Google Cloud project, which all its users share: the minute's, and the day's."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from migrate.clock import elapsed
from migrate.errors import DayOver
from migrate.gmail.governor import Gate
from migrate.gmail.pace import Pace
from migrate.gmail.share import Draw, Share

_ASKED = 5.0
"""Seconds in which one request is to find out whether there is quota again."""
_USED = 0.95
"""Of the limit. What several processes have drawn may be used a second later than it flowed."""


class Project:
    """Thread-safe."""

    def __init__(
        self,
        per_minute: int,
        clock: Callable[[], float] = elapsed,
        wall: Callable[[], float] = time.time,
        draw: Draw | None = None,
        *,
        budget: bool = False,
    ) -> None:
        """`per_minute`: units; 0 for no limit. `draw`: from what all processes share; None: there
        is only this one. `budget`: there is one for the day, which `draw` knows."""
        self._clock, self._wall, self._lock = clock, wall, threading.Lock()
        used = _USED if draw else None
        self._gate, self._pace = Gate(), Pace(per_minute, clock(), share=used, alone=draw is None)
        self._share = Share(draw, clock) if draw else None
        self._budget = budget
        self._asked_until, self._over_until = 0.0, 0.0

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
        """Take `units` and return the seconds to wait before using them. DayOver when the day's
        are used up."""
        with self._lock:
            if self._wall() < self._over_until:
                raise DayOver("day-quota", until=self._over_until)
            if self._share is None:
                return self._pace.reserve(units, self._clock())
            return self._share.take(units, self._pace.rate) if self._limited else 0.0

    def give_back(self, units: int) -> None:
        """`units` were not used after all."""
        with self._lock:
            if self._share is None:
                self._pace.give_back(units)
            elif self._limited:
                self._share.give_back(units)

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

    def day_is_over(self, until: float) -> None:
        """Gmail says that the day's quota is used up; the next one begins then (since 1970)."""
        with self._lock:
            self._over_until = until

    def close(self) -> None:
        """Give back what was drawn and not used."""
        with self._lock:
            if self._share:
                self._share.close()

    @property
    def _limited(self) -> bool:
        return self._budget or not math.isinf(self._pace.rate)
