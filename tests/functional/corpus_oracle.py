"""What must become of the corpus, worked out from its bytes alone.

Nothing here comes from the code under test: own small rules, the standard library, and a table of
the files on which RFC 5322 and what is known of Gmail leave room, each with its reason.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import mktime_tz, parsedate_tz

REFUSED_ALTHOUGH_VALID = {
    "example10.eml": "RFC 5322 3.4.1 allows comments inside the angle brackets; nobody has seen "
    "Gmail take it, so refusing is expected until a real tenant says otherwise",
    "example13.eml": "RFC 5322 4.4 allows blanks and comments round the dots of a domain; the "
    "same holds",
}
"""File name → why Gmail's verdict on its From is not what the RFC would say."""

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:(.*)", re.DOTALL)
_ZONE = r"(?:[+-]\d{4}|UTC?|GMT|[ECMP][SD]T)"
_CLOCK = r"(?:[01]\d|2[0-3])\s*:\s*\d\d(?:\s*:\s*\d\d)?"
_DATE = re.compile(
    rf"(?:[A-Z][a-z][a-z]\s*,)?\s*\d\d?\s+[A-Z][a-z][a-z]\s+\d+\s+{_CLOCK}\s+{_ZONE}"
)
_ADDRESS = re.compile(r"[^\s<>@,]+@[^\s<>@,]+")


EARLIEST = 31_536_000
"""1971-01-01 in seconds since 1970."""


@dataclass(frozen=True)
class Occurrence:
    """A message in a folder, as the server hands it out; `name` is its file's."""

    name: str
    folder: str
    uid: int
    raw: bytes
    flags: frozenset[str]
    internal_date: datetime


@dataclass(frozen=True)
class Expected:
    """Distinct bytes and what must become of all their occurrences."""

    raw: bytes
    occurrences: tuple[Occurrence, ...]
    refusal: str | None
    """The cause of the quarantine; None for a message that is imported."""
    repairs: Mapping[str, str] = field(default_factory=dict)
    """Field → the value that takes the place of an unusable one."""
    date: int = 0
    """Gmail's internalDate in seconds."""
    labels: frozenset[str] = frozenset()

    def matches(self, raw: bytes) -> bool:
        """Whether `raw` is this message after its repairs, behind lines that Gmail put first.

        Taken back: each new line goes, each original gets its own name again, and what is left
        are the source's bytes.
        """
        for name, value in self.repairs.items():
            line = re.compile(rb"(?m)^%s: %s\r\n" % (name.encode(), re.escape(value.encode())))
            raw, count = line.subn(b"", raw, count=1)
            if not count:
                return False
            raw = re.sub(rb"(?mi)^X-Mailhaul-Original-(?=%s[ \t]*:)" % name.encode(), b"", raw)
        before = raw.removesuffix(self.raw)
        return len(before) < len(raw) and bool(_PREPENDED.fullmatch(before))


_PREPENDED = re.compile(
    rb"Delivered-To: [^\r]*\r\nReceived: [^\r]*\r\n +[^\r]*\r\nX-Google-Smtp-Source: [^\r]*\r\n"
    rb"X-Received: [^\r]*\r\n +[^\r]*\r\n"
    rb"Received: [^\r]* gmailapi.google.com [^\r]*\r\n HTTPREST; [^\r]*\r\n"
)


def expected(
    found: Iterable[Occurrence], labels: Mapping[str, str], now: datetime
) -> list[Expected]:
    """The table: one entry for each distinct content. `labels`: folder → label."""
    groups: dict[bytes, list[Occurrence]] = {}
    for each in found:
        groups.setdefault(each.raw, []).append(each)
    return [_judge(raw, group, labels, now) for raw, group in groups.items()]


def _judge(
    raw: bytes, group: Sequence[Occurrence], labels: Mapping[str, str], now: datetime
) -> Expected:
    fields = header(raw)
    occurrences = tuple(group)
    if refusal := _refusal(fields, {each.name for each in group}):
        return Expected(raw, occurrences, refusal)
    repairs: dict[str, str] = {}
    if new_id := _new_id(fields, raw):
        repairs["Message-ID"] = new_id
    moment = _date(fields)
    # No mail is older than 1971; earlier dates are clocks that nobody had set.
    if moment is None or not EARLIEST <= moment <= (now + timedelta(days=1)).timestamp():
        arrived = group[0].internal_date
        moment = int(arrived.timestamp())
        repairs["Date"] = arrived.strftime("%a, %d %b %Y %H:%M:%S %z")
    wanted = {labels[each.folder] for each in group}
    if not any("\\Seen" in each.flags for each in group):
        wanted.add("UNREAD")
    if any("\\Flagged" in each.flags for each in group):
        wanted.add("STARRED")
    return Expected(raw, occurrences, None, repairs, moment, frozenset(wanted))


def header(raw: bytes) -> list[tuple[str, str]]:
    """(name in lower case, unfolded value) of each header field; one byte is one character."""
    head = raw.split(b"\r\n\r\n", 1)[0]
    fields = []
    for line in re.split(rb"\r\n(?![ \t])", head):
        if match := _FIELD.fullmatch(line):
            value = match[2].replace(b"\r\n", b"").decode("latin-1")
            fields.append((match[1].decode().lower(), value.strip()))
    return fields


def _refusal(fields: list[tuple[str, str]], names: set[str]) -> str | None:
    senders = [value for name, value in fields if name == "from"]
    if len(senders) != 1:
        return "gmail-from-count"
    if names & REFUSED_ALTHOUGH_VALID.keys():
        return "gmail-from-invalid"
    plain = re.sub(r'"[^"]*"', "", _uncommented(senders[0]))
    for mailbox in plain.split(","):
        angle = re.fullmatch(r"[^<>]*<([^<>]*)>\s*", mailbox)
        if not _ADDRESS.fullmatch((angle[1] if angle else mailbox).strip()):
            return "gmail-from-invalid"
    return None


def _new_id(fields: list[tuple[str, str]], raw: bytes) -> str | None:
    values = [value for name, value in fields if name == "message-id"]
    if len(values) == 1 and re.fullmatch(r"<[^\s<>]+>", values[0]):
        return None
    if len(values) == 1 and re.fullmatch(r"[^\s<>@]+@[^\s<>@]+", values[0]):
        return f"<{values[0]}>"
    return f"<{hashlib.sha256(raw).hexdigest()[:40]}@mailhaul.invalid>"


def _date(fields: list[tuple[str, str]]) -> int | None:
    value = next((value for name, value in fields if name == "date"), "")
    plain = " ".join(_uncommented(value).split())
    parsed = parsedate_tz(plain) if _DATE.fullmatch(plain) else None
    return mktime_tz(parsed) if parsed else None


def _uncommented(value: str) -> str:
    return re.sub(r"\((?:[^()\\]|\\.)*\)", " ", value)
