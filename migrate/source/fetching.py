"""Fetch whole messages: BODY.PEEK[] of many UIDs, one batch always asked for in advance.

RFC 9051 6.4.5 and 7.5.2; 5.5 allows sending the next FETCH before the first is answered, because
UIDs make the responses unambiguous.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from migrate.body import Body
from migrate.errors import FetchRefused
from migrate.source import Fetched
from migrate.source.rescuing import rescue, rest
from migrate.source.response import Response, number
from migrate.source.trouble import Place
from migrate.source.uidset import uid_set
from migrate.source.wire import Refused, Wire

_UNDER_WAY = 2
_MOST = 200  # UIDs a command: a line stays below 8,192 bytes (RFC 7162 4)
_LEAST_BYTES = 1024  # what a message counts at least, should the hints be missing


def fetch(
    wire: Wire,
    wanted: Sequence[tuple[int, int]],
    place: Place,
    batch_bytes: int,
    batch_messages: int = _MOST,
) -> Iterator[Fetched]:
    """Each of the wanted (UID, size hint) once, except those that have vanished.

    A UID that a batch did not deliver, for whatever reason, is asked for alone, then in parts; if
    that fails and the folder still holds it, it is FetchRefused. When the caller stops early, the
    connection is closed: its answers would be in the way of the next command.
    """
    refused: dict[int, FetchRefused] = {}
    hints = dict(wanted)
    together, alone, given_up = place.parted(hints)
    batches = _batches([(uid, hints[uid]) for uid in together], batch_bytes, batch_messages)
    yield from _in_batches(wire, batches, place, refused)
    for uid in alone:
        yield from _in_batches(wire, iter([[uid]]), place, refused)
    left = sorted(present(wire, [*refused, *given_up]))
    rest(wire, list(refused.values()))
    for uid in left:
        if uid in given_up:
            yield Fetched(uid, FetchRefused("source-fatal-message"))
            continue
        with place.watched([uid]):
            body = rescue(wire, uid, hints[uid], refused[uid])
        yield Fetched(uid, body)


def _in_batches(
    wire: Wire,
    batches: Iterator[list[int]],
    place: Place,
    refused: dict[int, FetchRefused],
) -> Iterator[Fetched]:
    """What comes when asked for with others or alone; what does not is put into `refused`."""
    wire.ready()
    todo = deque((batch, 1) for batch in batches)
    under_way: dict[bytes, tuple[list[int], int]] = {}
    waiting: set[int] = set()
    try:
        while todo or under_way:
            while todo and len(under_way) < _UNDER_WAY:
                if not wire.may_fetch(under_way=bool(under_way)):
                    break
                uids, attempt = todo.popleft()
                tag = wire.send(b"UID", b"FETCH", uid_set(uids), b"(UID BODY.PEEK[])")
                under_way[tag] = uids, attempt
                waiting.update(uids)
            with place.watched(waiting):
                response = wire.receive()
            if response.tag == b"*":
                for fetched in _delivered(response, waiting, refused):
                    place.clear([fetched.uid])
                    yield fetched
                continue
            uids, attempt = under_way.pop(response.tag, ([], 1))
            left = [uid for uid in uids if uid in waiting]
            waiting.difference_update(left)
            refusal = FetchRefused("source-no-body")
            try:
                wire.finish(response)
            except Refused as error:
                if wire.pause(error, attempt, of_messages=True):
                    todo.appendleft((left, attempt + 1))
                    continue
                refusal = FetchRefused("source-refused-message", answer=error.params["answer"])
            if len(uids) == 1:
                refused |= dict.fromkeys(left, refusal)
            else:
                todo.extendleft(([uid], 1) for uid in reversed(left))
    finally:
        if under_way:
            wire.close()


def present(wire: Wire, uids: Sequence[int]) -> set[int]:
    """Those of the UIDs that the open folder still holds."""
    found: set[int] = set()
    for start in range(0, len(uids), _MOST):
        some = uids[start : start + _MOST]
        try:
            answers = wire.run(b"UID", b"FETCH", uid_set(some), b"(UID)")
            found.update(uid for r in answers if (uid := number(r.items().get(b"UID"))) is not None)
        except Refused:
            found.update(some)  # not known to have vanished
    return found.intersection(uids)


def _delivered(
    response: Response, waiting: set[int], refused: dict[int, FetchRefused]
) -> Iterator[Fetched]:
    """The message in `response`, if one that is waited for; FETCH may also come unsolicited."""
    items = response.items()
    uid, body = number(items.get(b"UID")), items.get(b"BODY[]")
    if uid not in waiting or b"BODY[]" not in items:
        response.discard()
        return
    waiting.remove(uid)
    if isinstance(body, bytes) and body:
        body = Body(body)
    if isinstance(body, Body):
        yield Fetched(uid, body)
    else:
        refused[uid] = FetchRefused("source-no-body")


def _batches(wanted: Iterable[tuple[int, int]], most_bytes: int, most: int) -> Iterator[list[int]]:
    """UIDs in runs of about `most_bytes` by their hints; a larger message is a batch alone."""
    batch: list[int] = []
    total = 0
    for uid, hint in wanted:
        size = max(hint, _LEAST_BYTES)
        if batch and (total + size > most_bytes or len(batch) == most):
            yield batch
            batch, total = [], 0
        batch.append(uid)
        total += size
    if batch:
        yield batch
