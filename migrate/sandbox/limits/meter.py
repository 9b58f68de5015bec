"""How much of its minute, second or day each key has left.

Windows are fixed: each begins at a key's first call after its last one ended. That is an
assumption, but a captured refusal (see `quota`) has a `window_start_time` in the 53rd second of a
minute, so Gmail's minutes are not the clock's.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
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
    until: float
    left: float


class Meter:
    """`limit` for every key and window; 0 is no limit."""

    def __init__(self, limit: int, end: End) -> None:
        self.limit, self._end = limit, end
        self._windows: OrderedDict[str, Window] = OrderedDict()
        self._endless = Window(math.inf, math.inf)

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
            found = windows[key] = Window(self._end(now), self.limit)
        return found

    def take(self, key: str, amount: int, now: float) -> bool:
        """Whether so much was left, and is taken now."""
        window = self.window(key, now)
        if amount > window.left:
            return False
        window.left -= amount
        return True
