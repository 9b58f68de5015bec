"""The conversation with an IMAP server: commands out, responses in, large literals to disk.

It works on the connection that imapclient has opened. imapclient itself reads a whole answer into
memory and lexes it byte by byte; here one response is in memory at a time and bytes stay bytes.
"""

from __future__ import annotations

import imaplib
import re
import selectors
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from io import BufferedReader
from itertools import count
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, ParamSpec, TypeVar, cast

from migrate.body import CHUNK, Body
from migrate.errors import DayUsedUp, SourceError, SourceLost, StateError
from migrate.source import patience
from migrate.source.response import Response
from migrate.source.traffic import Meter

_LITERAL = re.compile(rb"~?\{(\d{1,18})\+?\}$")
# The text of a status response may end like a literal without being one.
_STATUS = re.compile(rb"(?:OK|NO|BAD|BYE|PREAUTH)\b", re.IGNORECASE)

_LONGEST = 1_000_000  # bytes of a line that are kept
_COUNTED = 64 * 1024  # bytes that are counted at a time
# A structure that makes a line longer costs itself, not the session.
_STRUCTURE = re.compile(rb"(\* \d+ FETCH \(.*?) BODYSTRUCTURE ", re.IGNORECASE)

Wait = Callable[[float], bool]
"""Waits for some seconds; true when the wait was cut short, because all is to end."""

P = ParamSpec("P")
R = TypeVar("R")


class Refused(SourceError):
    """The server answered a command with NO or BAD; the session goes on."""


class Interrupted(SourceLost):
    """The wait for a busy server was cut short, because all is to end."""


class Literal(bytes):
    """An argument that has to travel as a synchronising literal (RFC 9051 4.3)."""


def astring(raw: bytes) -> bytes:
    """`raw` as a command argument: quoted, or a literal if it holds more than printable ASCII."""
    if all(0x20 <= byte < 0x7F for byte in raw):
        return b'"' + re.sub(rb'(["\\])', rb"\\\1", raw) + b'"'
    return Literal(raw)


def readable(text: bytes) -> str:
    """What a server said, for an error message."""
    return text.decode("utf-8", "backslashreplace")[:300]


class Wire:
    """Sends commands and reads responses; several commands may be under way.

    After SourceLost, or when a reader leaves an answer half read, the connection is closed and
    every further call raises SourceLost.
    """

    def __init__(
        self,
        imap: imaplib.IMAP4,
        spool: Path,
        spool_over: int,
        wait: Wait,
        meter: Meter | None = None,
    ) -> None:
        self._imap = imap
        self._spool = spool
        self._spool_over = spool_over
        self._wait = wait
        self._meter, self._uncounted = meter or Meter(), 0
        self._patience: float | None = None
        self._sent = 0
        self._open: dict[bytes, str] = {}
        self.closed = False
        file = imap.file
        # Python's own buffer is half a TLS record. What it may still hold must not be lost.
        if isinstance(file, BufferedReader) and not self._is_readable():
            imap.file = BufferedReader(file.detach(), CHUNK)

    def run(self, *words: bytes) -> list[Response]:
        """Send a command and collect its untagged responses. Raises Refused."""
        return list(self.ask(*words))

    def ask(self, *words: bytes) -> Iterator[Response]:
        """Send a command and yield its untagged responses as they come. Raises Refused.

        What was spooled of a response is gone when the next is asked for. When the server asks for
        patience, the command is sent again after a while, and responses may come twice.
        """
        for attempt in count(1):
            try:
                yield from self._ask(*words)
                return
            except Refused as refused:
                if not self.pause(refused, attempt, of_messages=words[1:2] == (b"FETCH",)):
                    raise

    def be_patient(self, seconds: float) -> None:
        """From now on wait where the server asks for it, `seconds` in all if it names no time."""
        self._patience = seconds

    def pause(self, refused: Refused, attempt: int, *, of_messages: bool) -> bool:
        """Wait if the refusal asks for it; whether the command is worth sending again."""
        answer = str(refused.params["answer"])
        seconds = patience.delay(answer, attempt, of_messages=of_messages)
        if seconds is None or self._patience is None:
            return False
        if patience.hinted(answer) is None:
            if seconds > self._patience:
                return False
            self._patience -= seconds
        self.rest(seconds)
        return True

    def may_fetch(self, *, under_way: bool) -> bool:
        """Whether more mail may be asked for today. DayUsedUp when not, and nothing is to come."""
        try:
            self._meter.check()
        except DayUsedUp:
            if not under_way:
                raise
            return False
        return True

    def rest(self, seconds: float) -> None:
        """Wait. Raises Interrupted."""
        if self._wait(seconds):
            self.close()
            raise Interrupted("source-lost", host=self._imap.host, reason="stopped")

    def _ask(self, *words: bytes) -> Iterator[Response]:
        self.ready()
        for response in self.until(self.send(*words)):
            try:
                yield response
            finally:
                response.discard()

    def until(self, tag: bytes) -> Iterator[Response]:
        """The untagged responses up to the end of the command `tag`. Raises Refused."""
        try:
            while (response := self.receive()).tag != tag:
                if response.tag == b"*":
                    yield response
                elif response.tag == b"+":
                    self.write(b"*")  # a challenge nobody expects: cancel it (RFC 9051 6.2.2)
            self.finish(response)
        finally:
            if tag in self._open:
                self.close()

    def ready(self) -> None:
        """Close if answers to an abandoned reader are to come: they would be taken for ours."""
        if self._open:
            self.close()

    def send(self, *words: bytes) -> bytes:
        """Send a command without waiting for its answer; returns its tag."""
        self._sent += 1
        tag = line = b"H%d" % self._sent
        self._open[tag] = b" ".join(words[: 2 if words[0] == b"UID" else 1]).decode()
        for word in words:
            if isinstance(word, Literal):
                self.write(line + b" {%d}" % len(word))
                self.go_ahead()
                line = bytes(word)
            else:
                # Only a search has a closing bracket after a literal: no blank before it.
                line += word if word.startswith(b")") else b" " + word
        self.write(line)
        return tag

    def write(self, line: bytes) -> None:
        self._io(self._imap.send, line + b"\r\n")

    def go_ahead(self) -> None:
        """Wait for the `+` that lets the command under way continue. Raises Refused."""
        while (response := self.receive()).tag != b"+":
            self.finish(response)

    def finish(self, response: Response) -> None:
        """Take note of the end of a command. Raises Refused if it is NO or BAD."""
        command = self._open.pop(response.tag, None)
        if command is not None and response.status != b"OK":
            answer = readable(response.text)
            if self._patience is not None and patience.used_up(answer):
                self.close()
                raise DayUsedUp("source-bandwidth", host=self._imap.host, answer=answer)
            raise Refused("source-refused", command=command, answer=answer)

    def receive(self) -> Response:
        """The next response, whatever it is. Its large literals are the caller's to discard."""
        parts: list[bytes | Body] = []
        try:
            tag, _, text = self._line().partition(b" ")
            if tag == b"*" and text[:3].upper() == b"BYE":
                if (seconds := patience.hinted(readable(text))) is not None:
                    self.rest(seconds)
                raise self._lost(readable(text))
            while tag == b"*" and not _STATUS.match(text) and (mark := _LITERAL.search(text)):
                parts += text[: mark.start()], self._literal(int(mark[1]))
                text = self._line()
            response = Response(tag, [*parts, text])
            if parts and not response.in_step():
                raise self._lost("{n}")
            return response
        except BaseException:
            self.close()
            Response(b"", parts).discard()
            raise

    def heard(self, seconds: float) -> bool:
        """Whether the server says something, or hangs up, within `seconds`."""
        connection = self._imap.socket()
        if self._is_readable():
            return True
        with selectors.DefaultSelector() as selector:
            selector.register(connection, selectors.EVENT_READ)
            # With TLS what arrives need not be data.
            return bool(selector.select(seconds)) and self._is_readable(arrived=True)

    def _is_readable(self, *, arrived: bool = False) -> bool:
        """Whether there are bytes, without waiting; after they `arrived`, none mean the end."""
        connection = self._imap.socket()
        timeout = connection.gettimeout()
        connection.settimeout(0)
        try:
            return bool(cast(BufferedReader, self._imap.file).peek(1)) or arrived
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        except OSError:
            return True  # reading will say what it is
        finally:
            connection.settimeout(timeout)

    def close(self) -> None:
        """Cut the connection, without LOGOUT."""
        if self.closed:
            return
        self.closed = True
        with suppress(OSError):
            self._imap.shutdown()
        self._meter.ended(self._uncounted)

    def keep(self, size: int, pieces: Iterable[bytes]) -> bytes | Body:
        """`pieces`, `size` bytes together: in memory, or as a spool file if they are many."""
        if size <= self._spool_over:
            return b"".join(pieces)
        # OSError below is the disk's: the network's has become SourceLost already.
        try:
            with NamedTemporaryFile(dir=self._spool, suffix=".eml", delete=False) as file:
                path = Path(file.name)
                try:
                    for piece in pieces:
                        file.write(piece)
                except BaseException:
                    path.unlink()
                    raise
            return Body(path)
        except OSError as error:
            raise StateError("source-spool", path=self._spool, reason=error.strerror) from error

    def _line(self) -> bytes:
        line = rest = self._read_line()
        if line.endswith(b"\n"):
            return line.rstrip(b"\r\n")
        if len(line) == _LONGEST:
            before = _STRUCTURE.match(line)
            if not before:
                raise self._lost(f"> {_LONGEST} B")
            while rest and not rest.endswith(b"\n"):
                last, rest = rest[-64:], self._read_line()
            line = before[1] + b" " + (last + rest).rpartition(b" ")[2]  # may announce a literal
        if not line.endswith(b"\n"):
            raise self._lost("EOF")
        return line.rstrip(b"\r\n")

    def _read_line(self) -> bytes:
        """To its end, or _LONGEST bytes of it; less when the connection ends."""
        line = self._io(cast("IO[bytes]", self._imap.file).readline, _LONGEST)
        self._count(len(line))
        return line

    def _literal(self, size: int) -> bytes | Body:
        if size <= min(CHUNK, self._spool_over):
            return self._read(size)
        return self.keep(
            size, (self._read(min(CHUNK, size - start)) for start in range(0, size, CHUNK))
        )

    def _read(self, size: int) -> bytes:
        data = self._io(self._imap.read, size)
        self._count(len(data))
        if len(data) < size:
            raise self._lost("EOF")
        return data

    def _count(self, size: int) -> None:
        self._uncounted += size
        if self._uncounted >= _COUNTED:
            seconds = self._meter.took(self._uncounted)
            self._uncounted = 0
            if seconds:
                self.rest(seconds)

    def _io(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        if self.closed:
            raise self._lost("closed")
        try:
            return call(*args, **kwargs)
        except TimeoutError as error:
            self.close()
            raise SourceLost("source-timeout", host=self._imap.host) from error
        except (OSError, imaplib.IMAP4.error) as error:
            self.close()
            raise self._lost(str(error)) from error

    def _lost(self, reason: str) -> SourceLost:
        return SourceLost("source-lost", host=self._imap.host, reason=reason)
