"""A client that is nothing but a socket: to fill servers, and to see what they really send."""

from __future__ import annotations

import base64
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path


class RawImap:
    """One connection, logged in. Folder names are those of the wire, quoted here."""

    def __init__(self, connection: socket.socket, user: str, password: str) -> None:
        self._stream = connection.makefile("rwb")
        self._stream.readline()
        plain = base64.b64encode(f"\0{user}\0{password}".encode())
        self.run(b"AUTHENTICATE PLAIN " + plain)

    def run(self, command: bytes) -> list[bytes]:
        """The untagged lines of the answer, literals and all, in pieces."""
        return self._answer(b"a " + command)

    def _answer(self, command: bytes) -> list[bytes]:
        self._stream.write(command + b"\r\n")
        self._stream.flush()
        lines = []
        while not (line := self._stream.readline()).startswith(b"a "):
            assert line, "EOF"
            lines.append(line)
            if literal := re.search(rb"\{(\d+)\}\r\n$", line):
                lines.append(self._stream.read(int(literal[1])))
        assert line.startswith(b"a OK"), (command, line)
        return lines

    def append(self, folder: bytes, data: bytes, date: str = "03-Feb-2001 04:05:06 +0000") -> None:
        head = b'a APPEND "%s" "%s" {%d}\r\n' % (folder, date.encode(), len(data))
        self._stream.write(head)
        self._stream.flush()
        assert self._stream.readline().startswith(b"+")
        self._answer(data)

    def fetch(self, folder: bytes) -> dict[int, bytes]:
        """UID → the bytes of each message."""
        self.run(b'EXAMINE "%s"' % folder)
        lines = self.run(b"UID FETCH 1:* (BODY.PEEK[])")
        found = {}
        for line, data in pairwise(lines):
            if head := re.search(rb"FETCH \(UID (\d+) BODY\[\] \{\d+\}\r\n$", line):
                found[int(head[1])] = data
        return found


@contextmanager
def raw_imap(
    host: str, port: int, user: str, password: str = "secret", ca: Path | None = None
) -> Iterator[RawImap]:
    """In the clear, or with TLS if there is a CA."""
    with socket.create_connection((host, port)) as connection:
        if not ca:
            yield RawImap(connection, user, password)
            return
        context = ssl.create_default_context(cafile=str(ca))
        with context.wrap_socket(connection, server_hostname=host) as tls:
            yield RawImap(tls, user, password)
