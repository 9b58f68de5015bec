"""What Gmail reads of an uploaded message: From, Date, Message-ID, References, Subject.

Works on bytes and never fails on malformed mail. The rules are those of
`tests/contracts/vectors/*.json`, where each is cited.
"""

from __future__ import annotations

import calendar
import re
import sys
from contextlib import suppress
from dataclasses import dataclass
from email.header import decode_header, make_header

Buffer = bytes | memoryview
WANTED = re.compile(
    rb"(?i)\n(from|date|message-id|references|in-reply-to|subject)[ \t]*:"
    rb"([^\n]*(?:\n[ \t][^\n]*)*)"
)
# Both begin with a line feed, which `re` looks for many times faster than for alternatives.
HEADER_END = re.compile(rb"\n\r?\n")
LINE_END = re.compile(rb"\r?\n")
SIGN = re.compile(r'\\?["()]|\\\\')
MAILBOX = re.compile(r"(?:[^<>]*<\s*([^\s<>@]+@[^\s<>@]+)\s*>|([^\s<>@]+@[^\s<>@]+))")
REFERENCE = re.compile(r"<([^<>]+)>")
MESSAGE_ID = re.compile(r"\s*<([^<>\s]+)>\s*(?:\(.*\)\s*)?", re.DOTALL)
REPLY_PREFIX = re.compile(r"^(?:(?:re|fwd?|aw|wg|sv|antw)\s*(?:\[\d+\])?\s*[:：]\s*)+", re.I)
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
DATE = re.compile(
    r"(?:(?:mon|tue|wed|thu|fri|sat|sun)\s*,?\s*)?(\d{1,2})\s+(" + "|".join(MONTHS) + r")\s+"
    r"(\d{2,4})\s+(\d{1,2})\s*:\s*(\d{2})(?:\s*:\s*(\d{2}))?\s+([+-]\d{4}|[a-z]{1,4})",
    re.I,
)
ZONES = {"UT": 0, "UTC": 0, "GMT": 0, "Z": 0, "EDT": -4, "EST": -5, "CDT": -5, "CST": -6} | {
    "MDT": -6,
    "MST": -7,
    "PDT": -7,
    "PST": -8,
}
"""RFC 5322 4.3, in hours."""


@dataclass(frozen=True, slots=True)
class Facts:
    """`date` is ms since the epoch, None when the header is missing or not valid."""

    senders: tuple[str, ...]
    """Addresses of the From header, in lower case."""
    sender_problem: str | None
    """Why `messages.import` refuses the From header."""
    date: int | None
    has_date: bool
    message_id: str | None
    """Without brackets; None when there is not exactly one that Gmail can use."""
    references: tuple[str, ...]
    """Of References and In-Reply-To, without brackets."""
    subject: str
    """Without reply prefixes, folded for comparison."""


def header_end(data: Buffer, start: int = 0, stop: int = sys.maxsize) -> tuple[int, int]:
    """Where the header that begins at `start` ends, at latest at `stop`; where its body begins."""
    if empty := LINE_END.match(data, start):
        return start, empty.end()
    match = HEADER_END.search(data, start, stop)
    return match.span() if match else (min(stop, len(data)), len(data))


def header_block(data: Buffer) -> bytes:
    """The bytes before the first empty line."""
    return bytes(data[: header_end(data)[0]]).removesuffix(b"\r")


def read(data: Buffer) -> Facts:
    """The facts of a message."""
    found: dict[bytes, list[str]] = {}
    for name, value in WANTED.findall(b"\n" + header_block(data)):
        found.setdefault(name.lower(), []).append(value.decode("utf-8", "replace"))
    dates = found.get(b"date", [])
    senders, problem = from_addresses(found.get(b"from", []))
    related = [*found.get(b"references", []), *found.get(b"in-reply-to", [])]
    return Facts(
        senders=senders,
        sender_problem=problem,
        date=parse_date(dates[0]) if dates else None,
        has_date=bool(dates),
        message_id=_message_id(found.get(b"message-id", [])),
        references=tuple(dict.fromkeys(each for ref in related for each in REFERENCE.findall(ref))),
        subject=_subject((found.get(b"subject") or [""])[0]),
    )


def from_addresses(values: list[str]) -> tuple[tuple[str, ...], str | None]:
    """Addresses of the From headers, or what is wrong with them (vectors/from_header.json)."""
    if len(values) != 1:
        return (), "Expected a single 'From' header"
    text = _simplified(values[0])
    elements = [part.strip() for part in text.split(",") if part.strip()]
    matches = [MAILBOX.fullmatch(element) for element in elements]
    if not elements or '"' in text or "(" in text or not all(matches):
        return (), "Invalid From header"
    return tuple((match[1] or match[2]).lower() for match in matches if match), None


def parse_date(value: str) -> int | None:
    """Milliseconds since the epoch, None when not valid (vectors/date_header.json)."""
    text = re.sub(r"\r\n(?=[ \t])", "", value)  # a bare LF is no folding, RFC 5322 2.2.3
    if "\n" in text:
        text = text.rstrip("\r\n")
        if "\n" in text:
            return None
    match = DATE.fullmatch(" ".join(_simplified(text).split()))
    if match is None:
        return None
    day, year, hour, minute = (int(match[i]) for i in (1, 3, 4, 5))
    second, zone = int(match[6] or 0), match[7].upper()
    if len(match[3]) < 4:  # RFC 5322 4.3, obs-year
        year += 2000 if len(match[3]) == 2 and year < 50 else 1900
    month = MONTHS.index(match[2].lower()) + 1
    if year < 1900 or hour > 23 or minute > 59 or second > 60:
        return None
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        return None
    if zone[0] in "+-":
        offset = (int(zone[1:3]) * 60 + int(zone[3:])) * (-60 if zone[0] == "-" else 60)
    elif zone in ZONES:
        offset = ZONES[zone] * 3600
    else:
        return None
    return (calendar.timegm((year, month, day, hour, minute, second)) - offset) * 1000


def _simplified(text: str) -> str:
    """A space for every comment, a `q` for every quoted string (RFC 5322 3.2.2, 3.2.4), in one
    pass; what isn't closed stays as it is."""
    kept: list[str] = []
    start = depth = 0
    quoted = False
    for match in SIGN.finditer(text):
        sign = match[0]
        if not quoted and not depth:
            if sign[-1] in '"(':
                kept.append(text[start : match.end() - 1])
                start = match.end() - 1
                quoted, depth = sign[-1] == '"', int(sign[-1] == "(")
        elif quoted:
            quoted = sign != '"'
            if not quoted:
                kept.append("q")
                start = match.end()
        elif sign in "()":
            depth += 1 if sign == "(" else -1
            if not depth:
                kept.append(" ")
                start = match.end()
    return "".join(kept) + text[start:]


def _message_id(values: list[str]) -> str | None:
    """vectors/message_id.json."""
    match = MESSAGE_ID.fullmatch(values[0]) if len(values) == 1 else None
    return match[1] if match else None


def clean(text: str) -> str:
    """Text that can be stored and sent: some charsets (UTF-7) decode to half a surrogate pair."""
    return text.encode("utf-8", "replace").decode()


def decode_words(text: str) -> str:
    """Encoded words decoded (RFC 2047); text with malformed ones as it is."""
    if "=?" in text:
        with suppress(Exception):
            text = str(make_header(decode_header(" ".join(text.split()))))
    return clean(text)


def _subject(value: str) -> str:
    return REPLY_PREFIX.sub("", " ".join(decode_words(value).split())).casefold()
