"""Batch requests: several calls in one multipart/mixed body, and their answers in another.

https://developers.google.com/workspace/gmail/api/guides/batch
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from http import HTTPStatus
from typing import NamedTuple

from migrate.sandbox.http.bodies import Body
from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.http.multipart import Part, header_fields, parts
from migrate.sandbox.http.request import Answer, Request

MOST = 100
REQUEST_LINE = re.compile(rb"([A-Z]+) (\S+)(?: HTTP/\d\.\d)?\s*")


class Inner(NamedTuple):
    """One call of a batch."""

    content_id: bytes
    """As in the request, between its brackets; empty if there is none."""
    request: Request
    """The path is a whole URL if the client sent one."""


def calls(body: Body, content_type: str) -> list[Inner]:
    """The calls in the order of the request; ApiError 400 when any of them is malformed."""
    found: list[Inner] = []
    count = 0
    try:
        for part in parts(body.data, content_type, "multipart/mixed"):
            count += 1
            if count <= MOST:
                found.append(_call(body, part))
    except ApiError as error:
        raise _unreadable(count, body) from error
    if not count:
        raise _unreadable(count, body)
    if count > MOST:
        # mhasbini/gmail_analyzer issue 12
        raise ApiError(
            400, f"Inner request count exceeds the limit. Received: {count}, Limit: {MOST}"
        )
    return found


def _call(body: Body, part: Part) -> Inner:
    """One application/http part; ApiError 400."""
    data = bytes(body.view(part.start, part.end))
    if part.headers.get(b"content-type", b"").partition(b";")[0].strip() != b"application/http":
        raise ApiError(400, "a part is not application/http")
    first, newline, _ = data.partition(b"\n")
    line = REQUEST_LINE.fullmatch(first)
    if line is None:
        raise ApiError(400, "a part has no request line")
    # A request without header fields and body may end right after its first line.
    rest = data[len(first) + len(newline) :]
    headers, start = header_fields(rest, 0) if rest.strip() else ({}, len(rest))
    content = rest[start:]
    if (length := headers.get(b"content-length", b"")).isdigit():
        content = content[: int(length)]
    path, _, query = line[2].decode("latin-1").partition("?")
    request = Request(line[1].decode(), path, query, headers, Body(content))
    return Inner(part.headers.get(b"content-id", b"").strip().strip(b"<>"), request)


def _unreadable(count: int, body: Body) -> ApiError:
    """skaut/skaut-google-drive-gallery issue 2155."""
    return ApiError(
        400,
        f"Failed to parse batch request, error: {count} items. "
        f"Received batch body: ({len(body.data)}) bytes redacted",
        reason="badRequest",
    )


def answer(answers: Iterable[tuple[Inner, Answer]]) -> Answer:
    """All answers in one; a Content-ID comes back with `response-` before it."""
    boundary = f"batch_{secrets.token_urlsafe(24)}".encode()
    pieces: list[bytes] = []
    for inner, each in answers:
        pieces += [b"--", boundary, b"\r\nContent-Type: application/http\r\n"]
        if inner.content_id:
            pieces += [b"Content-ID: <response-", inner.content_id, b">\r\n"]
        pieces.append(f"\r\nHTTP/1.1 {each.status} {_phrase(each.status)}\r\n".encode())
        for name, value in each.headers:
            pieces += [name.title(), b": ", value, b"\r\n"]
        pieces += [b"Content-Length: %d\r\n\r\n" % len(each.data), each.data, b"\r\n"]
    pieces += [b"--", boundary, b"--\r\n"]
    return Answer(
        200, b"".join(pieces), ((b"content-type", b"multipart/mixed; boundary=" + boundary),)
    )


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
