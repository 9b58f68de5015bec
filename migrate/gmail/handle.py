"""libcurl, a request at a time: one kept-alive connection, told only what changed since last time.

Two rules keep a message from being stored twice behind our back:

- libcurl sends a POST again by itself when a kept-alive connection drops after the body went out.
  It must rewind the body for that, and can't: the body comes through READFUNCTION and there is no
  SEEKFUNCTION. It then fails with error 65, which means *outcome unknown*.
- no redirects, no `Expect:`, no retries here: whoever calls decides what an error means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pycurl

_DIRECT = "127.0.0.1,::1,localhost"
"""What is reached without a proxy, whatever the environment says."""


class Handle:
    """A request at a time; whoever uses it reads `status` and `answer` after `perform`."""

    def __init__(self, *, secure: bool, ca: str) -> None:
        """`ca`: the file of certificates to trust."""
        self._curl = pycurl.Curl()
        self._told: dict[int, object] = {}
        self._body = Pieces()
        self._answer: list[bytes] = []
        for option, value in {
            pycurl.POST: 1,
            pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_1_1,
            pycurl.PROTOCOLS: pycurl.PROTO_HTTPS if secure else pycurl.PROTO_HTTP,
            pycurl.FOLLOWLOCATION: 0,
            pycurl.NOSIGNAL: 1,
            pycurl.CONNECTTIMEOUT: 30,
            pycurl.CAINFO: ca,
            pycurl.NOPROXY: _DIRECT,
            pycurl.UPLOAD_BUFFERSIZE: 256 * 1024,
            pycurl.READFUNCTION: self._body.read,
            pycurl.WRITEFUNCTION: self._answer.append,
        }.items():
            self._curl.setopt(option, value)

    def tell(self, option: int, value: Any) -> None:
        """`setopt`, unless it is so already."""
        if self._told.get(option) != value:
            self._curl.setopt(option, value)
            self._told[option] = value

    def perform(self, size: int, parts: Iterable[bytes], check: Callable[[], None]) -> None:
        """Send a body of `size` bytes; `check` is called before each piece of it and may raise.

        Raises what `check` or `parts` raised, else pycurl.error.
        """
        self._answer.clear()
        self._body.begin(parts, check)
        self.tell(pycurl.POSTFIELDSIZE_LARGE, size)
        try:
            self._curl.perform()
        except pycurl.error as error:
            if self._body.failure is not None:
                raise self._body.failure from error
            raise
        finally:
            self._body.begin((), check)  # not to hold a message until the next one comes

    @property
    def status(self) -> int:
        return int(self._curl.getinfo(pycurl.RESPONSE_CODE))

    @property
    def answer(self) -> bytes:
        return b"".join(self._answer)

    @property
    def connected(self) -> bool:
        """Whether the last request got as far as a connection."""
        return float(self._curl.getinfo(pycurl.PRETRANSFER_TIME)) > 0


class Pieces:
    """A READFUNCTION over all parts; holds at most one chunk of a spooled message.

    Each call takes the interpreter's lock, for which it may have to wait: most messages go whole.
    """

    def __init__(self) -> None:
        self._parts: Iterator[bytes] = iter(())
        self._check: Callable[[], None] = lambda: None
        self._rest = b""
        self.failure: Exception | None = None
        """Why the body broke off: what `check` raised, or the reading of a spool file."""

    def begin(self, parts: Iterable[bytes], check: Callable[[], None]) -> None:
        self._parts, self._check = iter(parts), check
        self._rest, self.failure = b"", None

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
        return whole if length <= size else whole[:size]
