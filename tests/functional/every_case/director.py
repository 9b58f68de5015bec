"""One address for several IMAP servers, chosen by user name, as a provider's mail proxy does it."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

from ..certificate import Certificate

_HELLO = b"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready\r\n"
_CAPABILITY = b"* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN\r\n%s OK done\r\n"

Connect = Callable[[], socket.socket]


class Director:
    host = "127.0.0.1"

    def __init__(self, certificate: Certificate, backends: Mapping[str, Connect]) -> None:
        self._backends = backends
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(certificate.cert, certificate.key)
        self._listener = socket.create_server((self.host, 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        for each in (self._listener, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(client,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError):
            client = self._context.wrap_socket(client, server_side=True)
            self._open.append(client)
            client.sendall(_HELLO)
            while line := _line(client):
                tag, _, command = line.rstrip(b"\r\n").partition(b" ")
                if login := re.match(rb"(?i)AUTHENTICATE PLAIN (\S+)", command):
                    server = self._backends[b64decode(login[1]).split(b"\0")[1].decode()]()
                    self._open.append(server)
                    _line(server)  # its greeting
                    server.sendall(line)
                    self._relay(client, server)
                    return
                client.sendall(_CAPABILITY % tag)

    def _relay(self, client: socket.socket, server: socket.socket) -> None:
        up = threading.Thread(target=_pump, args=(client, server))
        up.start()
        _pump(server, client)
        up.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for each in (source, sink):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


def _line(peer: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n") and (byte := peer.recv(1)):
        line += byte
    return line


@contextmanager
def directing(certificate: Certificate, backends: Mapping[str, Connect]) -> Iterator[Director]:
    director = Director(certificate, backends)
    try:
        yield director
    finally:
        director.close()
