"""An even flow (the generic cell rate algorithm): a rate, and one number that says what is taken.

Pure: times are given, in seconds of any clock.
"""

from __future__ import annotations

SAVED = 0.25
"""Seconds of flow that idle time saves up, in whatever is of Gmail's quota."""


def reserve(due: float, now: float, units: float, rate: float, saved: float) -> tuple[float, float]:
    """Take `units` of a flow of `rate` units a second.

    `due` is when all that was taken before has flowed in. What flowed unused is saved up for
    `saved` seconds. Gives the new `due`, and the seconds to wait before `units` may be used.
    """
    start = max(due, now - saved)
    return start + units / rate, max(0.0, start - now)
