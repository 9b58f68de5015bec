"""What Gmail makes of the bytes that come in: kept, changed or refused; what it puts before them.

GAM-team/got-your-back issue 266 shows the headers before an imported message. Their opaque tokens
are ours, made from the message's id, so that a message always reads the same.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from email.utils import formatdate

from migrate.sandbox.access.keys import PROJECT_NUMBER
from migrate.sandbox.assumptions import Assumptions
from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.mailbox import headers
from migrate.sandbox.mailbox.store import Row

LONG_LINE = re.compile(rb"[^\r\n]{999}")


def taken_in(content: memoryview, assume: Assumptions) -> memoryview:
    """The bytes as Gmail stores them; ApiError 400."""
    if assume.long_lines == "refuse" and LONG_LINE.search(content):
        raise malformed()
    if assume.header_bytes == "refuse" and not headers.header_block(content).isascii():
        raise malformed()
    if assume.nul == assume.bare_newlines == "keep":
        return content
    data = bytes(content)
    if assume.nul != "keep":
        data = _changed(data, data.replace(b"\0", b""), assume.nul == "refuse")
    if assume.bare_newlines != "keep":
        lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
        data = _changed(data, lines, assume.bare_newlines == "refuse")
    return memoryview(data)


def _changed(before: bytes, after: bytes, refuse: bool) -> bytes:
    if refuse and before != after:
        raise malformed()
    return after


def malformed() -> ApiError:
    """Which text Gmail has for any of these is not known; this one it has for malformed messages
    (GAM-team/got-your-back issue 317)."""
    return ApiError(400, "Request contains an invalid argument.")


def storage_full(assume: Assumptions) -> ApiError:
    """What a full mailbox answers; none of Gmail's own answers is publicly known."""
    if assume.storage_full == "precondition":
        text, status = "Precondition check failed.", "FAILED_PRECONDITION"
        return ApiError(400, text, reason="failedPrecondition", status=status)
    # Drive's, word for word (hassio-google-drive-backup issue 10, ieasybooks/tahweel issue 49).
    text = "The user's Drive storage quota has been exceeded."
    return ApiError(403, text, reason="storageQuotaExceeded", domain="usageLimits")


def own_message_id(message: int) -> str:
    """The Message-ID, without brackets, that Gmail gives to a message that has none.

    Mail sent through the API has ids of this form (public list archives); nobody has reported one
    of an import.
    """
    return f"CA{_token(message)}@mail.gmail.com"


def prepended(row: Row, owner: str) -> bytes:
    """The headers Gmail puts before the uploaded ones; Date and Message-ID where there is none.

    That messages.insert adds the same ones as import is assumed.
    """
    message, received = row["id"], row["received"]
    when, token = formatdate(received / 1000), f"{message:x}"
    lines = [
        f"Delivered-To: {owner}",
        f"Received: by 2002:a05:0:0:0:0:0:0 with SMTP id {token}csp;\r\n        {when}",
        f"X-Google-Smtp-Source: {_token(message)}",
        f"X-Received: by 2002:a05:: with SMTP id {token}mr.{received};\r\n        {when}",
        f"Received: from {PROJECT_NUMBER} named unknown by gmailapi.google.com with\r\n"
        f" HTTPREST; {when}",
    ]
    if row["draft"] is not None:  # never delivered
        del lines[:4]
    if not row["has_date"]:
        lines.append(f"Date: {when}")
    if row["message_id"] == own_message_id(message):
        lines.append(f"Message-ID: <{row['message_id']}>")
    return "".join(f"{line}\r\n" for line in lines).encode()


def _token(message: int) -> str:
    return urlsafe_b64encode(message.to_bytes(8)).decode().rstrip("=")
