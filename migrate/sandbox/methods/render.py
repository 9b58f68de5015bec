"""users.messages.get and attachments.get: a stored message in its four formats.

`raw` is the prepended headers and the uploaded bytes. The other formats are read with the
standard library from a copy and never fail: what can't be parsed is shown as it is.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator
from email.message import Message
from typing import Any

from migrate.sandbox.http.errors import ApiError, not_found
from migrate.sandbox.mailbox import mime
from migrate.sandbox.mailbox.arrival import prepended
from migrate.sandbox.mailbox.headers import header_block
from migrate.sandbox.mailbox.store import Row
from migrate.sandbox.methods.calls import Call, brief

INLINE = 8 * 1024
"""Bodies of named parts above this many bytes come by attachments.get; the bound is ours."""
SNIPPET = 200
LOOK = 64 * 1024
"""How many bytes of a message a snippet is looked for in."""


def stored(call: Call, row: Row) -> bytes:
    """Prepended headers and the bytes as they were uploaded."""
    if call.options.discard:
        raise ApiError(501, "The sandbox runs with --discard: it keeps no message bodies.")
    return prepended(row, call.user) + call.store.content(row["id"])


def get(call: Call, row: Row | None = None) -> dict[str, Any]:
    """The message of the path, or that of a draft (`row`)."""
    row, format_ = row or call.message(), call.query["format"]
    if call.metadata_only and format_ in ("full", "raw"):
        raise ApiError(403, f"Metadata scope doesn't allow format {format_.upper()}")
    answer = brief(row) | {
        "historyId": str(row["history"]),
        "internalDate": str(row["date"]),
        "sizeEstimate": row["size"] + len(prepended(row, call.user)),
    }
    if call.options.discard and format_ == "minimal":
        return answer | {"snippet": ""}
    data = stored(call, row)
    if format_ == "raw":
        answer["raw"] = urlsafe_b64encode(data).decode()
    if format_ == "full":
        tree = mime.tree(data)
        answer["payload"] = _part(tree, "")
    else:
        tree = mime.tree(data[:LOOK])
    if format_ == "metadata":
        only = {each.lower() for each in call.query.get("metadataHeaders", ())}
        shown = [each for each in _headers(data) if not only or each["name"].lower() in only]
        answer["payload"] = {"mimeType": mime.content_type(tree), "headers": shown}
    return answer | {"snippet": _snippet(tree)}


def snippet(call: Call, row: Row) -> str:
    """The beginning of the first text part; empty with --discard."""
    if call.options.discard:
        return ""
    return _snippet(mime.tree(call.store.content(row["id"])[:LOOK]))


def attachment(call: Call) -> dict[str, Any]:
    """messages.attachments.get: the decoded body of one part."""
    tree = mime.tree(stored(call, call.message(call.path["messageId"])))
    for part_id, part in _leaves(tree, ""):
        if call.path["id"] == _attachment_id(part_id):
            content = mime.content(part)
            return {"size": len(content), "data": urlsafe_b64encode(content).decode()}
    raise not_found()


def _attachment_id(part_id: str) -> str:
    return urlsafe_b64encode(f"part {part_id}".encode()).decode().rstrip("=")


def _part(part: Message, part_id: str) -> dict[str, Any]:
    name = mime.filename(part)
    answer: dict[str, Any] = {
        "partId": part_id,
        "mimeType": mime.content_type(part),
        "filename": name,
        "headers": [{"name": key, "value": mime.text(value)} for key, value in part.raw_items()],
    }
    if part.is_multipart():
        return answer | {
            "body": {"size": 0},
            "parts": [_part(inner, number) for number, inner in _children(part, part_id)],
        }
    content = mime.content(part)
    body: dict[str, Any] = {"size": len(content)}
    if name and len(content) > INLINE:
        body["attachmentId"] = _attachment_id(part_id)
    elif content:
        body["data"] = urlsafe_b64encode(content).decode()
    return answer | {"body": body}


def _children(part: Message, part_id: str) -> Iterator[tuple[str, Message]]:
    inner = part.get_payload()
    for number, each in enumerate(inner if isinstance(inner, list) else ()):
        if isinstance(each, Message):
            yield (f"{part_id}.{number}" if part_id else str(number)), each


def _leaves(part: Message, part_id: str) -> Iterator[tuple[str, Message]]:
    if not part.is_multipart():
        yield part_id, part
    for number, each in _children(part, part_id):
        yield from _leaves(each, number)


def _headers(data: bytes) -> Iterable[dict[str, str]]:
    tree = mime.tree(header_block(data) + b"\r\n\r\n")
    return [{"name": key, "value": mime.text(value)} for key, value in tree.raw_items()]


def _snippet(tree: Message) -> str:
    for _, part in _leaves(tree, ""):
        if (text := mime.plain(part)) is not None:
            return " ".join(text.split())[:SNIPPET]
    return ""
