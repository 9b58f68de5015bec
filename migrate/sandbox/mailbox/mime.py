"""What a part of a message says, read with the standard library. Never fails: what can't be
decoded is shown as it is."""

from __future__ import annotations

import re
from email.message import Message
from html import unescape

STYLE = re.compile(r"(?i)<(?:style|script)\b[^<>]*>[^<]*")
TAG = re.compile(r"<[^<>]*>")
"""Both stop at the next `<`: time linear in whatever somebody sends."""


def text(value: object) -> str:
    """A header value as readable Unicode, unfolded; undecodable bytes are replaced."""
    data = str(value).encode("utf-8", "surrogateescape")
    return re.sub(r"\r?\n(?=[ \t])", "", data.decode("utf-8", "replace")).strip()


def content(part: Message) -> bytes:
    """The body, its transfer encoding undone."""
    try:
        payload = part.get_payload(decode=True)
    except Exception:
        payload = None
    if isinstance(payload, bytes):
        return payload
    return str(part.get_payload()).encode("utf-8", "surrogateescape")


def content_type(part: Message) -> str:
    try:
        return part.get_content_type()
    except Exception:
        return "text/plain"


def filename(part: Message) -> str:
    try:
        return text(part.get_filename() or "")
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
    return read if kind == "text/plain" else unescape(TAG.sub(" ", STYLE.sub(" ", read)))
