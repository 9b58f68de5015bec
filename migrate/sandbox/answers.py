"""Answers: status and JSON bytes, and how they go out over ASGI."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from migrate.sandbox.errors import ApiError
from migrate.sandbox.faults import Rule

Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Answer = tuple[int, bytes]

TYPE = (b"content-type", b"application/json; charset=UTF-8")
BAD_TOKEN = (
    b"www-authenticate",
    b'Bearer realm="https://accounts.google.com/", error="invalid_token"',
)


def dump(value: Any, pretty: bool) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2 if pretty else None).encode()


def failure(error: ApiError, pretty: bool = True) -> Answer:
    return error.code, dump(error.body(), pretty)


def injected(rule: Rule) -> Answer:
    assert rule.status is not None
    if rule.body is None:
        return failure(rule.error())
    text = rule.body if isinstance(rule.body, str) else json.dumps(rule.body)
    return rule.status, text.encode()


async def send_answer(
    send: Send, answer: Answer, rule: Rule | None = None, *, cut: bool = False
) -> None:
    """Send it whole; `cut`: only half of it, under the full Content-Length. `rule` adds headers."""
    status, data = answer
    lines = [(b"content-length", str(len(data)).encode())]
    if data:
        lines.append(TYPE)
    if status == 401:
        lines.append(BAD_TOKEN)
    if rule:
        lines += [(key.lower().encode(), str(each).encode()) for key, each in rule.headers.items()]
    if status == 204:
        lines.clear()
    await send({"type": "http.response.start", "status": status, "headers": lines})
    if cut:
        half = data[: len(data) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
    else:
        await send({"type": "http.response.body", "body": data})
