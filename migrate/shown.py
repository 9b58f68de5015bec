"""Foreign text as a person may see it: what hides or reorders text is shown, headers are decoded.

Only for reading; nothing here goes into anybody's message.
"""

from __future__ import annotations

import re
from contextlib import suppress
from email.header import decode_header, make_header

# Controls, bidi controls (UAX #9 2), invisible format characters, line separators and lone
# surrogates: what could hide or reorder text. ZWJ and ZWNJ stay: scripts and emoji need them.
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_WORDS = re.compile(r"=\?[^?\s]+\?[BbQq]\?[^?]*\?=(?:\s+=\?[^?\s]+\?[BbQq]\?[^?]*\?=)*")
"""Encoded words in a row, which may share a character (RFC 2047, 6.2)."""
_CHARSETS = ("utf-8", "cp932", "euc_jp")
"""Of 8-bit headers, which say nothing of theirs: the first in which the bytes make sense."""
_LONGEST = 4096
"""Bytes of a field that are decoded: `email` takes quadratic time."""
_SHORT = 200
"""Characters that are shown."""


def visible(text: str) -> str:
    """`text` on one line, with every character that hides or reorders text as `⟨U+202E⟩`."""
    return _INVISIBLE.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)


def field(value: bytes) -> str:
    """The value of a header field as people read it: one line of at most 201 characters."""
    text = " ".join(_WORDS.sub(_words, _text(value[:_LONGEST])).split())
    return visible(text if len(text) <= _SHORT else text[:_SHORT] + "…")


def _words(found: re.Match[str]) -> str:
    # `email` raises many things for malformed words, which then stay as they are.
    with suppress(Exception):
        return str(make_header(decode_header(found[0]))) or found[0]
    return found[0]


def _text(value: bytes) -> str:
    guesses = ("iso2022_jp", *_CHARSETS) if b"\x1b$" in value else _CHARSETS
    for charset in guesses:
        with suppress(UnicodeDecodeError):
            return value.decode(charset)
    return value.decode("latin-1")
