"""One HTTP request, received; and the answer to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from migrate.sandbox.http.bodies import Body
from migrate.sandbox.http.errors import ApiError

Lines = tuple[tuple[bytes, bytes], ...]
JSON = (b"content-type", b"application/json; charset=UTF-8")


@dataclass(frozen=True, slots=True)
class Request:
    """Header names are in lower case; `path` and `query` are still percent-encoded."""

    verb: str
    path: str
    query: str
    headers: Mapping[bytes, bytes]
    body: Body
    resource: Mapping[str, Any] | None = None
    """The JSON part that a resumable upload began with; None for every other request."""

    def header(self, name: bytes) -> str:
        return self.headers.get(name, b"").decode("latin-1")


class Answer(NamedTuple):
    """Status, body and the header lines that go with it."""

    status: int
    data: bytes
    headers: Lines = (JSON,)


NO_CONTENT = Answer(204, b"", ())


def dump(value: Any, pretty: bool) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2 if pretty else None).encode()


def success(value: Any, pretty: bool = True) -> Answer:
    return Answer(200, dump(value, pretty))


def failure(error: ApiError, pretty: bool = True) -> Answer:
    return Answer(error.code, dump(error.body(), pretty))
