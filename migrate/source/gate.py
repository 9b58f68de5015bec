"""No more connections to one server than it takes from one address."""

from __future__ import annotations

import threading
from collections.abc import Callable

from migrate.errors import SourceLost

_LOOK = 0.5


class Gate:
    """The connections of this process to one server. Thread-safe.

    Until the first has found out what kind of server it is, the others wait for it.
    """

    def __init__(self, host: str) -> None:
        self._host = host
        self._changed = threading.Condition()
        self._most: int | None = 1
        self._open = 0
        self.reached = False
        """This process has been logged in there."""

    def enter(self, stopped: Callable[[], bool]) -> None:
        """Wait for a place. SourceLost when `stopped` turns true meanwhile."""
        with self._changed:
            while self._most is not None and self._open >= self._most:
                if stopped():
                    raise SourceLost("source-lost", host=self._host, reason="stopped")
                self._changed.wait(_LOOK)
            self._open += 1

    def learn(self, most: int | None) -> None:
        """How many it takes; None: as many as come."""
        with self._changed:
            self._most = most
            self._changed.notify_all()

    def leave(self) -> None:
        with self._changed:
            self._open -= 1
            self._changed.notify_all()
