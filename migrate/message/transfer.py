"""A part's content, its transfer encoding undone (RFC 2045 6); never fails, holds one piece."""

from __future__ import annotations

import re
from binascii import a2b_base64, a2b_qp
from collections.abc import Iterable, Iterator

_NOT_BASE64 = bytes(
    set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
)
_UNFINISHED = re.compile(rb"=[0-9A-Fa-f \t\r]?\Z")
_LONGEST = 64 * 1024


def decoded(pieces: Iterable[bytes], encoding: bytes) -> Iterator[bytes]:
    """`pieces` decoded; what is no encoding of RFC 2045 counts as none."""
    match encoding.strip().lower():
        case b"base64":
            return _base64(pieces)
        case b"quoted-printable":
            return _quoted_printable(pieces)
    return iter(pieces)


def _base64(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Up to the first padding; other characters are ignored (RFC 2045 6.8)."""
    rest = b""
    for piece in pieces:
        digits, padding, _ = (rest + piece.translate(None, _NOT_BASE64)).partition(b"=")
        whole = len(digits) if padding else len(digits) // 4 * 4
        rest = digits[whole:]
        yield _groups(digits[:whole])
        if padding:
            return
    yield _groups(rest)


def _groups(digits: bytes) -> bytes:
    """A lone last digit holds no byte."""
    if len(digits) % 4 == 1:
        digits = digits[:-1]
    return a2b_base64(digits + b"=" * (-len(digits) % 4))


def _quoted_printable(pieces: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        data = rest + piece
        cut = data.rfind(b"\n") + 1
        if len(data) - cut > _LONGEST:  # a line without end
            unfinished = _UNFINISHED.search(data, len(data) - 2)
            cut = unfinished.start() if unfinished else len(data)
        rest = data[cut:]
        yield a2b_qp(data[:cut])
    yield a2b_qp(rest)
