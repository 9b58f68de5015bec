"""The repairs without which Gmail would misdate a message, give it an id of its own, or refuse it.

Gmail has no other way to learn a message's date than the Date field (discovery document gmail.v1,
internalDateSource), and it merges and threads by Message-ID. Where one is unusable, a new line is
put before it and the original stays, renamed: taking the new lines and the prefix away gives the
source's header back. From is mended only for people who ask for it. `prepare` depends on nothing
but its arguments, so doing it again after a crash, or on its own result, changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from migrate.message.dates import format_date, parse_date
from migrate.message.header import Header, header_end
from migrate.message.ids import bracketed, usable
from migrate.message.mailbox import from_problem
from migrate.message.sender import mended

Why = Literal["missing", "broken", "several", "unparsable", "future", "ancient"]

ORIGINAL = b"X-Mailhaul-Original-"
"""What is put before the name of a field that was replaced."""

EARLIEST = datetime(1971, 1, 1, tzinfo=UTC)
"""The first mail went over a network in 1971. What is older is an unset clock: 1970 (Unix, also a
few days into it), 1904 (Mac OS), 1899 to 1901 (years counted from 1900, spreadsheets)."""

_FROM_WHY: dict[str, Why] = {
    "from-missing": "missing",
    "from-several": "several",
    "from-invalid": "broken",
}
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")
_SHOWN = 500


@dataclass(frozen=True, slots=True)
class Repair:
    """One repaired field, for the reports."""

    field: str
    """`Message-ID`, `Date` or `From`."""
    before: str
    """What was there, made printable and not longer than a few lines; empty when `missing`."""
    after: str
    why: Why


@dataclass(frozen=True, slots=True)
class Prepared:
    """The header as it is uploaded."""

    header: bytes
    repairs: tuple[Repair, ...]
    message_id: str
    date: datetime | None
    """The date Gmail will show; None when the message gives none that Gmail would show."""


def prepare(
    header: Header,
    *,
    digest: str,
    internal_date: datetime | None,
    now: datetime,
    mend_from: bool = False,
) -> Prepared:
    """The header to upload; `header.raw` itself when nothing needs a repair.

    `digest` is the SHA-256 of the source's bytes in hex, `internal_date` (aware, as `now`) what
    the source has as INTERNALDATE. With `mend_from` a From that Gmail would refuse is replaced by
    one that it takes.
    """
    ident, wrong_id = _message_id(header, digest)
    date, wrong_date = _date(header, internal_date, now)
    wrong_from = _from(header) if mend_from else None
    repairs = tuple(each for each in (wrong_id, wrong_date, wrong_from) if each)
    return Prepared(_rewrite(header, repairs) if repairs else header.raw, repairs, ident, date)


def _message_id(header: Header, digest: str) -> tuple[str, Repair | None]:
    values = header.get("Message-ID")
    if len(values) == 1 and (ident := usable(values[0])):
        return ident, None
    known = {ident for each in values if (ident := usable(each) or bracketed(each))}
    ident = known.pop() if len(known) == 1 else f"<{digest[:40]}@mailhaul.invalid>"
    why: Why = "missing" if not values else "broken" if len(values) == 1 else "several"
    return ident, Repair("Message-ID", _shown(values), ident, why)


def _date(
    header: Header, internal_date: datetime | None, now: datetime
) -> tuple[datetime | None, Repair | None]:
    latest = now + timedelta(days=1)
    fields = header.all("Date")
    date = parse_date(fields[0].folded) if fields else None
    if date and EARLIEST <= date <= latest:
        return date, None
    values = [field.value for field in fields]
    received = (each.rpartition(b";")[2] for each in header.get("Received"))
    candidates = [*map(parse_date, values), internal_date, *map(parse_date, received)]
    better = _first(candidates, latest)
    if better is None:
        return None, None
    if not fields:
        why: Why = "missing"
    elif date:
        why = "future" if date > latest else "ancient"
    else:
        why = "several" if len(fields) > 1 else "unparsable"
    return better, Repair("Date", _shown(values), format_date(better), why)


def _from(header: Header) -> Repair | None:
    problem = from_problem(header)
    if problem is None:
        return None
    return Repair("From", _shown(header.get("From")), mended(header), _FROM_WHY[problem[0]])


def _first(dates: Iterable[datetime | None], latest: datetime) -> datetime | None:
    return next((each for each in dates if each and EARLIEST <= each <= latest), None)


def _shown(values: Iterable[bytes]) -> str:
    text = ", ".join(each.decode("utf-8", "backslashreplace") for each in values)[: _SHOWN + 1]
    text = _UNPRINTABLE.sub(lambda match: f"\\x{ord(match[0]):02x}", text)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _rewrite(header: Header, repairs: Iterable[Repair]) -> bytes:
    end = header.line_end
    new = {
        each.field.lower().encode(): f"{each.field}: {each.after}".encode("latin-1") + end
        for each in repairs
    }
    names = frozenset(new)
    missing = b"".join(line for name, line in new.items() if not header.all(name.decode()))
    lines, start, rest = bytearray(), header.start, 0
    for number, field in enumerate(header.fields):
        if number == start:
            lines += missing
            missing = b""
        name = field.name.lower()
        if name in names:
            lines += new.pop(name, b"") + ORIGINAL
        lines += field.raw
        rest += len(field.raw)
    lines += missing
    if header_end(header.raw) == 0:
        lines += end  # the message was all body; keep it from becoming header
    return bytes(lines) + header.raw[rest:]
