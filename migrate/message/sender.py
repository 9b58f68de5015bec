"""A From that Gmail takes, in place of one that it refuses: made of what the message itself says.

The first address that can be read in From, Sender, Reply-To and Return-Path, with the name that
From has. Only for people who ask for it (`[policy] refused`, `retry --repair`).
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress

from migrate.message.comments import without_comments
from migrate.message.header import Header

UNKNOWN = "unknown sender <unknown@mailhaul.invalid>"
"""Of a message that says nothing of its sender; `.invalid` is nobody's (RFC 2606 2)."""

_SAYS_WHO = ("From", "Sender", "Reply-To", "Return-Path")
_ATEXT = rb"A-Za-z0-9!#$%&'*+/=?^_`{|}~.\-"  # RFC 5322 3.2.3, and the dots of Japanese carriers
# Bounded as in RFC 5321 4.5.3.1, which also keeps the search linear.
_ADDRESS = re.compile(
    rb"(?<![" + _ATEXT + rb"@])[" + _ATEXT + rb"]{1,64}@"
    rb"[A-Za-z0-9][A-Za-z0-9-]{0,62}(?:\.[A-Za-z0-9][A-Za-z0-9-]{0,62}){0,9}(?![" + _ATEXT + rb"@])"
)
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_MARKS = re.compile(r'[\x00-\x1f\x7f"\\<>;]+')
_LONGEST = 200
_READ = 16 * 1024
_WORD = 12  # characters of an encoded word: at most 75 when encoded (RFC 2047 2)


def mended(header: Header) -> str:
    """The value of a From field with exactly one mailbox, in ASCII, on one line."""
    address = next(filter(None, map(_address, _said(header, *_SAYS_WHO))), None)
    name = next(filter(None, map(_name, _said(header, "From"))), "")
    if address is None and not name:
        return UNKNOWN
    return f"{_phrase(name)} <{address or 'unknown@mailhaul.invalid'}>".lstrip()


def _said(header: Header, *fields: str) -> Iterator[bytes]:
    return (value[:_READ] for field in fields for value in header.get(field))


def _address(value: bytes) -> str | None:
    found = _ADDRESS.search(_plain(value))
    return found[0].decode() if found else None


def _name(value: bytes) -> str:
    """What stands before the address or in its place, as far as its encoding is beyond doubt."""
    plain = _plain(value)
    found = _ADDRESS.search(plain)
    try:
        text = plain[: found.start() if found else None].decode()
    except UnicodeDecodeError:
        return ""
    return " ".join(_MARKS.sub(" ", text[:_LONGEST]).split())


def _plain(value: bytes) -> bytes:
    """Without comments; in UTF-8, since the letters of ISO-2022-JP look like signs of ASCII."""
    if b"\x1b" in value:
        with suppress(UnicodeDecodeError):
            value = value.decode("iso2022_jp").encode()
    plain = without_comments(value)
    return value if plain is None else plain


def _phrase(name: str) -> str:
    """RFC 5322 3.2.5; what is no ASCII becomes encoded words (RFC 2047)."""
    if not name or _ATOMS.fullmatch(name):
        return name
    if name.isascii():
        return f'"{name}"'
    pieces = (name[at : at + _WORD].encode() for at in range(0, len(name), _WORD))
    return " ".join(f"=?utf-8?B?{b64encode(each).decode()}?=" for each in pieces)
