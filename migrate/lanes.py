"""Work for several threads in which things of one key are done one after the other, in order."""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Lanes(Generic[T]):
    """A queue with a lane per key. Between `take` and `done` the key's lane is closed."""

    def __init__(self) -> None:
        self._lanes: dict[str, deque[tuple[T, int]]] = {}
        self._ready: deque[str] = deque()
        self._size = 0
        self._closed = False
        self._change = threading.Condition()

    def put(self, key: str, item: T, size: int) -> None:
        """Queue `item`; `size` is what it holds in memory, in bytes."""
        with self._change:
            lane = self._lanes.get(key)
            if lane is None:
                lane = self._lanes[key] = deque()
                self._ready.append(key)
            lane.append((item, size))
            self._size += size
            self._change.notify_all()

    def take(self) -> tuple[str, T] | None:
        """The next item whose lane is open; None when all is done and the queue is closed."""
        with self._change:
            while not self._ready:
                if self._closed and not self._lanes:
                    return None
                self._change.wait()
            key = self._ready.popleft()
            return key, self._lanes[key][0][0]

    def done(self, key: str) -> None:
        """The item taken from this lane is finished; the next one of the lane may go."""
        with self._change:
            lane = self._lanes[key]
            self._size -= lane.popleft()[1]
            if lane:
                self._ready.append(key)
            else:
                del self._lanes[key]
            self._change.notify_all()

    def wait_below(self, size: int) -> None:
        """Wait until what is queued or in hand holds at most `size` bytes; 0: until all is done."""
        with self._change:
            while self._size > size or (size == 0 and self._lanes):
                self._change.wait()

    def close(self) -> None:
        """No more items come."""
        with self._change:
            self._closed = True
            self._change.notify_all()
