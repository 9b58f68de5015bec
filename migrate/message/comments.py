"""Comments of structured header fields (RFC 5322 3.2.2)."""

from __future__ import annotations

import re

_OUTSIDE = re.compile(rb'[^"(]+|"[^"\\]*+(?:\\.[^"\\]*+)*+"|\(', re.DOTALL)
_INSIDE = re.compile(rb"[^()\\]+|\\.|\(|\)", re.DOTALL)


def without_comments(value: bytes) -> bytes | None:
    """`value` with a blank for each comment; None when a comment or a quoted string never ends."""
    if b'"' not in value and b"(" not in value:
        return value
    kept, depth, at = [], 0, 0
    while at < len(value):
        token = (_INSIDE if depth else _OUTSIDE).match(value, at)
        if token is None:
            return None
        at = token.end()
        if token[0] == b"(":
            depth += 1
        elif depth == 0:
            kept.append(token[0])
        elif token[0] == b")":
            depth -= 1
            kept.append(b" ")
    return None if depth else b"".join(kept)
