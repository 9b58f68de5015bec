"""The tree of a message and what its parts say, read with the standard library. Never fails:
what can't be decoded is shown as it is, what is beyond the bounds of `parts` is left out."""

from __future__ import annotations

import re
from contextlib import suppress
from email.feedparser import BytesFeedParser
from email.message import Message
from html import unescape
from typing import Any

from migrate.sandbox.mailbox.headers import clean, header_end
from migrate.sandbox.mailbox.parts import MAX_DEPTH, MAX_PARTS

MAX_FIELD = 8 * 1024
"""Characters of a field in which parameters are looked for, for which `email` takes quadratic
time."""
STYLE = re.compile(r"(?i)<(?:style|script)\b[^<>]*>[^<]*")
TAG = re.compile(r"<[^<>]*>")
"""Both stop at the next `<`: time linear in whatever somebody sends."""


class _Part(Message):
    """Bounded where `email` is not."""

    depth = 0

    def attach(self, payload: Any) -> None:
        payload.depth = self.depth + 1
        if payload.depth > MAX_DEPTH:
            raise OverflowError
        super().attach(payload)

    def get(self, name: str, failobj: Any = None) -> Any:
        value = super().get(name, failobj)
        return value if value is failobj else str(value)[:MAX_FIELD]

    def get_boundary(self, failobj: Any = None) -> Any:
        try:
            return super().get_boundary(failobj)
        except Exception:  # `email` raises many things for malformed parameters
            return failobj


def tree(data: bytes) -> Message:
    """The message with its parts, as far as they can be parsed."""
    made: list[_Part] = []

    def new(**options: Any) -> _Part:
        if len(made) == MAX_PARTS:
            raise OverflowError
        made.append(_Part(**options))
        return made[-1]

    parser = BytesFeedParser(new)
    made.clear()  # the parser has tried `new`
    try:
        parser.feed(data)
        return parser.close()
    except Exception:
        root = made[0]  # parts are attached before they are parsed
    if root.get_payload() is None:
        root.set_payload(data[header_end(data)[1] :].decode("ascii", "surrogateescape"))
    return root


def text(value: object) -> str:
    """A header value as readable Unicode, unfolded; undecodable bytes are replaced."""
    data = str(value).encode("utf-8", "surrogateescape")
    return re.sub(r"\r?\n(?=[ \t])", "", data.decode("utf-8", "replace")).strip()


def content(part: Message) -> bytes:
    """The body, its transfer encoding undone."""
    for decode in (True, False):
        with suppress(Exception):
            payload = part.get_payload(decode=decode)
            if isinstance(payload, bytes):
                return payload
            if isinstance(payload, str):
                return payload.encode("utf-8", "surrogateescape")
    return b""


def content_type(part: Message) -> str:
    try:
        return part.get_content_type()
    except Exception:
        return "text/plain"


def filename(part: Message) -> str:
    try:
        return text(clean(part.get_filename() or ""))
    except Exception:
        return ""


def plain(part: Message) -> str | None:
    """The text of a text/plain or text/html part, of HTML what is between the tags."""
    kind = content_type(part)
    if kind not in ("text/plain", "text/html"):
        return None
    data = content(part)
    try:
        read = data.decode(str(part.get_content_charset("utf-8")), "replace")
    except Exception:  # an unknown charset, or none that makes text
        read = data.decode("utf-8", "replace")
    return clean(read if kind == "text/plain" else unescape(TAG.sub(" ", STYLE.sub(" ", read))))
