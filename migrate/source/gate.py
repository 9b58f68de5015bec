"""No more connections to one server than it takes from one address."""

from __future__ import annotations

import threading
from collections.abc import Callable

from migrate.clock import elapsed
from migrate.errors import SourceLost

_LOOK = 0.5
_PAUSE, _LONGEST = 60.0, 900.0
"""Seconds until one more is tried after the server has turned one away; twice as long each time
that it was in vain."""


class Gate:
    """The connections of this process to one server. Thread-safe.

    Until the first has found out what kind of server it is, the others wait for it. A server that
    turns connections away for their number gets fewer; by and by one more is tried again.
    """

    def __init__(
        self, host: str, most: int | None = None, clock: Callable[[], float] = elapsed
    ) -> None:
        """`most`: at most, whatever the server takes."""
        self._host, self._clock = host, clock
        self._changed = threading.Condition()
        self._most = most
        self._known = False
        self._taken: int | None = None
        """By this kind of server."""
        self._width: int | None = None
        """What is left since the server has turned one away."""
        self._again, self._pause, self._trying = 0.0, _PAUSE, False
        self._open = 0
        self.reached = False
        """This process has been logged in there."""

    def enter(self, stopped: Callable[[], bool]) -> None:
        """Wait for a place. SourceLost when `stopped` turns true meanwhile."""
        with self._changed:
            while self._open >= self._places():
                if stopped():
                    raise SourceLost("source-lost", host=self._host, reason="stopped")
                self._changed.wait(_LOOK)
            self._open += 1

    def learn(self, most: int | None) -> None:
        """How many such a server takes; None: as many as come, or nothing new is known of it."""
        with self._changed:
            self._known = True
            self._taken = most or self._taken
            self._changed.notify_all()

    def crowded(self) -> bool:
        """The server has turned away one that had entered, because there are too many: fewer from
        now on. Whether others of ours are there, so that there will be a place."""
        with self._changed:
            others = self._open - 1
            if others < 1:
                return False
            if self._trying:
                self._pause = min(self._pause * 2, _LONGEST)
            self._width, self._trying = min(others, self._width or others), False
            self._again = self._clock() + self._pause
            return True

    def leave(self) -> None:
        with self._changed:
            self._open -= 1
            self._changed.notify_all()

    def _places(self) -> float:
        if not self._known:
            return 1
        if self._width is not None and self._clock() >= self._again:
            self._width, self._trying = self._width + 1, True
            self._again = self._clock() + self._pause
        limits = (each for each in (self._most, self._taken, self._width) if each is not None)
        return min(limits, default=float("inf"))
