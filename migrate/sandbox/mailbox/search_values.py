"""The values of `q`: dates, ages and sizes. Whatever is not documented is `Unsupported`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from migrate.sandbox.mailbox.search import Unsupported

PST = timezone(timedelta(hours=-8))
"""https://developers.google.com/workspace/gmail/api/guides/filtering: "midnight on that date in
the PST timezone". Taken at its word: no summer time."""
DAYS = {"d": 1, "m": 30, "y": 365}
"""What a month and a year are is not documented; the lengths are ours."""
UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
MAX_INTEGER = 2**63 - 1
"""SQLite's."""
_DATE = re.compile(
    r"(?a)(?P<y>\d{4})[/-](?P<m>\d{1,2})[/-](?P<d>\d{1,2})"
    r"|(?P<m2>\d{1,2})[/-](?P<d2>\d{1,2})[/-](?P<y2>\d{4})"
)


def moment(text: str) -> int:
    """2004/04/16, 04/16/2004 or seconds since the epoch, as milliseconds; Unsupported."""
    if re.fullmatch(r"(?a)\d{9,11}", text):  # fewer digits could be meant as a date
        return int(text) * 1000
    match = _DATE.fullmatch(text)
    if match is None:
        raise Unsupported(text)
    year, month, day = (int(match[each] or match[f"{each}2"]) for each in "ymd")
    try:
        return int(datetime(year, month, day, tzinfo=PST).timestamp()) * 1000
    except ValueError as error:
        raise Unsupported(text) from error


def age(text: str) -> int:
    """1d, 2m, 1y in milliseconds; Unsupported."""
    match = re.fullmatch(r"(?ai)(\d{1,5})([dmy])", text)
    if match is None:
        raise Unsupported(text)
    return int(match[1]) * DAYS[match[2].lower()] * 86_400_000


def size(text: str) -> int:
    """Bytes, or with K, M, G their powers of 1,024; Unsupported."""
    match = re.fullmatch(r"(?ai)(\d{1,12})([KMG]?)B?", text)
    if match is None:
        raise Unsupported(text)
    return min(int(match[1]) * UNITS[match[2].upper()], MAX_INTEGER)
