"""Folder states without opening the folders: STATUS, in the LIST or by itself (RFC 5819, 9051)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from migrate.source import FolderState
from migrate.source.folders import inbox
from migrate.source.response import Response, Value, number
from migrate.source.wire import Literal, Refused, Wire, astring

T = TypeVar("T")

_UNDER_WAY = 20
_REFUSALS = 3  # then the others are not asked for


def status_items(*, condstore: bool) -> bytes:
    """What STATUS is asked for, as the command has it. HIGHESTMODSEQ is of RFC 7162."""
    return b"(MESSAGES UIDNEXT UIDVALIDITY%s)" % (b" HIGHESTMODSEQ" if condstore else b"")


def state(response: Response) -> tuple[bytes, FolderState] | None:
    """Wire name and state of a STATUS response; None for any other, or half of one."""
    raw, told = status(response)
    uidvalidity, exists = told.get(b"UIDVALIDITY"), told.get(b"MESSAGES")
    if not uidvalidity or exists is None:
        return None
    # 0: the folder keeps no mod-sequences (RFC 7162 3.1.2.2).
    uidnext, modseq = told.get(b"UIDNEXT") or None, told.get(b"HIGHESTMODSEQ") or None
    return raw, FolderState(uidvalidity, exists, uidnext, modseq)


def status(response: Response) -> tuple[bytes, dict[bytes, int]]:
    """Wire name and numbers of a STATUS response; nothing of any other."""
    match response.values():
        case [bytes(word), bytes(raw), list(pairs), *_] if word.upper() == b"STATUS":
            return inbox(raw), numbers(pairs[::2], pairs[1::2])
    return b"", {}


def numbers(names: Sequence[Value], values: Sequence[Value]) -> dict[bytes, int]:
    """Names in upper case; what is no number is left out."""
    return {
        name.upper(): found
        for name, value in zip(names, values, strict=False)
        if isinstance(name, bytes) and (found := number(value)) is not None
    }


def ask_states(
    wire: Wire,
    folders: Iterable[bytes],
    items: bytes,
    read: Callable[[Response], tuple[bytes, T] | None],
) -> dict[bytes, T]:
    """STATUS of each folder (wire names), many commands under way, as `read` (`state`) makes of
    the responses; without those it refuses.

    Left out too is what has to go as a literal: it would have to wait for all before it.
    """
    names = [(raw, astring(raw)) for raw in folders]
    todo = deque(name for _, name in names if not isinstance(name, Literal))
    found: dict[bytes, T] = {}
    under_way: set[bytes] = set()
    refusals = 0
    wire.ready()
    try:
        while todo or under_way:
            while todo and len(under_way) < _UNDER_WAY:
                under_way.add(wire.send(b"STATUS", todo.popleft(), items))
            response = wire.receive()
            if response.tag == b"*" and (told := read(response)):
                found[told[0]] = told[1]
            response.discard()
            if response.tag in under_way:
                under_way.remove(response.tag)
                try:
                    wire.finish(response)
                except Refused:
                    refusals += 1
                    if refusals == _REFUSALS:
                        todo.clear()
    finally:
        if under_way:
            wire.close()
    return found
