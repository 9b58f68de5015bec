"""What a case is, and how a message is put together byte by byte."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

OWNER = "owner@example.org"
ARRIVED = datetime(2020, 3, 4, 5, 6, 7, tzinfo=UTC)
"""INTERNALDATE of a case that does not say otherwise."""
SENT = datetime(2019, 11, 5, 0, 30, tzinfo=UTC)
"""The Date of such a case."""
SENT_TEXT = "Tue, 05 Nov 2019 09:30:00 +0900"
HASH = "<sha256>"
"""Stands for the Message-ID that follows from the content."""

Place = tuple[str, frozenset[str]]
"""Folder and flags of one copy."""


def place(folder: str = "INBOX", *flags: str) -> Place:
    return folder, frozenset(flags)


INBOX = place("INBOX", "\\Seen")


@dataclass(frozen=True, slots=True)
class Fix:
    """A repaired field: what stands there now, and why."""

    after: str | datetime
    """The whole value; of a Date the moment."""
    why: str


@dataclass(frozen=True, slots=True)
class Case:
    """Distinct bytes, all their copies, and the end they must come to."""

    name: str
    raw: bytes
    """As they lie at the server; what it makes of them on the wire is asked over a socket."""
    places: tuple[Place, ...] = (INBOX,)
    arrived: datetime = ARRIVED
    """INTERNALDATE of every copy."""
    shown: datetime | None = SENT
    """The date in Gmail; None for the time of the import."""
    code: str | None = None
    """Why it ends in quarantine; None for a message that arrives."""
    verdict: str = "accepted"
    """What a deep plan says of it, unless it is repaired."""
    fixes: Mapping[str, Fix] = field(default_factory=dict)
    also: frozenset[str] = frozenset()
    """Labels that Gmail gives by itself."""
    thread: str | None = None
    """Cases with the same one stand in one conversation."""

    @property
    def foreseen(self) -> str:
        if self.verdict != "accepted":
            return self.verdict
        first = next((each for each in ("Message-ID", "Date") if each in self.fixes), None)
        return f"{first.lower()}-repaired" if first else "accepted"


def refused(
    name: str,
    raw: bytes,
    code: str,
    verdict: str = "accepted",
    places: tuple[Place, ...] = (INBOX,),
) -> Case:
    """A case that ends in quarantine; `verdict` is what a deep plan says of it."""
    return Case(name, raw, places, code=code, verdict=verdict)


def letter(name: str, body: bytes | str | None = None, **fields: bytes | str | None) -> bytes:
    """A message with CRLF; `fields` replace header fields (`_` for `-`), None leaves one out."""
    given: Mapping[str, bytes | str | None] = {
        "From": "Ann Example <ann@example.com>",
        "To": OWNER,
        "Subject": name,
        "Date": SENT_TEXT,
        "Message_ID": f"<{name}@example.com>",
    } | fields
    lines = [
        key.replace("_", "-").encode() + b": " + _bytes(value)
        for key, value in given.items()
        if value is not None
    ]
    text = _bytes(f"This is {name}.\r\n" if body is None else body)
    return b"\r\n".join([*lines, b"", text])


def _bytes(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
