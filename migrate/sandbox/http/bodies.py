"""Request bodies: received in bounded memory; JSON, `raw`, media types."""

from __future__ import annotations

import binascii
import json
import mmap
import tempfile
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import IO, Any

from migrate.sandbox.http.errors import ApiError

IN_MEMORY = 4 * 1024 * 1024
ENVELOPE = 64 * 1024
"""Room for the JSON part and the boundaries of a multipart request."""
MISSING = "'raw' RFC822 payload message string or uploading message via /upload/* URL required"
URL_SAFE = str.maketrans("-_", "+/")

Receive = Callable[[], Awaitable[Mapping[str, Any]]]


class Disconnected(Exception):
    """The client went away in the middle of its request."""


class Body:
    """A received body: bytes, or a map of a spool file that has no name any more."""

    def __init__(self, data: bytes | mmap.mmap, file: IO[bytes] | None = None) -> None:
        self.data, self._file = data, file

    def view(self, start: int = 0, end: int | None = None) -> memoryview:
        return memoryview(self.data)[start:end]

    def close(self) -> None:
        if self._file:
            self._file.close()  # the map goes when its last view does


EMPTY = Body(b"")


async def pieces(receive: Receive) -> AsyncIterator[bytes]:
    """A request body as it comes in; Disconnected."""
    more = True
    while more:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise Disconnected
        more = event.get("more_body", False)
        yield event.get("body", b"")


async def receive_body(receive: Receive, limit: int, spool: Path) -> Body:
    """The whole body; one over `limit` bytes is read to its end and then refused with 413.

    Reading on is what Google's front end does too: answering into a client that is still sending
    would reach it as a broken connection.
    """
    chunks: list[bytes] = []
    size, file = 0, None
    try:
        async for chunk in pieces(receive):
            size += len(chunk)
            if size > limit:
                chunks.clear()
            elif file is not None:
                file.write(chunk)
            else:
                chunks.append(chunk)
                if size > IN_MEMORY:
                    file = tempfile.TemporaryFile(dir=spool)  # noqa: SIM115 - Body closes it
                    file.writelines(chunks)
                    chunks.clear()
        if size > limit:
            raise too_large()
        if file is None:
            return Body(chunks[0] if len(chunks) == 1 else b"".join(chunks))
        file.flush()
        return Body(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), file)
    except BaseException:
        if file is not None:
            file.close()
        raise


def too_large() -> ApiError:
    """The wording is a guess; https://developers.google.com/drive/api/guides/handle-errors has 413
    `uploadTooLarge` for uploads."""
    return ApiError(413, "Request Entity Too Large", reason="uploadTooLarge")


def parse_json(data: bytes | memoryview) -> dict[str, Any]:
    """A JSON object; no body at all is an empty one. ApiError 400."""
    try:
        value = json.loads(bytes(data) or b"{}")
        if b"\\u" in bytes(data):  # half a surrogate pair is no text
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise ApiError(
            400, f"Invalid JSON payload received. {error}", reason="parseError"
        ) from error
    if not isinstance(value, dict):
        raise ApiError(400, "Invalid JSON payload received. Expected an object.")
    return value


def decode_raw(text: object) -> bytes:
    """base64url with or without padding; the plain alphabet is taken too. ApiError 400."""
    if not isinstance(text, str):
        raise ApiError(400, MISSING)
    plain = text.translate(URL_SAFE).rstrip("=")
    try:
        return b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (ValueError, binascii.Error) as error:
        raise ApiError(
            400,
            f"Invalid value at 'message.raw' (TYPE_BYTES), Base64 decoding failed for "
            f'"{text[:60]}"',
        ) from error


def media_type(content_type: str) -> None:
    """Uploads are message/* only (discovery: mediaUpload.accept). ApiError 400."""
    kind = content_type.partition(";")[0].strip().lower()
    if not kind.startswith("message/"):
        raise ApiError(
            400,
            f"Media type '{kind}' is not supported. Valid media types: [message/*]",
            reason="badContent",
        )
