"""Multipart bodies taken apart byte-exactly (RFC 2046 5.1.1): nothing is decoded or copied."""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from migrate.sandbox.http.bodies import ENVELOPE, MISSING, Body, media_type, parse_json
from migrate.sandbox.http.errors import ApiError

BOUNDARY = re.compile(r';\s*boundary\s*=\s*(?:"([^"]+)"|([^\s;]+))', re.I)


class Part(NamedTuple):
    headers: dict[bytes, bytes]
    """Names in lower case."""
    start: int
    end: int


def parts(data: bytes | mmap.mmap, content_type: str, kind: str) -> Iterator[Part]:
    """The parts of a body that has to be of this kind; ApiError 400.

    The line end of the first delimiter tells the client's style: google-api-python-client
    delimits with bare LF, others with CRLF as RFC 2046 5.1.1 wants. A part ends right before that
    line end, so that its own last bytes survive.
    """
    boundary = BOUNDARY.search(content_type)
    if content_type.partition(";")[0].strip().lower() != kind or boundary is None:
        raise malformed()
    delimiter = b"--" + (boundary[1] or boundary[2]).encode("latin-1")
    start = 0 if data[: len(delimiter)] == delimiter else data.find(b"\n" + delimiter) + 1
    line_end = data.find(b"\n", start)
    if data[start : start + len(delimiter)] != delimiter or line_end < 0:
        raise malformed()
    newline = b"\r\n" if data[line_end - 1 : line_end] == b"\r" else b"\n"
    while line_end >= 0 and data[start : start + len(delimiter) + 2] != delimiter + b"--":
        headers, begin = header_fields(data, line_end + 1)
        # From begin - 2: an empty part's delimiter follows its empty header line directly.
        end = data.find(newline + delimiter, begin - len(newline))
        if end < 0:
            raise malformed()
        yield Part(headers, begin, max(begin, end))
        start = end + len(newline)
        line_end = data.find(b"\n", start)


def split_related(body: Body, content_type: str) -> tuple[dict[str, Any], memoryview]:
    """The JSON and the message of a multipart/related body (RFC 2387). ApiError 400.

    https://developers.google.com/workspace/gmail/api/guides/uploads#multipart
    """
    found = list(islice(parts(body.data, content_type, "multipart/related"), 3))
    if len(found) > 2:
        raise malformed()
    if len(found) != 2:
        raise ApiError(400, MISSING)
    resource, mail = found
    media_type(mail.headers.get(b"content-type", b"text/plain").decode("latin-1"))
    return parse_json(body.view(resource.start, resource.end)), body.view(mail.start, mail.end)


def header_fields(data: bytes | mmap.mmap, start: int) -> tuple[dict[bytes, bytes], int]:
    """Fields, names in lower case, and where the content after them begins; ApiError 400."""
    fields: dict[bytes, bytes] = {}
    name, position = b"", start
    while True:
        end = data.find(b"\n", position)
        if end < 0 or end - start > ENVELOPE:
            raise malformed()
        line = data[position:end].rstrip(b"\r")
        position = end + 1
        if not line.strip():
            return fields, position
        if line[:1] in (b" ", b"\t"):  # folded (RFC 5322 2.2.3)
            if name:
                fields[name] += b" " + line.strip()
            continue
        name, _, value = line.partition(b":")
        name = name.strip().lower()
        fields[name] = value.strip()


def malformed() -> ApiError:
    return ApiError(400, "Malformed multipart body.", reason="badRequest")
