"""BODYSTRUCTURE: the leaves of a message without its bytes (RFC 9051 7.5.2). Pure.

Servers get it wrong in many ways; what does not have the shape of a part is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from email.errors import HeaderParseError
from email.header import decode_header
from urllib.parse import unquote_to_bytes

from migrate.source import Part
from migrate.source.response import Value, number

_MOST = 10_000  # parts of a message that are looked at

# RFC 2231 3 and 4: `filename*`, `filename*0`, `filename*0*`.
_KEY = re.compile(rb"(filename|name)(?:\*(\d{1,4}))?(\*?)", re.IGNORECASE)


def leaves(value: Value) -> tuple[Part, ...] | None:
    """The parts that hold content, in order; an attached message comes before its own parts.

    None when `value` is no BODYSTRUCTURE.
    """
    found: list[Part] = []
    waiting: list[Value] = [value]  # not recursive: a message may be 10,000 levels deep
    while waiting and len(found) < _MOST:
        match waiting.pop():
            case [list(), *_] as multipart:
                waiting += [each for each in reversed(multipart) if isinstance(each, list)]
            case [bytes(kind), bytes(subtype), parameters, _, _, encoding, size, *more]:
                found.append(_part(kind, subtype, parameters, encoding, size, more))
                # message/rfc822: envelope and the body of the inner message.
                if kind.upper() == b"MESSAGE" and len(more) > 1 and isinstance(more[1], list):
                    waiting.append(more[1])
    return tuple(found) or None


def _part(
    kind: bytes,
    subtype: bytes,
    parameters: Value,
    encoding: Value,
    size: Value,
    more: Sequence[Value],
) -> Part:
    disposition = (_filename(each) for each in _dispositions(more))
    return Part(
        type=b"/".join((kind, subtype)).decode("ascii", "replace").lower(),
        filename=next((each for each in disposition if each), None) or _filename(parameters),
        encoding=encoding.decode("ascii", "replace").lower() if isinstance(encoding, bytes) else "",
        size=number(size) or 0,
    )


def _dispositions(more: Sequence[Value]) -> Iterator[Value]:
    """Parameters of `("attachment" ("filename" "x"))`: known by the shape, as the place differs."""
    for each in more:
        match each:
            case [bytes(), list(parameters)]:
                yield parameters


def _filename(parameters: Value) -> str | None:
    """Of a parenthesised list of names and values: the filename or name in any form."""
    plain: str | None = None
    pieces: dict[int, tuple[bytes, bool]] = {}
    for key, value in _pairs(parameters):
        if not (match := _KEY.fullmatch(key)):
            continue
        if match[2] is None and not match[3]:
            plain = plain or _words(value)
        else:
            pieces.setdefault(int(match[2] or 0), (value, bool(match[3])))
    return _joined(pieces) or plain or None


def _pairs(parameters: Value) -> Iterator[tuple[bytes, bytes]]:
    flat = parameters if isinstance(parameters, list) else []
    for key, value in zip(flat[::2], flat[1::2], strict=False):
        if isinstance(key, bytes) and isinstance(value, bytes):
            yield key, value


def _joined(pieces: dict[int, tuple[bytes, bool]]) -> str:
    """RFC 2231: continuations in their order; the first names the character set."""
    charset, whole = "utf-8", b""
    for index, (value, extended) in sorted(pieces.items()):
        if extended and index == 0 and value.count(b"'") >= 2:
            name, _, value = value.split(b"'", 2)
            charset = name.decode("ascii", "replace") or charset
        whole += unquote_to_bytes(value) if extended else value
    return _text(whole, charset)


def _words(value: bytes) -> str:
    """RFC 2047 encoded words do not belong into a quoted string; mail programs put them there."""
    text = _text(value, "utf-8")
    if "=?" not in text:
        return text
    try:
        pieces = decode_header(text)
    except (HeaderParseError, ValueError):
        return text
    return "".join(
        piece if isinstance(piece, str) else _text(piece, charset or "utf-8")
        for piece, charset in pieces
    )


def _text(raw: bytes, charset: str) -> str:
    try:
        return raw.decode(charset, "backslashreplace")
    except (LookupError, ValueError):
        return raw.decode("utf-8", "backslashreplace")
