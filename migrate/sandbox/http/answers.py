"""How an answer goes out over ASGI."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from migrate.sandbox.http.request import Answer

Send = Callable[[Mapping[str, Any]], Awaitable[None]]

BAD_TOKEN = (
    b"www-authenticate",
    b'Bearer realm="https://accounts.google.com/", error="invalid_token"',
)


async def send_answer(send: Send, answer: Answer, *, cut: bool = False) -> None:
    """Send it whole; `cut`: only half of it, under the full Content-Length."""
    status, data, headers = answer
    lines = list(headers)
    if status != 204:
        lines.append((b"content-length", str(len(data)).encode()))
    if status == 401:
        lines.append(BAD_TOKEN)
    await send({"type": "http.response.start", "status": status, "headers": lines})
    if cut:
        half = data[: len(data) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
    else:
        await send({"type": "http.response.body", "body": data})
