"""The parts of a message, found in one pass over its bytes (RFC 2046 5.1).

`email` would build a tree of copies; this is done for every import, of up to 150 MiB. Nothing is
decoded; malformed structure only means other parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrate.sandbox.mailbox.headers import header_end

DELIMITER = re.compile(rb"\n--([^\r\n]{1,200})(?=(\r?\n?))")
CONTAINER = re.compile(
    rb"(?i)\ncontent-type[ \t]*:\s*(multipart/|message/(?:rfc822|global)\b)"
    rb"[^\n]*(?:\n[ \t][^\n]*)*"
)
BOUNDARY = re.compile(rb"(?i)\bboundary\s*=\s*(?:\"([^\"\r\n]+)\"|([^\s;\"]+))")
MAX_HEADER = 64 * 1024
MAX_PARTS = 1000
MAX_DEPTH = 50
"""The bounds are ours: Gmail's are unknown."""


def parts(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Header block and encoded body of every part, containers too, in order.

    The body of a container is what stands before its first part. At most MAX_PARTS,
    and below MAX_DEPTH containers the rest is one part.
    """
    boundaries: list[bytes] = []
    delimiters = DELIMITER.finditer(data)
    start: int | None = 0
    for _ in range(MAX_PARTS):
        if start is None:
            return
        end, body = header_end(data, start, start + MAX_HEADER)
        header = bytes(data[start:end])
        container = CONTAINER.search(b"\n" + header)
        if container and container[1].lower() != b"multipart/":
            yield header, data[body:body]
            start = body
            continue
        room = len(boundaries) < MAX_DEPTH
        if container and room and (found := BOUNDARY.search(container[0])):
            boundaries.append(found[1] or found[2])
        stop, start = len(data), None
        for each in delimiters if boundaries else ():
            opens = _opens(each[1].rstrip(), boundaries)
            if opens is not None:
                stop = min(stop, each.start())
            if opens:
                start = each.end(2)
                break
        yield header, data[body : max(body, stop)]


def _opens(line: bytes, boundaries: list[bytes]) -> bool | None:
    """Whether a line delimits: opens a part, or ends one; drops the boundaries of what it ends."""
    for level in reversed(range(len(boundaries))):
        if line == boundaries[level]:
            del boundaries[level + 1 :]
            return True
        if line == boundaries[level] + b"--":
            del boundaries[level:]
            return False
    return None
