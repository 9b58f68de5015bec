"""Slices: the bounded unit of work of one account. Claim, fetch, hand over to the uploads.

A slice bounds what is claimed; it is no barrier. While its last messages are still on their way,
the next slice is claimed and fetched, as far as memory allows.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from uuid import uuid4

from migrate.body import Body
from migrate.delivery import Delivery
from migrate.engine.lanes import Lanes
from migrate.errors import FetchRefused, FolderChanged, FolderRefused
from migrate.gmail.quota import Stopped
from migrate.labels import Mapped
from migrate.ledger import Ledger, claims, scanning
from migrate.ledger.claims import Bundle, Occurrence
from migrate.source import Source

_OBJECTS = 3_000
"""Bytes that an occurrence takes beside its body: of small messages 100,000 would wait else."""


@dataclass(slots=True)
class _Assembly:
    """A bundle whose bodies are being fetched."""

    bundle: Bundle
    waiting: set[int]
    bodies: dict[int, Body | FetchRefused] = field(default_factory=dict)
    turn: bool = True
    """Nothing before it in its conversation is still being fetched."""
    after: _Assembly | None = None
    """The next of its conversation."""

    def discard(self) -> None:
        for body in self.bodies.values():
            if isinstance(body, Body):
                body.discard()

    @property
    def held(self) -> int:
        """Bytes of bodies in memory."""
        return sum(body.held for body in self.bodies.values() if isinstance(body, Body))


@dataclass(frozen=True, slots=True)
class Bounds:
    messages: int
    memory: int
    """Bytes that this account may hold in memory."""
    uploads: int
    """Threads; how many upload at a time is the pacer's business."""
    spool: Path
    """Where bodies go that do not fit."""


class Work:
    """The work on one account in this process: one reader (the caller), several uploads."""

    def __init__(
        self,
        ledger: Ledger,
        source: Source,
        delivery: Delivery,
        lease: tuple[int, int],
        folders: Mapping[int, Mapped],
        uidvalidity: Mapping[int, int],
        bounds: Bounds,
        stop: threading.Event,
        finished: Callable[[Bundle], None] = lambda _: None,
    ) -> None:
        self._ledger, self._source, self._delivery = ledger, source, delivery
        self._lease, self._folders, self._uidvalidity = lease, folders, uidvalidity
        self._bounds, self._stop, self._finished = bounds, stop, finished
        self._refused: set[int] = set()
        self._waiting = 0
        """Bytes in memory that are fetched and not yet handed over."""
        self._lanes: Lanes[_Assembly] = Lanes()
        self._failure: BaseException | None = None
        self._threads = [
            threading.Thread(target=self._upload, name=f"upload-{lease[0]}-{number}", daemon=True)
            for number in range(bounds.uploads)
        ]
        for thread in self._threads:
            thread.start()

    def advance(self, bundles: Sequence[Bundle]) -> None:
        """Fetch the claimed `bundles` and hand them over. Raises what stops the account.

        What lies in a folder that is not open to us is left, and what is not handed over, for
        whatever reason, is given back to the ledger.
        """
        open_ones = {
            id(each): each for each in (self._assembly(bundle) for bundle in self._open(bundles))
        }
        _queue(open_ones.values())
        try:
            by_folder: dict[int, list[tuple[Occurrence, _Assembly]]] = defaultdict(list)
            for assembly in open_ones.values():
                for each in assembly.bundle.occurrences:
                    if each.id in assembly.waiting:
                        by_folder[each.folder_id].append((each, assembly))
            for folder_id, wanted in by_folder.items():
                try:
                    self._fetch(folder_id, wanted, open_ones)
                except FolderRefused as refusal:
                    self._refused.add(folder_id)
                    tell = partial(scanning.set_problem, folder_id=folder_id, refusal=refusal)
                    self._ledger.post(tell, self._lease)
                    self._leave(folder_id, open_ones)
        finally:
            for assembly in open_ones.values():
                assembly.discard()
                self._give_back(assembly.bundle)
            self._waiting = 0

    @property
    def refused(self) -> Set[int]:
        """Ids of the folders that the source did not open; their messages stay as they were."""
        return self._refused

    def settle(self) -> None:
        """Wait until everything handed over is done, and on disk."""
        self._lanes.wait_below(0)
        self._check()
        self._ledger.settle(self._lease)

    def make_room(self) -> None:
        """Wait until there is memory for another slice."""
        self._lanes.wait_below(self._bounds.memory // 2)
        self._check()

    def close(self) -> None:
        """Finish what was handed over (after a failure or a stop: the messages in hand)."""
        self._lanes.close()
        for thread in self._threads:
            thread.join()
        self._ledger.settle()

    def raise_failure(self) -> None:
        """Raise what stopped the uploads, if anything did."""
        if self._failure is not None:
            raise self._failure

    def _open(self, bundles: Iterable[Bundle]) -> Iterator[Bundle]:
        """`bundles` without what lies in folders that the scan could not open."""
        for bundle in bundles:
            if all(each.folder_id in self._folders for each in bundle.occurrences):
                yield bundle
                continue
            parts: dict[bool, list[Occurrence]] = {True: [], False: []}
            for each in bundle.occurrences:
                parts[each.folder_id in self._folders].append(each)
            self._give_back(replace(bundle, occurrences=tuple(parts[False])))
            if parts[True]:
                yield replace(bundle, occurrences=tuple(parts[True]))

    def _assembly(self, bundle: Bundle) -> _Assembly:
        """What is to be fetched: of equal EMAILIDs one is enough (RFC 8474 5.1)."""
        seen: set[str] = set()
        waiting: set[int] = set()
        for each in bundle.occurrences:
            if each.email_id is None or each.email_id not in seen:
                waiting.add(each.id)
            if each.email_id:
                seen.add(each.email_id)
        return _Assembly(bundle, waiting)

    def _fetch(
        self,
        folder_id: int,
        wanted: list[tuple[Occurrence, _Assembly]],
        open_ones: dict[int, _Assembly],
    ) -> None:
        folder = self._folders[folder_id].folder
        state = self._source.examine(folder)
        if state.uidvalidity != self._uidvalidity[folder_id]:
            raise FolderChanged("source-uidvalidity", folder=folder.name)
        by_uid = {each.uid: (each, assembly) for each, assembly in wanted}
        for fetched in self._source.fetch([(each.uid, each.size) for each, _ in wanted]):
            self._check()
            each, assembly = by_uid.pop(fetched.uid)
            assembly.bodies[each.id] = self._bounded(fetched.body)
            self._arrived(assembly, each, open_ones)
        if by_uid:
            gone = list(by_uid)
            mark = partial(scanning.mark_gone, folder_id=folder_id, uids=gone)
            self._ledger.write(mark, self._lease)
            for each, assembly in by_uid.values():
                self._arrived(assembly, each, open_ones)

    def _leave(self, folder_id: int, open_ones: dict[int, _Assembly]) -> None:
        """Give back what was to be fetched from this folder; copies in others go on without it."""
        for assembly in list(open_ones.values()):
            bundle = assembly.bundle
            here = {
                each.id
                for each in bundle.occurrences
                if each.folder_id == folder_id and each.id in assembly.waiting
            }
            twins = {each.email_id for each in bundle.occurrences if each.id in here} - {None}
            left = [
                each for each in bundle.occurrences if each.id in here or each.email_id in twins
            ]
            if left:
                self._give_back(replace(bundle, occurrences=tuple(left)))
                rest = tuple(each for each in bundle.occurrences if each not in left)
                assembly.bundle = replace(bundle, occurrences=rest)
                assembly.waiting -= here
                self._complete(assembly, open_ones)

    def _bounded(self, body: Body | FetchRefused) -> Body | FetchRefused:
        """What waits for its copies, of which there may be thousands, or for its turn is bounded
        too."""
        if isinstance(body, Body):
            if self._waiting + body.held > self._bounds.memory:
                body.spill(self._bounds.spool / f"copy-{uuid4().hex}")
            self._waiting += body.held
        return body

    def _arrived(
        self, assembly: _Assembly, each: Occurrence, open_ones: dict[int, _Assembly]
    ) -> None:
        assembly.waiting.discard(each.id)
        self._complete(assembly, open_ones)

    def _complete(self, assembly: _Assembly, open_ones: dict[int, _Assembly]) -> None:
        """Hand over what is whole; in a conversation the next one only after the one before it,
        from whatever folder that comes: Gmail may join an answer only to what is there already."""
        following: _Assembly | None = assembly
        while following and following.turn and not following.waiting:
            del open_ones[id(following)]
            held, bundle = following.held, following.bundle
            self._waiting -= held
            if bundle.occurrences:
                size = held + _OBJECTS * len(bundle.occurrences)
                self._lanes.put(bundle.conversation, following, size)
            following = following.after
            if following:
                following.turn = True

    def _upload(self) -> None:
        while (taken := self._lanes.take()) is not None:
            key, assembly = taken
            try:
                try:
                    if self._failure is None and not self._stop.is_set():
                        self._delivery.deliver(assembly.bundle, assembly.bodies)
                        self._finished(assembly.bundle)
                    else:
                        self._give_back(assembly.bundle)
                finally:
                    assembly.discard()
            except Stopped:
                # What of this bundle was not sent stays open; the next run asks Gmail about it.
                pass
            except BaseException as error:
                self._failure = error
            finally:
                # Whatever happened: a lane that stays closed would be waited for for ever.
                self._lanes.done(key)

    def _give_back(self, bundle: Bundle) -> None:
        """Never sent by us; what an earlier process left in doubt stays in doubt."""
        if bundle.occurrences and not bundle.doubt:
            ids = [each.id for each in bundle.occurrences]
            self._ledger.post(lambda conn: claims.release(conn, ids), self._lease)

    def _check(self) -> None:
        self.raise_failure()
        if self._stop.is_set():
            raise Stopped


def _queue(assemblies: Iterable[_Assembly]) -> None:
    """Let each know the next of its conversation."""
    last: dict[str, _Assembly] = {}
    for each in assemblies:
        before = last.get(each.bundle.conversation)
        if before:
            before.after, each.turn = each, False
        last[each.bundle.conversation] = each
