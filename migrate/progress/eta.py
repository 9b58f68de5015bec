"""How long the rest takes: what was measured, and what Gmail's quotas allow. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be spent, in quota units; 0 is no limit."""

    user: float = 0.0
    """A second, for one account."""
    project: float = 0.0
    """A second, for all together."""
    day: float = 0.0
    """A day, for all together."""
    left_today: float = 0.0
    """Of `day`."""
    until_tomorrow: float = DAY
    """Seconds until `day` begins anew."""
    lanes: int = 1
    """Accounts that are worked on at a time."""
    message: float = 25.0
    """Units of one message, as long as that is not measured (`messages.import`)."""


def seconds_left(
    left: Sequence[int], allowed: Allowed, speed: float | None = None, units: float | None = None
) -> float:
    """Seconds for the messages that are `left` in each account, at `units` each.

    `speed`: messages a second as measured, for all together; the slower of it and the quotas is
    what comes out. None: not known, the quotas alone.
    """
    left, units = [each for each in left if each], units or allowed.message
    work = sum(left) * units
    if not work:
        return 0.0
    paces = [(work, allowed.project), (max(left) * units, allowed.user)]
    paces.append((work, allowed.user * min(allowed.lanes, len(left))))
    times = [units_ / pace for units_, pace in paces if pace]
    if speed:
        times.append(sum(left) / speed)
    busy = max(times, default=0.0)
    return _over_days(work, busy, allowed) if allowed.day else busy


def _over_days(work: float, busy: float, allowed: Allowed) -> float:
    """`busy` seconds of `work`, as far as each day's budget goes."""
    if not busy:  # nothing but the budget is in the way
        if work <= allowed.left_today:
            return 0.0
        full = (work - allowed.left_today - 1) // allowed.day
        return allowed.until_tomorrow + full * DAY
    rate = work / busy
    today = min(max(allowed.left_today, 0.0), rate * allowed.until_tomorrow)
    if work <= today:
        return busy
    a_day = min(allowed.day, rate * DAY)
    rest = work - today
    full = max(0.0, -(-rest // a_day) - 1)  # whole days before the last one
    return allowed.until_tomorrow + full * DAY + (rest - full * a_day) / rate
