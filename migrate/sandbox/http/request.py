"""One HTTP request, received; and the answer to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from migrate.sandbox.http.bodies import EMPTY, Body
from migrate.sandbox.http.errors import ApiError

Lines = tuple[tuple[bytes, bytes], ...]
JSON = (b"content-type", b"application/json; charset=UTF-8")


@dataclass(slots=True)
class Request:
    """Header names are in lower case; `path` and `query` are still percent-encoded."""

    verb: str
    path: str
    query: str
    headers: Mapping[bytes, bytes]
    body: Body = EMPTY
    """Empty until it has been received."""
    resource: Mapping[str, Any] | None = None
    """The JSON part that a resumable upload began with; None for every other request."""

    def header(self, name: bytes) -> str:
        return self.headers.get(name, b"").decode("latin-1")

    def token(self) -> str | None:
        """The access token: a bearer (RFC 6750 2.1), or the system parameter `access_token`
        (https://cloud.google.com/apis/docs/system-parameters)."""
        kind, _, token = self.header(b"authorization").partition(" ")
        if kind:
            return token.strip() if kind.lower() == "bearer" else None
        given = dict(parse_qsl(self.query))
        return given.get("access_token") or given.get("oauth_token")


class Answer(NamedTuple):
    """Status, body and the header lines that go with it."""

    status: int
    data: bytes
    headers: Lines = (JSON,)


NO_CONTENT = Answer(204, b"", ())


def dump(value: Any, pretty: bool) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2 if pretty else None).encode(
        "utf-8", "replace"
    )


def success(value: Any, pretty: bool = True) -> Answer:
    return Answer(200, dump(value, pretty))


def tagged(answer: Answer, etag: str, request: Request) -> Answer:
    """With its entity tag (RFC 9110 8.8.3); 304 without a body when the client has it already."""
    line = (b"etag", etag.encode("ascii", "replace"))
    known = request.header(b"if-none-match").split(",")
    if request.verb == "GET" and any(each.strip() in (etag, "*") for each in known):
        return Answer(304, b"", (line,))
    return answer._replace(headers=(*answer.headers, line))


def failure(error: ApiError, pretty: bool = True) -> Answer:
    return Answer(error.code, dump(error.body(), pretty))
