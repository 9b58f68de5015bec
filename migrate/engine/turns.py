"""Whose turn it is: things that several threads work on, and that may have to wait for a time."""

from __future__ import annotations

import heapq
import math
import threading
from collections.abc import Callable, Iterable
from itertools import count
from typing import Generic, TypeVar

from migrate.clock import elapsed

T = TypeVar("T")

_LOOK = 1.0  # seconds between two looks at whether to stop


class Turns(Generic[T]):
    """In their order; what was put off comes when its time has come, before what has not begun."""

    def __init__(
        self,
        items: Iterable[T],
        clock: Callable[[], float] = elapsed,
        longest: float = math.inf,
    ) -> None:
        """`longest`: seconds that are waited when all that is left was put off."""
        self._longest = longest
        self._clock, self._change = clock, threading.Condition()
        self._number = count()
        self._new = list(items)[::-1]
        self._later: list[tuple[float, int, T]] = []
        self._taken = 0

    def take(self, stopped: Callable[[], bool]) -> T | None:
        """The next one, waiting for it; None when nothing is left, or not for too long a time, or
        when `stopped`. For each comes a `done` or a `put_off`."""
        with self._change:
            while not stopped() and (self._new or self._later or self._taken):
                if self._later and self._later[0][0] <= self._clock():
                    self._taken += 1
                    return heapq.heappop(self._later)[2]
                if self._new:
                    self._taken += 1
                    return self._new.pop()
                if not self._taken and self._later[0][0] - self._clock() > self._longest:
                    break
                self._change.wait(_LOOK)
            return None

    def put_off(self, item: T, seconds: float) -> None:
        """Its turn comes again after so long."""
        with self._change:
            self._taken -= 1
            entry = (self._clock() + seconds, next(self._number), item)
            heapq.heappush(self._later, entry)
            self._change.notify_all()

    def done(self) -> None:
        """One that was taken is finished."""
        with self._change:
            self._taken -= 1
            self._change.notify_all()
