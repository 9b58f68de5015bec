"""The days that a quota is counted by: they end at midnight in California, as far as is known.

https://developers.google.com/workspace/gmail/api/reference/quota says "per day" and no more; of
another API developers.google.com/android-publisher/quotas says "midnight Pacific time".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

PACIFIC = "America/Los_Angeles"
_WITHOUT_ZONES = timezone(timedelta(hours=-8))
"""Of a machine that knows no time zones: Pacific time in winter."""


@dataclass(frozen=True, slots=True)
class Day:
    name: str
    """ISO 8601."""
    ends: float
    """Seconds since 1970."""


def day(now: float, zone: str = PACIFIC) -> Day:
    """The one that `now`, in seconds since 1970, is in."""
    here = datetime.fromtimestamp(now, _known(zone))
    end = datetime.combine(here.date() + timedelta(1), time(), here.tzinfo)
    return Day(here.date().isoformat(), end.timestamp())


def is_zone(name: str) -> bool:
    """Whether this machine knows the time zone; of Pacific time nobody has to know."""
    return name == PACIFIC or _known(name) is not _WITHOUT_ZONES


def _known(zone: str) -> tzinfo:
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return _WITHOUT_ZONES
