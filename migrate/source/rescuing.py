"""Messages that a server does not hand out when asked as usual: once more, then in two parts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import chain

from migrate.body import Body
from migrate.errors import FetchRefused
from migrate.source.patience import is_busy
from migrate.source.response import number
from migrate.source.wire import Refused, Wire

_REST = 2.0


def rest(wire: Wire, refusals: list[FetchRefused]) -> None:
    """A short pause if the server called itself busy at any of them: Yahoo may have recovered."""
    if any(is_busy(str(refusal.params.get("answer", ""))) for refusal in refusals):
        wire.rest(_REST)


def rescue(wire: Wire, uid: int, hint: int, refusal: FetchRefused) -> Body | FetchRefused:
    """The message by another way, or `refusal`. `hint`: its RFC822.SIZE, 0 if not known."""
    body: Body | None = None
    if is_busy(str(refusal.params.get("answer", ""))):
        body = _section(wire, uid, b"")
    if body is None or not body.size:
        body = _in_parts(wire, uid, hint)
    return body or refusal


def _in_parts(wire: Wire, uid: int, hint: int) -> Body | None:
    """HEADER and TEXT together are the message, byte by byte (RFC 9051 6.4.5.1).

    Believed when the sum is the announced size, or when each looks whole: sizes lie too.
    """
    with (
        _kept(_section(wire, uid, b"HEADER")) as header,
        _kept(_section(wire, uid, b"TEXT")) as text,
    ):
        size = header.size + text.size
        if not size or (size != hint and not (text.size and _ends(header))):
            return None
        data = wire.keep(size, chain(header.chunks(), text.chunks()))
        return data if isinstance(data, Body) else Body(data)


def _kept(body: Body | None) -> Body:
    return Body(b"") if body is None else body


def _ends(header: Body) -> bool:
    """Whether the blank line is there that separates header and body."""
    with header.open() as stream:
        stream.seek(max(header.size - 4, 0))
        tail = stream.read()
    return tail == b"\r\n" or tail.endswith((b"\r\n\r\n", b"\n\n"))


def _section(wire: Wire, uid: int, section: bytes) -> Body | None:
    """BODY[section] of the message, None if it is refused, NIL or missing."""
    found: Body | None = None
    with suppress(Refused):
        for value in _values(wire, uid, section):
            if found:
                found.discard()
            found = value
    return found


def _values(wire: Wire, uid: int, section: bytes) -> Iterator[Body]:
    wire.ready()
    tag = wire.send(b"UID", b"FETCH", b"%d" % uid, b"(UID BODY.PEEK[%s])" % section)
    for response in wire.until(tag):
        items = response.items()
        value = items.get(b"BODY[%s]" % section)
        if number(items.get(b"UID")) != uid or not isinstance(value, bytes | Body):
            response.discard()
        else:
            yield value if isinstance(value, Body) else Body(value)
