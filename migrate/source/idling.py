"""IDLE: wait until something happens in the open folder (RFC 2177, RFC 9051 6.3.13)."""

from __future__ import annotations

import threading
import time

from migrate.source.response import Response, number
from migrate.source.wire import Refused, Wire

MOST = 29 * 60.0
"""Seconds of one IDLE: after 30 minutes without a command a server may hang up (RFC 2177)."""
_LOOK = 0.5
_NEWS = (b"EXPUNGE", b"FETCH")


def idle(wire: Wire, exists: int, seconds: float, stop: threading.Event) -> bool:
    """Whether something happened. `exists`: the messages that are known of.

    Raises Refused when the server takes no IDLE, SourceLost when it hangs up.
    """
    end = time.monotonic() + seconds
    while not stop.is_set() and (left := end - time.monotonic()) > 0:
        if _once(wire, exists, min(left, MOST), stop):
            return True
    return False


def _once(wire: Wire, exists: int, seconds: float, stop: threading.Event) -> bool:
    """One IDLE, ended by DONE."""
    wire.ready()
    tag, end = wire.send(b"IDLE"), time.monotonic() + seconds
    happened = False
    # What is told before the server says that it idles would not be told again.
    while (response := wire.receive()).tag != b"+":
        happened |= _is_news(response, exists)
        response.discard()
        wire.finish(response)
        if response.tag == tag:
            raise Refused("source-refused", command="IDLE", answer="")  # over at once: it can't
    while not happened and not stop.is_set() and (left := end - time.monotonic()) > 0:
        if wire.heard(min(_LOOK, left)):
            response = wire.receive()
            happened = _is_news(response, exists)
            response.discard()
            if response.tag == tag:
                wire.finish(response)
                stop.wait(_LOOK)  # it may have had enough of every IDLE
                return happened
    wire.write(b"DONE")
    for response in wire.until(tag):
        happened |= _is_news(response, exists)
        response.discard()
    return happened


def _is_news(response: Response, exists: int) -> bool:
    """A reminder of the count that is known is none."""
    if response.tag != b"*":
        return False
    match response.text.upper().split():
        case [count, b"EXISTS"]:
            return number(count) != exists
        case [b"VANISHED", *_]:
            return True
        case [_, word, *_]:
            return word in _NEWS
    return False
