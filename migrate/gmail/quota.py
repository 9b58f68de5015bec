"""Keeping inside Gmail's quota: a token bucket per user, and a concurrency found by AIMD.

Units per method: developers.google.com/workspace/gmail/api/reference/quota (table of May 2026).
All limits are configured; what Gmail answers always wins over what the configuration says.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from migrate.gmail.errors import Throttled

UNITS = {
    "messages.import": 25,
    "messages.insert": 25,
    "messages.get": 20,
    "messages.list": 5,
    "messages.modify": 5,
    "messages.batchModify": 50,
    "messages.trash": 20,
    "messages.untrash": 5,
    "messages.delete": 10,
    "messages.batchDelete": 50,
    "drafts.create": 10,
    "drafts.get": 20,
    "drafts.list": 5,
    "labels.list": 1,
    "labels.get": 1,
    "labels.create": 5,
    "labels.delete": 5,
    "getProfile": 1,
    "history.list": 2,
}

_LONGEST_BACKOFF = 64.0


class Stopped(Exception):
    """Waiting was cut short because the run is being stopped."""


class Bucket:
    """A token bucket: `per_minute` units flow in evenly; 0 means no limit. Thread-safe."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = per_minute / 60
        # Two seconds' worth: Google counts minutes, so a burst must not ride on a full minute.
        self._capacity = max(self._rate * 2, 100.0)
        self._level, self._clock = self._capacity, clock
        self._at = clock()
        self._lock = threading.Lock()

    def reserve(self, units: int) -> float:
        """Take `units` and return the seconds to wait before using them."""
        if not self._rate:
            return 0.0
        with self._lock:
            now = self._clock()
            self._level = min(self._capacity, self._level + (now - self._at) * self._rate)
            self._at = now
            self._level -= units
            return max(0.0, -self._level / self._rate)


class Pacer:
    """What one user of the target may do now; shared by all threads that work for this user."""

    def __init__(
        self,
        user: Bucket,
        project: Bucket,
        stop: threading.Event,
        *,
        check: Callable[[], None] = lambda: None,
        start: int = 4,
        most: int = 12,
    ) -> None:
        """`check`: before every request, as late as can be; raises when it must not be sent."""
        self.check = check
        self._buckets = (user, project)
        self._stop = stop
        self._most = most
        self._width = float(start)
        self._inflight = 0
        self._gate = threading.Condition()
        self._closed_until = 0.0
        self._refusals = 0
        self.units = 0
        """Units spent so far, refused requests included."""
        self.refused = 0
        """Requests that Gmail refused for quota."""

    def spend(self, method: str) -> None:
        """Wait until `method` may be called. Stopped when the run is being stopped."""
        units = UNITS[method]
        with self._gate:
            self.units += units
        self._sleep(max(bucket.reserve(units) for bucket in self._buckets))
        while (wait := self._closed_until - time.time()) > 0:
            self._sleep(wait)

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold one of the user's places in flight, as many as AIMD thinks right."""
        with self._gate:
            while self._inflight >= int(self._width):
                self._check_stop()
                self._gate.wait(0.2)
            self._inflight += 1
        try:
            yield
        finally:
            with self._gate:
                self._inflight -= 1
                self._gate.notify()

    def accepted(self) -> None:
        """A request went through: the refusals are over, one more may be in flight by and by."""
        with self._gate:
            self._refusals = 0
            self._width = min(float(self._most), self._width + 0.25 / self._width)

    def refuse(self, refusal: Throttled) -> None:
        """A request was refused: close the gate until the time that Gmail names, or back off.

        The project's quota of the day is used up for all: the run stops, with its work pending.
        """
        if refusal.daily:
            self._stop.set()
        with self._gate:
            self.refused += 1
            self._refusals += 1
            self._width = max(1.0, self._width / 2)
            backoff = min(_LONGEST_BACKOFF, 2.0 ** (self._refusals - 1))
            until = time.time() + backoff * random.uniform(1.0, 1.5)  # noqa: S311 - jitter
            if refusal.retry_at is not None:
                named = refusal.retry_at.astimezone(UTC) - datetime.now(UTC)
                until = max(until, time.time() + named.total_seconds())
            self._closed_until = max(self._closed_until, until)

    def pause(self, seconds: float) -> None:
        """Wait before trying something again."""
        self._sleep(seconds)

    def _sleep(self, seconds: float) -> None:
        self._check_stop()
        if seconds > 0 and self._stop.wait(seconds):
            raise Stopped

    def _check_stop(self) -> None:
        if self._stop.is_set():
            raise Stopped
