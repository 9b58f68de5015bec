"""The parts of a message (RFC 2045, RFC 2046 5), in one pass, whatever its bytes.

Nothing is decoded, and no more than a header is held: a part is where its content lies. Malformed
structure only means other parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from migrate.body import CHUNK, Body
from migrate.message.header import HEADER_LIMIT, Header, header_end

MAX_PARTS = 10_000
MAX_DEPTH = 1_000
"""More parts, and parts further inside, are not looked for; Gmail's bounds are unknown."""

# RFC 2046 5.1.1: a boundary has at most 70 characters; the line end before is the delimiter's.
_DELIMITER = re.compile(rb"(?:\r\n|[\r\n])--([^\r\n]{1,200})")
_WHOLE = 200
_LINE_END = re.compile(rb"\r*\n|\r")
_BOUNDARY = re.compile(rb"(?i)\bboundary\s*=\s*(?:\"([^\"]+)\"|([^\s;\"]+))")
_MESSAGES = (b"message/rfc822", b"message/global")
_MOST_HEADERS = 8 * 1024


class Part(NamedTuple):
    """One part, containers too; the content of a container is what stands before its first part."""

    header: Header
    start: int
    stop: int
    """Where its content lies in the message, still encoded."""
    depth: int
    """Multiparts around it."""


class _Delimiter(NamedTuple):
    start: int
    text: bytes
    end: int


def parts(body: Body) -> Iterator[Part]:
    """Every part of a message, from its first byte to its last."""
    with body.open() as stream:
        boundaries: list[bytes] = []
        delimiters = _delimiters(stream)
        at: int | None = 0
        for _ in range(MAX_PARTS):
            if at is None:
                return
            header, start = _header(stream, at)
            kind = b"".join(header.get("Content-Type")[:1]).lower()
            depth = len(boundaries)
            if kind.startswith(_MESSAGES) and start > at:
                yield Part(header, start, start, depth)
                at = start
                continue
            if kind.startswith(b"multipart/") and depth < MAX_DEPTH:
                boundaries += _boundary(header)
            stop, at = body.size, None
            for each in delimiters if boundaries else ():
                opens = _opens(each.text, boundaries)
                if opens is not None:
                    stop = min(stop, each.start)
                if opens:
                    at = _next_line(stream, each.end)
                    break
            yield Part(header, start, max(start, stop), depth)


def _header(stream: BinaryIO, at: int) -> tuple[Header, int]:
    """The header that begins at `at`, and where its body begins."""
    for size in (_MOST_HEADERS, HEADER_LIMIT):
        stream.seek(at)
        data = stream.read(size)
        end = header_end(data)
        if end < len(data):
            break
    return Header.parse(data[:end]), at + end


def _next_line(stream: BinaryIO, at: int) -> int:
    stream.seek(at)
    found = _LINE_END.match(stream.read(8))
    return at + (found.end() if found else 0)


def _boundary(header: Header) -> list[bytes]:
    found = _BOUNDARY.search(header.get("Content-Type")[0])
    boundary = (found[1] or found[2]).rstrip() if found else b""
    return [boundary] if boundary else []


def _opens(line: bytes, boundaries: list[bytes]) -> bool | None:
    """Whether a line opens a part or ends a multipart, None for neither; forgets what it ends.

    The innermost counts. Also a line in what looks like a header: then that had no end of its own.
    """
    line = line.rstrip(b" \t")
    for level in reversed(range(len(boundaries))):
        if line == boundaries[level]:
            del boundaries[level + 1 :]
            return True
        if line == boundaries[level] + b"--":
            del boundaries[level:]
            return False
    return None


def _delimiters(stream: BinaryIO) -> Iterator[_Delimiter]:
    """All lines that begin like a delimiter."""
    at, rest = 0, b""
    while True:
        stream.seek(at)
        piece = stream.read(CHUNK)
        data, base = rest + piece, at - len(rest)
        at, kept = at + len(piece), max(0, len(data) - len(b"\r\n--"))
        for match in _DELIMITER.finditer(data):
            if piece and match.end() == len(data) and len(match[1]) < _WHOLE:
                kept = match.start()  # the rest of it comes with the next piece
                break
            yield _Delimiter(base + match.start(), match[1], base + match.end())
        if not piece:
            return
        rest = data[kept:]
