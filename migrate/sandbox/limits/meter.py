"""How much of its minute, second or day each key has left.

Windows are fixed: each begins at a key's first call after its last one ended. That is an
assumption, but a captured refusal (see `quota`) has a `window_start_time` in the 53rd second of a
minute, so Gmail's minutes are not the clock's. Or they slide: any sixty seconds count.
"""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

End = Callable[[float], float]
"""When a window that begins now ends; both are seconds since the epoch."""


def lasting(seconds: float) -> End:
    return lambda now: now + seconds


def midnight(now: float) -> float:
    """The end of the day in California, where Google's days end."""
    here = datetime.fromtimestamp(now, ZoneInfo("America/Los_Angeles"))
    return datetime.combine(here.date() + timedelta(1), time(), here.tzinfo).timestamp()


@dataclass(slots=True)
class Window:
    began: float
    until: float
    left: float

    def take(self, amount: int, now: float) -> None:
        self.left -= amount


@dataclass(slots=True)
class Sliding(Window):
    """It ends when nothing is left in it that counts."""

    seconds: float
    taken: deque[tuple[float, int]] = field(default_factory=deque)
    """When, and how much."""

    def take(self, amount: int, now: float) -> None:
        self.left -= amount
        self.taken.append((now, amount))
        self.until = now + self.seconds

    def slide(self, now: float) -> None:
        while self.taken and self.taken[0][0] <= now - self.seconds:
            self.left += self.taken.popleft()[1]
        self.began = self.taken[0][0] if self.taken else now


class Meter:
    """`limit` for every key and window; 0 is no limit."""

    def __init__(self, limit: int, end: End) -> None:
        self.limit, self._end = limit, end
        self._windows: OrderedDict[str, Window] = OrderedDict()
        self._endless = Window(0.0, math.inf, math.inf)

    def window(self, key: str, now: float) -> Window:
        """The one under way, or a new one."""
        if not self.limit:
            return self._endless
        windows = self._windows
        # In the order of their ends: so what is over is forgotten without a search.
        while windows and next(iter(windows.values())).until <= now:
            windows.popitem(last=False)
        found = windows.get(key)
        if found is None:
            found = windows[key] = self._begin(now)
        return found

    def take(self, key: str, amount: int, now: float) -> bool:
        """Whether so much was left, and is taken now."""
        window = self.window(key, now)
        if amount > window.left:
            return False
        window.take(amount, now)
        return True

    def _begin(self, now: float) -> Window:
        return Window(now, self._end(now), self.limit)


class SlidingMeter(Meter):
    """`limit` for every key in any so many seconds; 0 is no limit."""

    def __init__(self, limit: int, seconds: float) -> None:
        super().__init__(limit, lasting(seconds))
        self._seconds = seconds

    def window(self, key: str, now: float) -> Window:
        found = super().window(key, now)
        if isinstance(found, Sliding):
            found.slide(now)
            self._windows.move_to_end(key)
        return found

    def _begin(self, now: float) -> Window:
        return Sliding(now, self._end(now), self.limit, self._seconds)
