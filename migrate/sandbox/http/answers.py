"""How an answer goes out over ASGI: compressed if the client wants it, dated by the sandbox."""

from __future__ import annotations

import gzip
from collections.abc import Awaitable, Callable, Mapping
from email.utils import formatdate
from functools import lru_cache
from typing import Any

from migrate.sandbox.http.request import Answer

Send = Callable[[Mapping[str, Any]], Awaitable[None]]

BAD_TOKEN = (
    b"www-authenticate",
    b'Bearer realm="https://accounts.google.com/", error="invalid_token"',
)
COMPRESSIBLE = 1024
"""Bytes below which compressing gains nothing."""
ENCODED = (b"content-encoding", b"gzip")
VARY = (b"vary", b"Accept-Encoding, User-Agent")


async def send_answer(
    send: Send, answer: Answer, headers: Mapping[bytes, bytes], now: float, *, cut: bool = False
) -> None:
    """Answer a request that had these headers; `cut`: only half, under the full Content-Length."""
    status, data, given = answer
    lines = [date(int(now)), *given]
    if len(data) > COMPRESSIBLE:
        lines.append(VARY)
        if wants_gzip(headers):
            data = gzip.compress(data, 1, mtime=0)
            lines.append(ENCODED)
    if status not in (204, 304):
        lines.append((b"content-length", b"%d" % len(data)))
    if status == 401:
        lines.append(BAD_TOKEN)
    await send({"type": "http.response.start", "status": status, "headers": lines})
    if cut:
        half = data[: len(data) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
    else:
        await send({"type": "http.response.body", "body": data})


def wants_gzip(headers: Mapping[bytes, bytes]) -> bool:
    """Both headers have to say so:
    https://developers.google.com/workspace/gmail/api/guides/performance#gzip"""
    codings = headers.get(b"accept-encoding", b"").lower().replace(b" ", b"").split(b",")
    accepted = any(each in (b"gzip", b"*") or each.startswith(b"gzip;") for each in codings)
    return accepted and b"gzip;q=0" not in codings and b"gzip" in headers.get(b"user-agent", b"")


@lru_cache(1)
def date(second: int) -> tuple[bytes, bytes]:
    """The Date line (RFC 9110 6.6.1)."""
    return b"date", formatdate(second, usegmt=True).encode()
