"""What a person sees of the bytes of a message. Never fails, and never reads more than it shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses
from typing import NamedTuple

from migrate.sandbox.mailbox import mime
from migrate.sandbox.mailbox.headers import decode_words
from migrate.sandbox.mailbox.parts import parts

MAX_FIELD = 8 * 1024
"""Characters read of one header field."""
SNIPPET = 200


class Person(NamedTuple):
    name: str
    """Empty when there is only an address."""
    address: str
    """Empty when the field can't be understood: then `name` is all of it."""

    @property
    def short(self) -> str:
        return self.name or self.address


class Piece(NamedTuple):
    """A part of a message, its place among all of them, its encoded body."""

    number: int
    head: Message
    body: memoryview

    @property
    def kind(self) -> str:
        return mime.content_type(self.head)

    @property
    def name(self) -> str:
        """The file name; empty when there is none."""
        with suppress(Exception):  # `email` raises many things for malformed parameters
            return decode_words(mime.filename(self.head))[:MAX_FIELD]
        return ""

    @property
    def attached(self) -> bool:
        """Not one of the texts: what Gmail lists under the message."""
        if self.container:
            return False
        if self.kind not in ("text/plain", "text/html"):
            return True
        disposition = _disposition(self.head)
        return disposition == "attachment" or bool(self.name and disposition != "inline")

    @property
    def container(self) -> bool:
        return self.kind.startswith(("multipart/", "message/rfc822", "message/global"))

    @property
    def size(self) -> int:
        """Bytes of the content, of a long one about."""
        sample = bytes(self.body[: 64 * 1024])
        if not sample or _field(self.head, "content-transfer-encoding").lower() != "base64":
            return len(self.body)
        digits = len(sample.translate(None, b" \t\r\n="))
        return len(self.body) * digits * 3 // 4 // len(sample)

    def content(self, limit: int | None = None) -> bytes:
        """The content, its transfer encoding undone; with `limit`, of so many encoded bytes."""
        data = bytes(self.body[:limit])
        if limit is not None and len(self.body) > limit:
            data = data[: data.rfind(b"\n") + 1] or data  # base64 is only whole by the line
        self.head.set_payload(data.decode("ascii", "surrogateescape"))
        return mime.content(self.head)

    def text(self, limit: int) -> str:
        """The same as text, in its own charset."""
        data = self.content(limit)
        try:
            return data.decode(str(self.head.get_content_charset("utf-8")), "replace")
        except Exception:  # an unknown charset, or none that makes text
            return data.decode("utf-8", "replace")


class Glance(NamedTuple):
    """What a list shows of a message."""

    senders: list[Person]
    recipients: list[Person]
    subject: str
    snippet: str
    clip: bool


def pieces(data: bytes) -> Iterator[Piece]:
    for number, (header, body) in enumerate(parts(memoryview(data))):
        try:
            head = message_from_bytes(header + b"\r\n\r\n")
        except Exception:  # `email` raises many things for malformed headers
            head = Message()
        if number and bytes(body[-1:]) == b"\r":  # belongs to the delimiter (RFC 2046 5.1.1)
            body = body[:-1]
        yield Piece(number, head, body)


def glance(beginning: bytes) -> Glance:
    """Of the first bytes of a message."""
    found = list(pieces(beginning))
    head = found[0].head if found else Message()
    snippet = ""
    for each in found:
        if not each.container and not each.attached and not snippet:
            each.content()  # sets the payload that `plain` reads
            snippet = " ".join((mime.plain(each.head) or "").split())[:SNIPPET]
    return Glance(
        people(values(head, "from")),
        people(values(head, "to", "cc", "bcc")),
        subject(head),
        snippet,
        any(each.attached for each in found),
    )


def values(head: Message, *names: str) -> list[str]:
    """The values of fields, unfolded, encoded words as they are."""
    with suppress(Exception):
        return [
            mime.text(value)[:MAX_FIELD]
            for name, value in head.raw_items()
            if name.lower() in names
        ]
    return []


def subject(head: Message) -> str:
    return " ".join(decode_words(_field(head, "subject")).split())


def people(fields: Sequence[str]) -> list[Person]:
    """Who stands in address fields; a field that can't be understood is one of them as it is."""
    found: list[Person] = []
    for field in fields:
        named: list[tuple[str, str]] = []
        with suppress(Exception):
            named = [each for each in getaddresses([field]) if each[1]]
        found += [Person(decode_words(name), address) for name, address in named]
        if not named and field:
            found.append(Person(decode_words(field), ""))
    return found


def _field(head: Message, name: str) -> str:
    return (values(head, name) or [""])[0].strip()


def _disposition(head: Message) -> str | None:
    try:
        return head.get_content_disposition()
    except Exception:
        return None
