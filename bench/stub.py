"""A bare stub of the Gmail API: fixed answers, nothing kept; to measure clients beyond the sandbox.

It answers just what a copying client asks: token, profile, labels, list, history, import, insert.
`python -m bench.stub CERT KEY` serves TLS on a free port; `running` does it as a child
process with the key material of a sandbox.
"""

from __future__ import annotations

import asyncio
import itertools
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import httptools

from bench.child import announced, serving

if TYPE_CHECKING:
    from bench.load import Target

IDS = itertools.count(1 << 56)
LABEL = b'{"id":"Label_1","name":"x","type":"user"}'
FIXED = {
    b"/token": b'{"access_token":"stub","expires_in":3599,"token_type":"Bearer"}',
    b"/gmail/v1/users/me/profile": b'{"emailAddress":"a@example.org","messagesTotal":0,'
    b'"threadsTotal":0,"historyId":"1"}',
    b"/gmail/v1/users/me/history": b'{"historyId":"1"}',
    b"/gmail/v1/users/me/messages": b'{"resultSizeEstimate":0}',
}


class Connection(asyncio.Protocol):
    """One kept-alive connection; bodies are read and thrown away."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop has a class of its own
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._url = b""

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_message_complete(self) -> None:
        path = self._url.partition(b"?")[0]
        verb = self._parser.get_method()
        if path.endswith(b"/labels"):
            answer = LABEL if verb == b"POST" else b'{"labels":[]}'
        elif verb == b"POST" and b"/messages" in path:
            number = b"%016x" % next(IDS)
            answer = b'{"id":"%s","threadId":"%s","labelIds":[]}' % (number, number)
        else:
            answer = FIXED.get(path, b"{}")
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            % (len(answer), answer)
        )


async def serve(cert: Path, key: Path) -> None:
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(cert, key)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", 0, ssl=trust)
    await announced(server)


@contextmanager
def running(beside: Target) -> Iterator[Target]:
    """The stub as a child process, with the key file and certificate of a sandbox."""
    data = beside.key_file.parent
    with serving("stub", data / "tls-cert.pem", data / "tls-key.pem") as port:
        yield replace(beside, url=f"https://127.0.0.1:{port}")


if __name__ == "__main__":
    import uvloop

    uvloop.run(serve(Path(sys.argv[1]), Path(sys.argv[2])))
