"""One message to Gmail in one `multipart/related` request, sent by libcurl.

Two rules keep a message from being stored twice behind our back:

- libcurl sends a POST again by itself when a kept-alive connection drops after the body went out.
  It must rewind the body for that, and can't: the body comes through READFUNCTION and there is no
  SEEKFUNCTION. It then fails with error 65, which means *outcome unknown*.
- no redirects, no `Expect:`, no retries here: whoever calls decides what an error means.

Request shape: developers.google.com/workspace/gmail/api/guides/uploads, "multipart upload".
"""

from __future__ import annotations

import io
import json
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

import httplib2
import pycurl

from migrate.body import Body
from migrate.errors import TargetError
from migrate.gmail.auth import LOOPBACK
from migrate.gmail.errors import NotSent, OutcomeUnknown, classify

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
    """Sends messages over one kept-alive connection per thread."""

    def __init__(self, api: str, ca_file: Path | None = None, timeout: float = 120) -> None:
        self._api = api.rstrip("/")
        self._ca = str(ca_file or httplib2.CA_CERTS)
        self._timeout = timeout
        self._handles = threading.local()

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
        draft = method == "draft"
        metadata: dict[str, object] = {} if draft else {"labelIds": sorted(labels)}
        if thread_id:
            metadata["threadId"] = thread_id
        if draft:
            metadata = {"message": metadata}
        boundary = secrets.token_hex(24)
        opening = (
            f"--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n"
            f"{json.dumps(metadata)}\r\n--{boundary}\r\nContent-Type: message/rfc822\r\n\r\n"
        ).encode()
        closing = f"\r\n--{boundary}--\r\n".encode()
        wanted = f"id,message({_FIELDS})" if draft else _FIELDS
        query = {"uploadType": "multipart", "fields": wanted, **parameters}
        curl = self._handle()
        curl.setopt(pycurl.URL, f"{self._api}{_PATHS[method]}?{urlencode(query)}")
        curl.setopt(
            pycurl.HTTPHEADER,
            [
                f"Authorization: Bearer {token}",
                f"Content-Type: multipart/related; boundary={boundary}",
                "Accept: application/json",
                "Expect:",
            ],
        )
        curl.setopt(pycurl.POSTFIELDSIZE_LARGE, len(opening) + parcel.size + len(closing))
        reader = _Reader(chain([opening], parcel.chunks(), [closing]), check)
        curl.setopt(pycurl.READFUNCTION, reader.read)
        curl.setopt(pycurl.TIMEOUT, int(self._timeout + parcel.size / _BYTES_PER_SECOND))
        return self._perform(curl, reader)

    def _perform(self, curl: pycurl.Curl, reader: _Reader) -> Stored:
        answer = io.BytesIO()
        curl.setopt(pycurl.WRITEFUNCTION, answer.write)
        try:
            curl.perform()
        except pycurl.error as error:
            if reader.failure is not None:
                raise reader.failure from error
            code, reason = error.args
            host = urlsplit(self._api).netloc
            if code in _CERTIFICATE:
                raise TargetError("target-certificate", host=host, reason=reason) from error
            if code in _NOT_SENT or self._never_connected(curl, code):
                raise NotSent(f"{host}: {reason}") from error
            raise OutcomeUnknown(f"curl {code}: {reason}") from error
        status = curl.getinfo(pycurl.RESPONSE_CODE)
        if not 200 <= status < 300:
            raise classify(status, answer.getvalue())
        try:
            return _stored(json.loads(answer.getvalue()))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise OutcomeUnknown(f"{status} with an unreadable body") from error

    @staticmethod
    def _never_connected(curl: pycurl.Curl, code: int) -> bool:
        connected = curl.getinfo(pycurl.PRETRANSFER_TIME) > 0
        return code == pycurl.E_OPERATION_TIMEDOUT and not connected

    def _handle(self) -> pycurl.Curl:
        curl: pycurl.Curl | None = getattr(self._handles, "curl", None)
        if curl is None:
            curl = self._handles.curl = pycurl.Curl()
            secure = self._api.startswith("https:")
            curl.setopt(pycurl.POST, 1)
            curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
            curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTPS if secure else pycurl.PROTO_HTTP)
            curl.setopt(pycurl.FOLLOWLOCATION, 0)
            curl.setopt(pycurl.NOSIGNAL, 1)
            curl.setopt(pycurl.CONNECTTIMEOUT, 30)
            curl.setopt(pycurl.CAINFO, self._ca)
            curl.setopt(pycurl.NOPROXY, ",".join(sorted(LOOPBACK)))
            curl.setopt(pycurl.UPLOAD_BUFFERSIZE, 256 * 1024)
        return curl


def _stored(answer: dict[str, Any]) -> Stored:
    """From a message, or from a draft, which holds one."""
    draft_id = answer["id"] if "message" in answer else None
    body = answer.get("message", answer)
    labels = frozenset(body.get("labelIds", ()))
    return Stored(body["id"], body["threadId"], labels, frozenset(), draft_id)


class _Reader:
    """A READFUNCTION over all parts; holds at most one chunk of a spooled message.

    Each call takes the interpreter's lock, for which it may have to wait: most messages go whole.
    """

    def __init__(self, parts: Iterable[bytes], check: Callable[[], None]) -> None:
        self._parts, self._check = iter(parts), check
        self._rest = b""
        self.failure: Exception | None = None
        """Why the body broke off: what `check` raised, or the reading of a spool file."""

    def read(self, size: int) -> bytes | int:
        found = [self._rest]
        length = len(self._rest)
        try:
            while length < size and (piece := next(self._parts, None)) is not None:
                found.append(piece)
                length += len(piece)
            self._check()
        except Exception as error:
            # libcurl can't pass it on.
            self.failure = error
            return int(pycurl.READFUNC_ABORT)
        whole = b"".join(found)
        self._rest = whole[size:]
        return whole[:size]
