"""One response of an IMAP server and the values in it (RFC 9051 section 4 and 7).

Tolerant on purpose: what a server sends beside the grammar must cost a value, not the session.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from migrate.body import Body

Value: TypeAlias = "bytes | Body | list[Value] | None"
"""A string or atom as bytes, a large literal as Body, NIL as None, a parenthesised list."""

_TOKEN = re.compile(
    rb'(?P<open>\()|(?P<close>\))|"(?P<quoted>(?:[^"\\]|\\.)*)"'
    # An atom; brackets hold together, as in BODY[HEADER.FIELDS (DATE)].
    rb'|(?P<atom>(?:[^\s()"\[]|\[[^\]\[]*\]|\[)+)',
    re.DOTALL,
)

_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_BODY = re.compile(rb"\d+ FETCH \(.*BODY\[(?:HEADER|TEXT)?\] ", re.IGNORECASE | re.DOTALL)
# What may come after a body: nothing, or further items.
_AFTER = re.compile(rb"\s*(?:\s[A-Z][^\s()]* \S.*)?", re.IGNORECASE | re.DOTALL)

# A shortcut for listing the UIDs of a large folder.
_ONLY_UID = re.compile(rb"\d+ FETCH \(UID (\d+)\)", re.IGNORECASE)
# And one for their bodies: the text before, and the one after.
_UID_BODY = re.compile(rb"\d+ FETCH \(UID (\d+) BODY\[\] ", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Response:
    """A response line with its literals."""

    tag: bytes
    """`*`, `+` or the tag of a command."""
    parts: Sequence[bytes | Body]
    """Text, literal, text, literal … text; the `{n}` markers are left out."""

    @property
    def text(self) -> bytes:
        """The text before the first literal: all of a status response."""
        first = self.parts[0]
        assert isinstance(first, bytes)
        return first

    @property
    def status(self) -> bytes:
        """`OK`, `NO`, `BAD` … or any other first word, in upper case."""
        return self.text.partition(b" ")[0].upper()

    def values(self) -> list[Value]:
        """The response as nested values."""
        stack: list[list[Value]] = [[]]
        for index, part in enumerate(self.parts):
            if index % 2 or not isinstance(part, bytes):
                stack[-1].append(part)
                continue
            for token in _TOKEN.finditer(part):
                kind, text = token.lastgroup, token[token.lastgroup or 0]
                if kind == "open":
                    inner: list[Value] = []
                    stack[-1].append(inner)
                    stack.append(inner)
                elif kind == "close":
                    if len(stack) > 1:
                        stack.pop()
                elif kind == "quoted":
                    stack[-1].append(_ESCAPED.sub(rb"\1", text) if b"\\" in text else text)
                else:
                    stack[-1].append(None if text.upper() == b"NIL" else text)
        return stack[0]

    def items(self) -> dict[bytes, Value]:
        """The data items of a FETCH response by name in upper case; {} for any other response."""
        if len(self.parts) == 1 and (only_uid := _ONLY_UID.fullmatch(self.text)):
            return {b"UID": only_uid[1]}
        alone = len(self.parts) == 3 and self.parts[2] == b")"
        if alone and (body := _UID_BODY.fullmatch(self.text)):
            return {b"UID": body[1], b"BODY[]": self.parts[1]}
        match self.values():
            case [bytes(seq), bytes(word), list(pairs)] if (
                seq.isdigit() and word.upper() == b"FETCH"
            ):
                names = (name.upper() for name in pairs[::2] if isinstance(name, bytes))
                return dict(zip(names, pairs[1::2], strict=False))
        return {}

    def in_step(self) -> bool:
        """Whether after a message's body comes what may come: else the body was not as long as the
        server said, and what follows is the rest of it, or was taken for it."""
        if not _BODY.fullmatch(self.text):
            return True
        after = b"".join(part for part in self.parts[2::2] if isinstance(part, bytes)).rstrip()
        return bool(
            after.endswith(b")")
            and _AFTER.fullmatch(after[:-1])
            and after.count(b")") == after.count(b"(") + 1
        )

    def discard(self) -> None:
        """Remove what was spooled of this response."""
        for part in self.parts:
            if isinstance(part, Body):
                part.discard()


def number(value: Value) -> int | None:
    """`value` as an unsigned number of at most 63 bits (RFC 9051 9), None if it is none."""
    if isinstance(value, bytes) and value.isdigit() and len(value) < 20:
        return found if (found := int(value)) < 1 << 63 else None
    return None
