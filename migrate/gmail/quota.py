"""Keeping inside Gmail's quota: who may send a request, and when.

What a user may do is decided by `governor.py` and `pace.py`, what is left of the project's quota by
`project.py`; here threads wait for it. What Gmail answers always wins over what is configured.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from migrate.clock import elapsed
from migrate.days import PACIFIC, day
from migrate.errors import Postponed
from migrate.gmail.errors import Conflict, LabelRefused, MessageRefused, NotFound, Throttled
from migrate.gmail.governor import Governor
from migrate.gmail.pace import MINUTE
from migrate.gmail.project import Project
from migrate.gmail.units import UNITS

_ANSWERED = (Conflict, LabelRefused, MessageRefused, NotFound)
"""Refused for another reason than quota, and paid for."""
_NAP = 60.0
"""A wait looks at the clock so often: the machine may have slept."""


class Stopped(Exception):
    """Waiting was cut short because the run is being stopped."""


class Pacer:
    """What one user of the target may do now; shared by all threads that work for this user."""

    def __init__(
        self,
        user: Governor,
        project: Project,
        stop: threading.Event,
        *,
        check: Callable[[], None] = lambda: None,
        patience: float = math.inf,
        zone: str = PACIFIC,
        name: str = "",
        clock: Callable[[], float] = elapsed,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`check`: before every request, as late as can be; raises when it must not be sent.
        `patience`: seconds that a thread waits for a mailbox that is closed. `zone`: where the
        day's quota ends at midnight. `name`: the user's address, for what people read."""
        self.check = check
        self._user, self._project, self._stop = user, project, stop
        self._patience, self._clock, self._wall = patience, clock, wall
        self._zone, self._name = zone, name
        self._lock, self._change = user.lock, user.change
        self.units = 0
        """Units spent so far, refused requests included."""
        self.refused = 0
        """Requests that Gmail refused for quota."""
        self.told: Callable[[Throttled], None] = lambda _: None
        """Whoever wants to hear of them."""

    @contextmanager
    def turn(self, method: str) -> Iterator[None]:
        """Wait until `method` may be called, and hold one of the user's places in flight until the
        answer is there; what that says of the quota is heeded here. Stopped when the run is being
        stopped; Postponed when it is not worth the wait."""
        units = UNITS[method]
        while not self._entered(units):
            pass
        try:
            yield
            self._accepted(units)
        except Throttled as refusal:
            self._refuse(refusal)
            self.told(refusal)
            raise
        except _ANSWERED:
            self._accepted(units)
            raise
        finally:
            self._leave()

    def pause(self, seconds: float) -> None:
        """Wait before trying something again."""
        self._sleep(seconds)

    def _accepted(self, units: int) -> None:
        self._project.accepted(units)
        with self._lock:
            self._user.accepted(units, self._clock())

    def _refuse(self, refusal: Throttled) -> None:
        """Nothing more goes out for a while, and later less; the day's quota is used up for all."""
        with self._lock:
            self.refused += 1
        if refusal.daily:
            self._project.day_is_over(day(self._wall(), self._zone).ends)
            return
        now, opens = self._clock(), self._opens(refusal)
        if refusal.project:
            self._project.refused(opens, refusal.limit)
            return
        with self._lock:
            self._user.refused(
                now,
                opens=opens,
                limit=refusal.limit,
                penalty=refusal.retry_at is not None,
                concurrency=refusal.concurrency,
            )

    def _entered(self, units: int) -> bool:
        """Wait for a place and for `units`; False when a gate has closed in the meantime."""
        self._place()
        try:
            flowed = self._flowed(units)
        except BaseException:
            self._leave()
            raise
        if not flowed:
            self._leave()
        return flowed

    def _place(self) -> None:
        while True:
            self._check_stop()
            with self._lock:
                now = self._clock()
                if self._user.enter(now):
                    return
                shut = self._user.gate.left(now)
                if shut <= 0:
                    self._change.wait(0.2)
                    continue
            if shut > self._patience:
                until = self._wall() + shut
                raise Postponed("target-closed", until=until, user=self._name)
            self._sleep(shut)

    def _flowed(self, units: int) -> bool:
        if (shut := self._project.shut()) > 0:
            self._sleep(shut)
            return False
        drawn = self._project.take(units)
        with self._lock:
            self.units += units
            wait = self._user.pace.reserve(units, self._clock())
        self._sleep(max(wait, drawn))
        with self._lock:
            if self._user.gate.left(self._clock()) <= 0:
                return True
            self.units -= units
            self._user.pace.give_back(units)
        self._project.give_back(units)
        return False

    def _leave(self) -> None:
        with self._lock:
            self._user.leave()
            self._change.notify()

    def _opens(self, refusal: Throttled) -> float | None:
        """When Gmail will take requests again, by our clock, if it says so."""
        if refusal.retry_at is not None:
            return self._clock() + refusal.retry_at.timestamp() - self._wall()
        if refusal.window is not None:
            left = refusal.window.timestamp() + MINUTE - self._wall()
            # Clocks differ: what it says is taken only where it can be.
            return self._clock() + left if 0 < left <= MINUTE else None
        return None

    def _sleep(self, seconds: float) -> None:
        self._check_stop()
        if seconds <= 0:
            return
        until = self._clock() + seconds
        while (left := until - self._clock()) > 0:
            if self._stop.wait(min(left, _NAP)):
                raise Stopped

    def _check_stop(self) -> None:
        if self._stop.is_set():
            raise Stopped
