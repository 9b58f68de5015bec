"""Work for several threads in which things of one key are done one after the other, in order."""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Lanes(Generic[T]):
    """A queue with a lane per key. Between `take` and `done` the key's lane is closed.

    For each thing one thread is woken: to wake all, for one of them to win, costs more than to
    upload it.
    """

    def __init__(self) -> None:
        self._lanes: dict[str, deque[tuple[T, int]]] = {}
        self._ready: deque[str] = deque()
        self._size = 0
        self._closed = False
        self._lock = threading.Lock()
        self._work = threading.Condition(self._lock)
        """For the takers: a lane is ready, or all is over."""
        self._room = threading.Condition(self._lock)
        self._wanted: list[int] = []
        """The sizes that are waited for."""

    def put(self, key: str, item: T, size: int) -> None:
        """Queue `item`; `size` is what it holds in memory, in bytes."""
        with self._lock:
            self._size += size
            lane = self._lanes.get(key)
            if lane is None:
                self._lanes[key] = deque([(item, size)])
                self._ready.append(key)
                self._work.notify()
            else:
                lane.append((item, size))

    def take(self) -> tuple[str, T] | None:
        """The next item whose lane is open; None when all is done and the queue is closed."""
        with self._lock:
            while not self._ready:
                if self._closed and not self._lanes:
                    return None
                self._work.wait()
            key = self._ready.popleft()
            return key, self._lanes[key][0][0]

    def done(self, key: str) -> None:
        """The item taken from this lane is finished; the next one of the lane may go."""
        with self._lock:
            lane = self._lanes[key]
            self._size -= lane.popleft()[1]
            if lane:
                self._ready.append(key)
                self._work.notify()
            else:
                del self._lanes[key]
                if self._closed and not self._lanes:
                    self._work.notify_all()
            if any(map(self._is_below, self._wanted)):
                self._room.notify_all()

    def wait_below(self, size: int) -> None:
        """Wait until what is queued or in hand holds at most `size` bytes; 0: until all is done."""
        with self._lock:
            self._wanted.append(size)
            while not self._is_below(size):
                self._room.wait()
            self._wanted.remove(size)

    def _is_below(self, size: int) -> bool:
        return self._size <= size and (size > 0 or not self._lanes)

    def close(self) -> None:
        """No more items come."""
        with self._lock:
            self._closed = True
            self._work.notify_all()
