"""Content-Range of a resumable upload: what a PUT brings, or that it only asks.

https://developers.google.com/workspace/gmail/api/guides/uploads#resumable
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from migrate.sandbox.http.errors import ApiError

QUANTUM = 256 * 1024
"""Google keeps a chunk in multiples of this, the last one excepted."""
SPELLING = re.compile(r"bytes (?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18}|\*)")


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes `start` up to, not including, `end` of `total`; None is unknown."""

    start: int
    end: int | None
    total: int | None
    asks: bool = False
    """Brings nothing: asks how much is there."""


def parse(content_range: str, length: int | None) -> Span:
    """What a PUT says of its body of `length` bytes (None: chunked transfer); ApiError 400.

    Without Content-Range it is the whole message.
    """
    if not content_range:
        return Span(0, length, length)
    match = SPELLING.fullmatch(content_range.strip())
    if match is None:
        raise _unreadable()
    total = None if match[3] == "*" else int(match[3])
    if match[1] is None:
        if length:
            # talkiq/gcloud-aio issue 1116
            raise ApiError(400, "Client sent query request with a non-empty body.")
        return Span(0, 0, total, asks=True)
    start, end = int(match[1]), int(match[2]) + 1
    if end <= start or (total is not None and end > total):
        raise _unreadable()
    if length is not None and length != end - start:
        # The wording is a guess.
        raise ApiError(
            400,
            f"Invalid request.  There were {length} byte(s) in the request body.  There should "
            f"have been {end - start} byte(s) (starting at offset {start} and ending at offset "
            f"{end - 1}) according to the Content-Range header.",
            reason="badRequest",
        )
    return Span(start, end, total)


def whole(size: int) -> int:
    """So much of `size` bytes is kept when more has to come."""
    return size // QUANTUM * QUANTUM


def _unreadable() -> ApiError:
    """googleapis/google-api-php-client issue 1227."""
    return ApiError(400, "Failed to parse Content-Range header.", reason="badRequest")
