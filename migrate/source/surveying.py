"""How much mail there is, without reading any: STATUS=SIZE (RFC 8438), else the sizes of a sample,
and the quota (RFC 9208)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from migrate.errors import FolderRefused
from migrate.source import Folder, FolderState
from migrate.source.response import Response, number
from migrate.source.states import ask_states, numbers, status
from migrate.source.wire import Refused, Wire

_EACH = 200  # messages of a folder whose size is asked for
_FOLDERS = 100  # folders that are opened for it, the largest; the others are as these on average


@dataclass(frozen=True, slots=True)
class Held:
    """What a folder holds."""

    messages: int
    bytes: int
    seen: int
    """Messages whose size is known; of the others it is taken to be the same on average."""


@dataclass(frozen=True, slots=True)
class Quota:
    used: int
    limit: int
    """Bytes, of which RFC 9208 counts 1,024 at a time."""


@dataclass(frozen=True, slots=True)
class Usage:
    """How much mail an account has."""

    folders: Mapping[bytes, Held]
    """By wire name; a folder that does not open is left out."""
    how: Literal["status-size", "sample"]
    quotas: Sequence[Quota]
    """Empty where the server tells none."""


def told(wire: Wire, folders: Sequence[Folder]) -> dict[bytes, Held]:
    """What STATUS says (RFC 8438 3); SourceLost too when the server takes too long to add up."""
    names = [each.raw for each in folders]
    return ask_states(wire, names, b"(MESSAGES SIZE)", _status)


def sampled(
    wire: Wire, folders: Sequence[Folder], examine: Callable[[Folder], FolderState]
) -> dict[bytes, Held]:
    """By RFC822.SIZE of messages at even distances; of all in a small folder."""
    names = [each.raw for each in folders]
    counted = {each.raw: each.status.exists for each in folders if each.status}
    counted |= ask_states(wire, [n for n in names if n not in counted], b"(MESSAGES)", _messages)
    largest = sorted(folders, key=lambda each: -counted.get(each.raw, 0))
    found: dict[bytes, Held] = {}
    for each in largest[:_FOLDERS]:
        if counted.get(each.raw) == 0:
            found[each.raw] = Held(0, 0, 0)
            continue
        with suppress(FolderRefused, Refused):
            found[each.raw] = _sample(wire, examine(each).exists)
    seen = sum(each.seen for each in found.values())
    mean = sum(each.bytes * each.seen / each.messages for each in found.values() if each.messages)
    for raw in counted.keys() - found.keys():
        guess = round(mean / seen * counted[raw]) if seen else 0
        found[raw] = Held(counted[raw], guess, 0)
    return found


def quota(wire: Wire) -> tuple[Quota, ...]:
    """The storage limits of the INBOX's quota roots (RFC 9208 4.2, 5.1); none when refused."""
    with suppress(Refused):
        return tuple(q for r in wire.run(b"GETQUOTAROOT", b"INBOX") for q in _storage(r))
    return ()


def _sample(wire: Wire, exists: int) -> Held:
    """Of the folder that is open."""
    if not exists:
        return Held(0, 0, 0)
    count = min(exists, _EACH)
    picked = [1 + index * exists // count for index in range(count)]
    which = b"1:%d" % exists if count == exists else b",".join(b"%d" % each for each in picked)
    sizes = {}
    for response in wire.ask(b"FETCH", which, b"(RFC822.SIZE)"):
        size = number(response.items().get(b"RFC822.SIZE"))
        if size is not None:
            sizes[response.text.split()[0]] = size
    total = sum(sizes.values())
    return Held(exists, round(total / len(sizes) * exists) if sizes else 0, len(sizes))


def _status(response: Response) -> tuple[bytes, Held] | None:
    raw, items = status(response)
    messages, size = items.get(b"MESSAGES"), items.get(b"SIZE")
    if messages is None or size is None:
        return None
    return raw, Held(messages, size, messages)


def _messages(response: Response) -> tuple[bytes, int] | None:
    raw, items = status(response)
    return (raw, items[b"MESSAGES"]) if b"MESSAGES" in items else None


def _storage(response: Response) -> Iterator[Quota]:
    match response.values():
        case [bytes(word), _, list(resources), *_] if word.upper() == b"QUOTA":
            used = numbers(resources[::3], resources[1::3]).get(b"STORAGE")
            limit = numbers(resources[::3], resources[2::3]).get(b"STORAGE")
            if used is not None and limit:
                yield Quota(used * 1024, limit * 1024)
