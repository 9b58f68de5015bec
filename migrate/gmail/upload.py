"""One message to Gmail in one `multipart/related` request, sent by libcurl.

Request shape: developers.google.com/workspace/gmail/api/guides/uploads, "multipart upload".
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

import httplib2
import pycurl

from migrate.body import Body
from migrate.errors import TargetError
from migrate.gmail.errors import NotSent, OutcomeUnknown, classify
from migrate.gmail.handle import Handle

Method = Literal["import", "insert", "draft"]
"""messages.import, messages.insert, drafts.create."""

DRAFT_LIMIT = 36_700_160
"""Bytes of a message for drafts.create (discovery document gmail.v1, mediaUpload.maxSize)."""

_PATHS: dict[Method, str] = {
    "import": "/upload/gmail/v1/users/me/messages/import",
    "insert": "/upload/gmail/v1/users/me/messages",
    "draft": "/upload/gmail/v1/users/me/drafts",
}
_FIELDS = "id,threadId,labelIds"
_NOT_SENT = {
    pycurl.E_COULDNT_RESOLVE_HOST,
    pycurl.E_COULDNT_RESOLVE_PROXY,
    pycurl.E_COULDNT_CONNECT,
    pycurl.E_SSL_CONNECT_ERROR,
}
_CERTIFICATE = {pycurl.E_PEER_FAILED_VERIFICATION, pycurl.E_SSL_CACERT_BADFILE}
# The slowest line that is not taken for a hung one.
_BYTES_PER_SECOND = 32 * 1024


@dataclass(frozen=True, slots=True)
class Stored:
    """What Gmail answers to import, insert and drafts.create."""

    gmail_id: str
    thread_id: str
    labels: frozenset[str]
    refused: frozenset[str] = frozenset()
    """Labels that had to be left out."""
    draft_id: str | None = None
    """Of a draft: the id that stays when its message is replaced."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message ready to go: the (repaired) header, and the rest of the source's bytes."""

    header: bytes
    body: Body
    offset: int
    """Where the rest begins in `body`."""

    @property
    def size(self) -> int:
        return len(self.header) + self.body.size - self.offset

    def chunks(self) -> Iterator[bytes]:
        yield self.header
        yield from self.body.chunks(self.offset)


class Uploader:
    """Sends messages from any thread, over as many kept-alive connections as are in use at a time.

    With what it trusts, a connection takes about a megabyte. Eight accounts have a hundred threads,
    most of which wait for quota.
    """

    def __init__(self, api: str, ca_file: Path | None = None, timeout: float = 120) -> None:
        self._api = api.rstrip("/")
        self._ca = str(ca_file or httplib2.CA_CERTS)
        self._timeout = timeout
        self._boundary = secrets.token_hex(24)
        """No message can hold it: nobody knows it."""
        self._idle: list[Handle] = []
        """What was used last is at the end, and the next to be used."""

    def send(
        self,
        method: Method,
        parcel: Parcel,
        token: str,
        *,
        labels: Sequence[str],
        thread_id: str | None = None,
        parameters: Mapping[str, str],
        check: Callable[[], None] = lambda: None,
    ) -> Stored:
        """Send `parcel` once; a draft takes neither labels nor parameters.

        `check` is called before each piece of the body, and ends the request by what it raises.
        Gmail stores no message whose body is cut off; still, whoever ends it so must not rely on
        that. Raises what `classify` makes of a refusal, `NotSent` when Gmail can't have seen the
        request, `OutcomeUnknown` when it may have.
        """
        check()
        opening = _opening(self._boundary, method == "draft", tuple(sorted(labels)), thread_id)
        closing = f"\r\n--{self._boundary}--\r\n".encode()
        query = _query(method, tuple(parameters.items()))
        with self._handle() as handle:
            handle.tell(pycurl.URL, f"{self._api}{_PATHS[method]}?{query}")
            handle.tell(
                pycurl.HTTPHEADER,
                [
                    f"Authorization: Bearer {token}",
                    f"Content-Type: multipart/related; boundary={self._boundary}",
                    "Accept: application/json",
                    "Expect:",
                ],
            )
            handle.tell(pycurl.TIMEOUT, int(self._timeout + parcel.size / _BYTES_PER_SECOND))
            try:
                handle.perform(
                    len(opening) + parcel.size + len(closing),
                    chain([opening], parcel.chunks(), [closing]),
                    check,
                )
            except pycurl.error as error:
                raise self._explained(handle, *error.args) from error
            status, answer = handle.status, handle.answer
        return _read(status, answer)

    def _explained(self, handle: Handle, code: int, reason: str) -> Exception:
        host = urlsplit(self._api).netloc
        if code in _CERTIFICATE:
            return TargetError("target-certificate", host=host, reason=reason)
        never_connected = code == pycurl.E_OPERATION_TIMEDOUT and not handle.connected
        if code in _NOT_SENT or never_connected:
            return NotSent(f"{host}: {reason}")
        return OutcomeUnknown(f"curl {code}: {reason}")

    @contextmanager
    def _handle(self) -> Iterator[Handle]:
        try:
            handle = self._idle.pop()
        except IndexError:
            handle = Handle(secure=self._api.startswith("https:"), ca=self._ca)
        try:
            yield handle
        finally:
            self._idle.append(handle)


@lru_cache(1024)
def _opening(boundary: str, draft: bool, labels: tuple[str, ...], thread_id: str | None) -> bytes:
    """What comes before the message; thousands of messages have the same labels."""
    metadata: dict[str, object] = {} if draft else {"labelIds": labels}
    if thread_id:
        metadata["threadId"] = thread_id
    if draft:
        metadata = {"message": metadata}
    return (
        f"--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n"
        f"{json.dumps(metadata)}\r\n--{boundary}\r\nContent-Type: message/rfc822\r\n\r\n"
    ).encode()


@lru_cache(64)
def _query(method: Method, parameters: tuple[tuple[str, str], ...]) -> str:
    wanted = f"id,message({_FIELDS})" if method == "draft" else _FIELDS
    return urlencode({"uploadType": "multipart", "fields": wanted, **dict(parameters)})


def _read(status: int, answer: bytes) -> Stored:
    if not 200 <= status < 300:
        raise classify(status, answer)
    try:
        return _stored(json.loads(answer.decode()))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise OutcomeUnknown(f"{status} with an unreadable body") from error


def _stored(answer: dict[str, Any]) -> Stored:
    """From a message, or from a draft, which holds one."""
    draft_id = answer["id"] if "message" in answer else None
    body = answer.get("message", answer)
    labels = frozenset(body.get("labelIds", ()))
    return Stored(body["id"], body["threadId"], labels, frozenset(), draft_id)
