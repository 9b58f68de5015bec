"""The date-time of RFC 5322 3.3 with the obsolete forms of 4.3, and nothing beyond.

What Gmail does not understand it replaces by the time of the import, so a date that is doubtful
counts as none: it can be repaired, a wrong guess cannot.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

from migrate.message.comments import without_comments

_MONTHS = b"jan feb mar apr may jun jul aug sep oct nov dec".split()
_ZONES = {b"ut": 0, b"utc": 0, b"gmt": 0, b"est": -5, b"edt": -4, b"cst": -6, b"cdt": -5} | {
    b"mst": -7, b"mdt": -6, b"pst": -8, b"pdt": -7
}  # fmt: skip
_LONGEST = 2_000  # two lines of RFC 5322 2.1.1: room for any comment
_LINE_END = re.compile(rb"\r\n(?=[ \t])")  # a fold; anything else makes the field unreadable
_DATE = re.compile(
    rb"""[ ]* (?: (?:mon|tue|wed|thu|fri|sat|sun) [ ]* , )? [ ]*
    (?P<day>[0-9]{1,2}) [ ]+ (?P<month>""" + b"|".join(_MONTHS) + rb""") [ ]+ (?P<year>[0-9]{2,4})
    [ ]+ (?P<hour>[0-9]{2}) [ ]* : [ ]* (?P<minute>[0-9]{2}) (?: [ ]* : [ ]* (?P<second>[0-9]{2}) )?
    [ ]+ (?: (?P<sign>[+-]) (?P<hours>[0-9]{2}) (?P<minutes>[0-9]{2}) | (?P<zone>[a-z]{1,3}) ) [ ]*
    """,
    re.VERBOSE | re.IGNORECASE,
)  # fmt: skip


def parse_date(value: bytes) -> datetime | None:
    """An aware datetime in the zone of the text; None for what the RFC's grammar does not cover.

    Second 60 becomes 59. The weekday must be one, but need not be the right one. Two and three
    digit years and the zones by letters as in 4.3; -0000 is UTC.
    """
    if len(value) > _LONGEST:
        return None
    plain = without_comments(_LINE_END.sub(b"", value.strip(b" \t\r\n")))
    match = _DATE.fullmatch(plain.replace(b"\t", b" ")) if plain is not None else None
    if match is None:
        return None
    year = int(match["year"])
    if len(match["year"]) < 4:
        year += 2000 if year < 50 and len(match["year"]) == 2 else 1900
    offset = _offset(match)
    if offset is None or year < 1900:
        return None
    try:  # no such day, hour or minute, or an offset of a day or more
        return datetime(
            year,
            _MONTHS.index(match["month"].lower()) + 1,
            int(match["day"]),
            int(match["hour"]),
            int(match["minute"]),
            59 if match["second"] == b"60" else int(match["second"] or 0),
            tzinfo=timezone(offset),
        )
    except ValueError:
        return None


def _offset(match: re.Match[bytes]) -> timedelta | None:
    if zone := match["zone"]:
        hours = _ZONES.get(zone.lower())
        if hours is None and len(zone) == 1 and zone not in b"Jj":
            hours = 0  # military letters: so many wrote them with the wrong sign (4.3)
        return None if hours is None else timedelta(hours=hours)
    if int(match["minutes"]) > 59:
        return None
    offset = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"]))
    return -offset if match["sign"] == b"-" else offset


def format_date(moment: datetime) -> str:
    """An aware datetime as RFC 5322 3.3 wants it, in its own zone."""
    return format_datetime(moment)
