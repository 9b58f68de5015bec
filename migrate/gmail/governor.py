"""What one user may do now, as state without threads: the gate, the places in flight, the pace.

Times are given, in seconds of any clock that is not set.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

from migrate.gmail.pace import Pace

LONGEST_BACKOFF = 64.0
Jitter = Callable[[float, float], float]


class Gate:
    """Closed after a refusal: until the time that Gmail names, or for pauses that double, as the
    error guide wants it, with jitter, so that not all come back at once."""

    def __init__(self, jitter: Jitter = random.uniform) -> None:
        self._jitter = jitter
        self._closed_until = 0.0
        self.refusals = 0
        """One after the other, without a request that went through in between."""

    def left(self, now: float) -> float:
        """Seconds until it opens; 0 or less when it is open."""
        return self._closed_until - now

    def refused(self, now: float, opens: float | None = None) -> bool:
        """Close it, until `opens` at least. False for a refusal that came while it was closed, as
        to requests that were under way together: it tells nothing new."""
        fresh = self.left(now) <= 0
        if fresh:
            self.refusals += 1
            backoff = min(LONGEST_BACKOFF, 2.0 ** (self.refusals - 1))
            self._closed_until = now + backoff * self._jitter(1.0, 1.5)
        if opens is not None:
            self._closed_until = max(self._closed_until, opens)
        return fresh

    def accepted(self, now: float) -> bool:
        """A request went through; False for one that had been under way when the gate closed."""
        if self.left(now) > 0:
            return False
        self.refusals = 0
        return True


class Governor:
    """Of one user: how many requests may be in flight is found by AIMD; after a refusal one request
    asks whether there is quota again."""

    def __init__(
        self, pace: Pace, *, start: int = 4, most: int = 12, jitter: Jitter = random.uniform
    ) -> None:
        self.pace, self.gate = pace, Gate(jitter)
        self.lock = threading.Lock()
        """Held for every call by threads that share it."""
        self.change = threading.Condition(self.lock)
        """For those that wait for a place."""
        self._width, self._most = float(start), most
        self._inflight = 0

    @property
    def places(self) -> int:
        """How many requests may be in flight."""
        return 1 if self.gate.refusals else int(self._width)

    def enter(self, now: float) -> bool:
        """Take a place; False while the gate is closed or no place is free."""
        if self.gate.left(now) > 0 or self._inflight >= self.places:
            return False
        self._inflight += 1
        return True

    def leave(self) -> None:
        """Give the place back."""
        self._inflight -= 1

    def accepted(self, units: int, now: float) -> None:
        """A request went through."""
        if self.gate.accepted(now):
            self.pace.accepted(units, now)
            self._width = min(float(self._most), self._width + 0.25 / self._width)

    def refused(
        self,
        now: float,
        *,
        opens: float | None = None,
        limit: int | None = None,
        penalty: bool = False,
        concurrency: bool = False,
    ) -> None:
        """A request was refused. `opens`: when Gmail will take requests again, if it says so;
        `limit`: the units a minute that it names; `penalty`: the mailbox itself is closed;
        `concurrency`: only too many requests at a time."""
        if not self.gate.refused(now, opens):
            return
        self._width = max(1.0, self._width / 2)
        if not concurrency:
            self.pace.refused(now, limit=limit, penalty=penalty)
