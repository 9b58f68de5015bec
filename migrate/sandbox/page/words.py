"""Numbers, sizes, times and other people's text as a person reads them."""

from __future__ import annotations

import re
from datetime import datetime
from zlib import crc32

import console.texts
from console.visible import visible

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
JOINERS = re.compile("([\u200c\u200d])")
MAX_NAME = 120


class Texts(console.texts.Texts):
    """The texts of the page in one language."""

    package = __package__


def readable(text: str) -> str:
    """`text` with what hides or reorders it made visible, line by line.

    The zero width joiners stay: scripts and emoji need them.
    """
    return "\n".join(
        line if line.isprintable() else "".join(map(_piece, JOINERS.split(line)))
        for line in text.replace("\r\n", "\n").expandtabs(8).split("\n")
    )


def _piece(text: str) -> str:
    return text if JOINERS.fullmatch(text) else visible(text)


def safe_name(name: str, otherwise: str) -> str:
    """A file name that is only a name, everywhere: no path, no control, not hidden, not long."""
    last = re.split(r"[/\\]", name)[-1]
    kept = re.sub(r'[<>:"|?*]', "_", "".join(each for each in last if each.isprintable()))
    kept = kept.strip(" .")
    stem, dot, suffix = kept.rpartition(".")
    if len(kept) > MAX_NAME:
        kept = f"{stem[: MAX_NAME - 20]}{dot}{suffix[-19:]}" if stem else kept[:MAX_NAME]
    return kept or otherwise


def initial(name: str) -> str:
    """The first letter or digit of a name."""
    return next((each.upper() for each in name if each.isalnum()), "?")


def tint(name: str) -> int:
    """One of six colours, for one name always the same."""
    return crc32(name.lower().encode("utf-8", "replace")) % 6


def number(value: int) -> str:
    return f"{value:,}"


def size(octets: int) -> str:
    """Decimal units: 1 kB = 1,000 bytes."""
    value = float(octets)
    for unit in ("B", "kB", "MB"):
        if value < 999.5:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 10 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:,.1f} GB"


def moment(ms: int, t: Texts) -> str:
    """A time in ms since the epoch, whole, in this machine's zone."""
    at = _local(ms)
    if at is None:
        return str(ms)
    zone = f"{at:%z}"
    zone = f"UTC{zone[:3]}:{zone[3:5]}"
    if t.lang == "ja":
        return f"{at.year}年{at.month}月{at.day}日 {at.hour}:{at:%M}（{zone}）"
    return f"{at.day} {MONTHS[at.month - 1]} {at.year}, {at:%H:%M} ({zone})"


def short_moment(ms: int, now: int, t: Texts) -> str:
    """The same as short as a list has it: today's hour, this year's day, or the date."""
    at, today = _local(ms), _local(now)
    if at is None or today is None:
        return str(ms)
    if at.date() == today.date():
        return f"{at.hour}:{at:%M}"
    if t.lang == "ja":
        return f"{at.month}月{at.day}日" if at.year == today.year else f"{at:%Y/%m/%d}"
    if at.year == today.year:
        return f"{at.day} {MONTHS[at.month - 1]}"
    return f"{at.day} {MONTHS[at.month - 1]} {at.year}"


def iso(ms: int) -> str:
    at = _local(ms)
    return at.isoformat() if at else ""


def _local(ms: int) -> datetime | None:
    """None for a year that no calendar of ours has."""
    try:
        return datetime.fromtimestamp(ms / 1000).astimezone()
    except (OverflowError, OSError, ValueError):
        return None
