"""An IMAP server that misbehaves on request: for what Dovecot never does.

It answers a session's usual commands by itself; a test changes its public fields, or puts its own
answer before them with `on`.
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from io import BufferedRWPair
from pathlib import Path
from typing import Any

from migrate.source.login import Login

from .certificate import Certificate

HANG_UP = b"<hang up>"
"""Last words of an answer: the connection is cut after it."""
HANG = b"<hang>"
"""Last words of an answer: nothing more comes, and the connection stays open."""
OK = b"TAG OK done\r\n"


def literal(data: bytes) -> bytes:
    return b"{%d}\r\n%s" % (len(data), data)


def body(data: bytes) -> bytes:
    """The data item of a whole message."""
    return b"BODY[] " + literal(data)


class ScriptedImap:
    """The server; stop it with `close`. `commands` holds what clients have sent, without tags."""

    host = "127.0.0.1"

    def __init__(
        self,
        certificate: Certificate | None,
        *,
        implicit_tls: bool,
        client_ca: Path | None = None,
    ) -> None:
        self.greeting = b"* OK ready\r\n"
        self.greetings: list[bytes] = []
        """What the next connections are greeted with instead."""
        self.capabilities = b"IMAP4rev1"
        self.folders = b'* LIST () "/" INBOX\r\n'
        self.examined = b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n"
        self.mail: dict[int, bytes] = {}
        """UID → the data items of its FETCH response beside UID, as they go over the wire."""
        self.refused: set[int] = set()
        """UIDs at which a FETCH of header or body breaks off with NO."""
        self.commands: list[bytes] = []
        self._rules: list[tuple[re.Pattern[bytes], bytes, Iterator[int]]] = []
        self._context: ssl.SSLContext | None = None
        if certificate:
            self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self._context.load_cert_chain(certificate.cert, certificate.key)
            if client_ca:
                self._context.load_verify_locations(client_ca)
                self._context.verify_mode = ssl.CERT_REQUIRED
        self._implicit_tls = implicit_tls
        self._stopped = threading.Event()
        self._listener = socket.create_server((self.host, 0))
        self.port: int = self._listener.getsockname()[1]
        self._connections: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def on(self, command: bytes, answer: bytes, *, times: int = 1_000_000) -> None:
        """Answer commands that match a pattern; TAG in `answer` stands for the tag.

        The last rule that matches and was not used up `times` times holds.
        """
        pattern = re.compile(command, re.IGNORECASE | re.DOTALL)
        self._rules.insert(0, (pattern, answer, iter(range(times))))

    @property
    def login(self) -> Login:
        """In the clear."""
        return Login(self.host, self.port, "insecure-plaintext", "ann", "pass word")

    @property
    def impatient_login(self) -> Login:
        """The same, for a session that ends with HANG."""
        return replace(self.login, connect_timeout=0.7, read_timeout=0.7)

    def close(self) -> None:
        self._stopped.set()
        for each in (self._listener, *self._connections):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError, ssl.SSLError):
            if self._implicit_tls and self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
                self._connections.append(connection)
            stream = connection.makefile("rwb")
            going_on = self._say(stream, self.greetings.pop(0) if self.greetings else self.greeting)
            while going_on and (line := self._command(stream)):
                if line == b"DONE":  # ends the IDLE that is under way
                    command = line
                else:
                    tag, _, command = line.partition(b" ")
                self.commands.append(command)
                answer = self._answer(command)
                going_on = self._say(stream, answer.replace(b"TAG", tag))
                if command == b"STARTTLS" and self._context:
                    connection = self._context.wrap_socket(connection, server_side=True)
                    self._connections.append(connection)
                    stream = connection.makefile("rwb")
            stream.close()
            connection.close()

    def _say(self, stream: BufferedRWPair[Any, Any], answer: bytes) -> bool:
        """Whether the session goes on."""
        said = answer.removesuffix(HANG_UP).removesuffix(HANG)
        stream.write(said)
        stream.flush()
        if answer.endswith(HANG):
            self._stopped.wait()
        return said == answer

    def _command(self, stream: BufferedRWPair[Any, Any]) -> bytes:
        line = stream.readline().rstrip(b"\r\n")
        while size := re.search(rb"\{(\d+)\}$", line):
            self._say(stream, b"+ go ahead\r\n")
            line += b"\r\n" + stream.read(int(size[1])) + stream.readline().rstrip(b"\r\n")
        if re.search(rb"AUTHENTICATE \S+$", line):
            self._say(stream, b"+ \r\n")
            line += b" " + stream.readline().rstrip(b"\r\n")
        return line

    def _answer(self, command: bytes) -> bytes:
        for pattern, answer, times in self._rules:
            if pattern.match(command) and next(times, None) is not None:
                return answer
        word = command.partition(b" ")[0].upper()
        if word == b"CAPABILITY":
            return b"* CAPABILITY " + self.capabilities + b"\r\n" + OK
        if word == b"ENABLE":
            return b"* ENABLED" + command.removeprefix(word) + b"\r\n" + OK
        if word == b"IDLE":
            return b"+ idling\r\n"
        if word == b"LIST":
            return self.folders + OK
        if word == b"EXAMINE":
            return self.examined + OK
        if word == b"LOGOUT":
            return b"* BYE\r\n" + OK + HANG_UP
        if command.upper().startswith(b"UID FETCH"):
            return self._fetched(command)
        return OK

    def _fetched(self, command: bytes) -> bytes:
        uids, answer = command.split()[2], b""
        for number, (uid, items) in enumerate(sorted(self.mail.items()), 1):
            if _covers(uids, uid):
                if uid in self.refused and b"BODY" in command:
                    return answer + b"TAG NO [UNAVAILABLE] message is broken\r\n"
                answer += b"* %d FETCH (UID %d %s)\r\n" % (number, uid, items)
        return answer + OK


def _covers(uids: bytes, uid: int) -> bool:
    for part in uids.split(b","):
        first, _, last = part.partition(b":")
        if int(first) <= uid and (last == b"*" or uid <= int(last or first)):
            return True
    return False


@contextmanager
def scripted_imap(
    certificate: Certificate | None = None,
    *,
    implicit_tls: bool = False,
    client_ca: Path | None = None,
) -> Iterator[ScriptedImap]:
    """In the clear, or with STARTTLS if there is a certificate, or with TLS from the start; with
    `client_ca` only for clients that have a certificate of it."""
    server = ScriptedImap(certificate, implicit_tls=implicit_tls, client_ca=client_ca)
    try:
        yield server
    finally:
        server.close()
