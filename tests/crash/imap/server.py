"""The server: many users, each with a store and rules of its own; one thread a connection."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from migrate.sandbox.access.keys import tls
from tests.crash.imap.rules import Rule
from tests.crash.imap.session import Session
from tests.crash.imap.store import Store

HOST = "127.0.0.1"


@dataclass
class User:
    store: Store
    password: str
    rules: list[Rule] = field(default_factory=list)
    commands: int = 0
    """How many it has sent so far."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def struck(self, what: str) -> list[Rule]:
        """The rules that strike this event; every rule counts every event."""
        with self.lock:
            return [each for each in self.rules if each.hit(what)]

    @property
    def hits(self) -> int:
        return sum(each.hits for each in self.rules)


class Server:
    """Listens on loopback with implicit TLS until `close`."""

    def __init__(self, directory: Path, capabilities: str = "IMAP4rev1") -> None:
        self.host, self.capabilities = HOST, capabilities
        self.users: dict[str, User] = {}
        self.ca_file, certificate, key = tls(directory, HOST)
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(certificate, key)
        self._listener = socket.create_server((HOST, 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        with suppress(OSError, ssl.SSLError, ValueError), plain:
            plain.settimeout(120)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._context.wrap_socket(plain, server_side=True) as connection:
                Session(connection, self.users, self.capabilities).run()


@contextmanager
def serving(directory: Path, capabilities: str = "IMAP4rev1") -> Iterator[Server]:
    """A server while the block runs."""
    server = Server(directory, capabilities)
    try:
        yield server
    finally:
        server.close()
