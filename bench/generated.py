"""An IMAP server whose one folder holds as many messages as one likes, made up when they are asked
for: `python -m bench.generated COUNT CERT KEY` serves TLS on a free port.

It knows just the commands of a copying client (RFC 9051), and answers whoever logs in.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from bench.child import announced, serving

if TYPE_CHECKING:
    from bench.load import Target

_BODY = b"text " * 50 + b"\r\n"
_SIMPLE: dict[bytes, bytes] = {
    b"CAPABILITY": b"* CAPABILITY IMAP4rev1 NAMESPACE UIDPLUS\r\n",
    b"NAMESPACE": b'* NAMESPACE (("" "/")) NIL NIL\r\n',
    b"LIST": b'* LIST () "/" INBOX\r\n',
}


def head(uid: int) -> bytes:
    """Conversations of three."""
    root = uid - uid % 3
    answer = b"References: <%d@example.com>\r\n" % root if uid % 3 else b""
    return (
        b"From: Anna <anna%d@example.com>\r\nSubject: Matter %d\r\n"
        b"Date: Mon, 1 Jan 2024 %02d:%02d:%02d +0000\r\nMessage-ID: <%d@example.com>\r\n%s\r\n"
    ) % (uid % 97, root, uid // 3600 % 24, uid // 60 % 60, uid % 60, uid, answer)


def uids(words: bytes, count: int) -> Iterator[int]:
    for each in words.split(b","):
        first, _, last = each.partition(b":")
        yield from range(int(first), min(count, count if last == b"*" else int(last or first)) + 1)


def told(uid: int, asked: bytes) -> bytes:
    """One message as FETCH tells it."""
    start = head(uid)
    if b"BODY.PEEK[]" in asked:
        name, text = b" BODY[]", start + _BODY
    elif b"HEADER" in asked:
        name, text = b" BODY[HEADER.FIELDS (DATE)]", start
    else:
        return b"* %d FETCH (UID %d FLAGS (\\Seen))\r\n" % (uid, uid)
    size = b' FLAGS (\\Seen) INTERNALDATE "01-Jan-2024 00:00:00 +0000" RFC822.SIZE %d' % (
        len(start) + len(_BODY)
    )
    more = b"" if b"BODY.PEEK[]" in asked else size
    return b"* %d FETCH (UID %d%s%s {%d}\r\n%s)\r\n" % (uid, uid, more, name, len(text), text)


async def _session(count: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"* OK ready\r\n")
    while line := (await reader.readline()).rstrip():
        tag, word, *rest = line.split(b" ", 2)
        word, argument = word.upper(), rest[0] if rest else b""
        writer.write(_SIMPLE.get(word, b""))
        if word == b"AUTHENTICATE" and b" " not in argument:
            writer.write(b"+ \r\n")
            await reader.readline()
        elif word == b"EXAMINE":
            state = b"* %d EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT %d] x\r\n"
            writer.write(state % (count, count + 1))
        elif found := re.match(rb"FETCH ([0-9:,*]+) (.*)", argument):
            for uid in uids(found[1], count):
                writer.write(told(uid, found[2]))
                if uid % 100 == 0:
                    await writer.drain()
        writer.write(tag + b" OK done\r\n")
        await writer.drain()
    writer.close()


async def serve(count: int, cert: Path, key: Path) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            await _session(count, reader, writer)

    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(cert, key)
    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=trust)
    await announced(server)


def generating(count: int, beside: Target) -> AbstractContextManager[int]:
    """The server's port, with the certificate of a sandbox."""
    data = beside.key_file.parent
    return serving("generated", count, data / "tls-cert.pem", data / "tls-key.pem")


if __name__ == "__main__":
    import uvloop

    uvloop.run(serve(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])))
