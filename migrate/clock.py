"""A clock that nobody sets and that goes on while the machine sleeps."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

# CLOCK_MONOTONIC stands still during sleep on Linux, but not on macOS (clock_gettime(3)).
_CLOCK = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))

elapsed: Callable[[], float] = (
    time.monotonic if _CLOCK is None else partial(time.clock_gettime, _CLOCK)
)
"""Seconds since some time in the past. Asked for several times with every upload."""
