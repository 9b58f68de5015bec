"""A day's bytes of an account at the source: counted over all runs, and kept in the ledger."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial

from migrate.errors import DayUsedUp
from migrate.ledger import Ledger, traffic

DAY = 86_400
"""Seconds."""
_HOUR = 3600
_KEEP = 25
"""Hours: what came in the course of one is over a day old when the 24 after it have passed."""
_KEPT = 4 << 20
"""Bytes that a kill may leave uncounted."""


class DailyBytes:
    """What an account may still get within 24 hours. Thread-safe."""

    def __init__(
        self,
        ledger: Ledger,
        account_id: int,
        user: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._ledger, self._account_id, self._user = ledger, account_id, user
        self._clock = clock
        self._most = 0
        self._kept, self._new = Counter[int](), Counter[int]()
        self._lock = threading.Lock()

    def at_most(self, most: int) -> None:
        """Bytes in 24 hours; 0: no limit."""
        self.keep()
        self._most = most
        if most:
            self._ledger.settle()
            with self._ledger.read() as conn:
                self._kept = Counter(traffic.hours(conn, self._account_id))

    def days(self, size: int) -> int:
        """Whole days that go by before the last of `size` bytes comes."""
        return max(size - 1, 0) // self._most if self._most else 0

    def check(self) -> None:
        """DayUsedUp when nothing is left."""
        if not self._most:
            return
        with self._lock:
            hours = self._kept + self._new
        used = sum(_within(hours, self._clock()).values())
        if used >= self._most:
            again = free_at(hours, self._most, self._clock())
            raise DayUsedUp(
                "source-day-used",
                user=self._user,
                used=used // 1_000_000,
                most=self._most // 1_000_000,
                at=time.strftime("%Y-%m-%d %H:%M", time.localtime(again)),
            )

    def add(self, size: int) -> None:
        with self._lock:
            self._new[int(self._clock()) // _HOUR] += size
            full = sum(self._new.values()) >= _KEPT
        if full:
            self.keep()

    def keep(self) -> None:
        """Into the ledger what is not there yet."""
        with self._lock:
            new, self._new = self._new, Counter()
            self._kept += new
        if new:
            before = int(self._clock()) // _HOUR - _KEEP
            add = partial(traffic.add, account_id=self._account_id, hours=new, before=before)
            self._ledger.post(add)


def free_at(hours: Mapping[int, int], most: int, now: float) -> float:
    """When half of `most` is free again, if nothing comes meanwhile (seconds since 1970)."""
    left = _within(hours, now)
    used = sum(left.values())
    for hour in sorted(left):
        if used <= most // 2:
            break
        used -= left[hour]
        now = (hour + _KEEP) * _HOUR
    return now


def _within(hours: Mapping[int, int], now: float) -> dict[int, int]:
    """Those hours of which something is less than a day old."""
    return {hour: size for hour, size in hours.items() if (hour + _KEEP) * _HOUR > now}
