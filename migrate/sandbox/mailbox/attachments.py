"""Attachments that Gmail refuses for their names (https://support.google.com/mail/answer/6590).

By the name in Content-Disposition and Content-Type, "including their compressed form … or when
found within archives", and "password-protected archives whose content is an archive". What is
certain of it and what is inferred: `tests/contracts/vectors/blocked_attachment.json`.
"""

from __future__ import annotations

import quopri
import re
import tomllib
from binascii import a2b_base64
from collections.abc import Callable, Iterator
from contextlib import suppress
from email import message_from_bytes
from email.utils import collapse_rfc2231_value
from functools import partial
from importlib.resources import files
from typing import IO

from migrate.sandbox.mailbox import archives
from migrate.sandbox.mailbox.archives import suffix
from migrate.sandbox.mailbox.headers import decode_words
from migrate.sandbox.mailbox.parts import parts

DATA = files("migrate.sandbox.mailbox") / "blocked_attachments.toml"
BLOCKED = frozenset(tomllib.loads(DATA.read_text("utf-8"))["extensions"])
NAMED = re.compile(rb"(?i)\n(content-(?:type|disposition)[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*)")
ENCODING = re.compile(rb"(?i)\ncontent-transfer-encoding[ \t]*:\s*([\w-]+)")
MAX_FIELD = 4096
MAX_QUOTED = 1024 * 1024
"""Bytes of an archive in quoted-printable, which hardly anything writes."""
UNPACKED = 8 * 1024 * 1024
"""Bytes unpacked for one message at most."""
DEPTH = 4
"""Archives in archives; a .tar.gz counts twice."""


def refused(content: memoryview) -> bool:
    """Whether Gmail refuses a message for its attachments. Malformed mail and archives never do."""
    search = _Search()
    for header, body in parts(content):
        for name in _names(header):
            kind = suffix(name)
            if kind in BLOCKED:
                return True
            if kind in archives.SUFFIXES:
                pieces = _decoded(header, body, from_end=kind == ".zip")
                if search.finds(name, partial(archives.stream, pieces), DEPTH):
                    return True
    return False


class _Search:
    """Looks into archives until it has unpacked enough."""

    def __init__(self) -> None:
        self._left = UNPACKED

    def finds(self, name: str, open_: Callable[[], IO[bytes]], depth: int) -> bool:
        with suppress(Exception):  # a broken archive: whatever its reader raises
            for each in archives.members(name, open_()):
                kind = suffix(each.name)
                if kind in BLOCKED or (kind in archives.SUFFIXES and each.encrypted):
                    return True
                if kind in archives.SUFFIXES and depth > 1:
                    inner = partial(self._bounded, each.open)
                    if self.finds(each.name, inner, depth - 1):
                        return True
        return False

    def _bounded(self, open_: Callable[[], IO[bytes]]) -> IO[bytes]:
        def pieces() -> Iterator[bytes]:
            for piece in archives.pieces(open_()):
                self._left -= len(piece)
                if self._left < 0:
                    return
                yield piece

        return archives.stream(pieces())


def _names(header: bytes) -> Iterator[str]:
    """File names of a part, decoded (RFC 2183 2.3, RFC 2231; RFC 2047 as many write it)."""
    lines = [line[:MAX_FIELD].rstrip() for line in NAMED.findall(b"\n" + header)]
    if not any(b"name" in line.lower() for line in lines):
        return
    fields = message_from_bytes(b"\r\n".join(lines) + b"\r\n\r\n")
    for field, parameter in (("content-disposition", "filename"), ("content-type", "name")):
        with suppress(Exception):  # `email` raises many things for malformed parameters
            value = fields.get_param(parameter, header=field)
            if value is not None:
                yield decode_words(collapse_rfc2231_value(value))


def _decoded(header: bytes, body: memoryview, from_end: bool) -> Iterator[bytes]:
    """The content of a part; `from_end` leaves out what no .zip's directory is in."""
    match = ENCODING.search(b"\n" + header)
    encoding, digits = match[1].lower() if match else b"", b""
    if encoding == b"quoted-printable":
        yield quopri.decodestring(body[:MAX_QUOTED])
        return
    first = max(0, len(body) - 2 * archives.ZIP_END) if from_end else 0
    step = 2 * archives.ZIP_END if from_end else archives.PIECE
    for start in range(first, len(body), step):
        piece = bytes(body[start : start + step])
        if encoding == b"base64":
            digits += piece.translate(None, b" \t\r\n")
            if first:  # base64 ends with a full group of four (RFC 4648 4)
                digits = digits[len(digits) % 4 :]
            whole = len(digits) // 4 * 4
            piece, digits = a2b_base64(digits[:whole]), digits[whole:]
        yield piece
