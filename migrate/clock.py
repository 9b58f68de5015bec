"""A clock that nobody sets and that goes on while the machine sleeps."""

from __future__ import annotations

import time

# CLOCK_MONOTONIC stands still during sleep on Linux, but not on macOS (clock_gettime(3)).
_CLOCK = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))


def elapsed() -> float:
    """Seconds since some time in the past."""
    return time.monotonic() if _CLOCK is None else time.clock_gettime(_CLOCK)
