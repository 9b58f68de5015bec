"""What is ours at the target: the ledger, and what the ledger's writer has not yet on disk."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from migrate.delivery.bloom import Bloom
from migrate.ledger import Ledger, accounts, outcomes, totals
from migrate.ledger.outcomes import Known

_WORTH = 100
"""Reading all names costs as much as asking for one in a hundred of them."""


class Memory:
    """The messages of one account that Gmail holds, as far as we know. Thread-safe."""

    def __init__(self, ledger: Ledger, account_id: int) -> None:
        self._ledger, self._account = ledger, account_id
        self._recent: dict[str, list[Known]] = defaultdict(list)
        """By Message-ID, what is on its way to the ledger."""
        self._under_way: dict[Future[None], list[tuple[str, Known]]] = {}
        self._busy: set[str] = set()
        self._lock = threading.Lock()
        self._turn = threading.Condition(self._lock)
        self._known: Bloom | None = None
        self._asked = self._there = 0
        self._names: int | None = None

    def caught_up(self) -> None:
        """From now on only we add to what is ours or was in the mailbox before us.

        Most of what comes is new in every way; then the ledger need not be asked.
        """
        with self._ledger.read() as conn:
            self._there = outcomes.name_count(conn, self._account)
            self._names = self._there + 3 * totals.open_count(conn, self._account)

    def find(self, sha256: str, message_id: str) -> list[Known]:
        """Messages of ours with these bytes or this Message-ID, oldest first."""
        with self._lock:
            recent = list(self._recent.get(message_id, ()))
        found = []
        if self._possible(sha256, message_id):
            with self._ledger.read() as conn:
                found = outcomes.find(conn, self._account, sha256, message_id)
        # Of each what was said of it last: its labels may have grown.
        return list({each.sha256: each for each in (*found, *recent)}.values())

    def ids(self, gmail_ids: Collection[str]) -> set[str]:
        """Those of `gmail_ids` that are ours or were in the mailbox before us."""
        wanted = list(gmail_ids)
        if not self._possible(*wanted):
            return set()
        with self._lock:
            recent = {each.gmail_id for found in self._recent.values() for each in found}
        with self._ledger.read() as conn:
            mine = outcomes.ours(conn, self._account, wanted)
            before = accounts.in_baseline(conn, self._account, wanted)
        return (recent & set(wanted)) | mine | before

    def _possible(self, *names: str) -> bool:
        """False: none of these names is in the ledger or on its way there."""
        with self._lock:
            self._asked += 1
            if self._known is None and self._names is not None:
                if self._asked * _WORTH < self._there:
                    return True
                self._known = self._read()
            return self._known is None or self._known.has_any(names)

    def _read(self) -> Bloom:
        assert self._names is not None
        known = Bloom(self._names)
        with self._ledger.read() as conn:
            for name in outcomes.names(conn, self._account):
                known.add(name)
        for message_id, found in self._recent.items():
            for each in found:
                _add(known, each, message_id)
        return known

    def remember(self, known: Known, message_id: str, done: Future[None]) -> None:
        """Keep an outcome at hand until the ledger has it; many share one future."""
        with self._lock:
            self._recent[message_id].append(known)
            if self._known:
                _add(self._known, known, message_id)
            together = self._under_way.setdefault(done, [])
            first = not together
            together.append((message_id, known))
        if first:
            done.add_done_callback(self._forget)

    def _forget(self, done: Future[None]) -> None:
        with self._lock:
            for message_id, known in self._under_way.pop(done, ()):
                self._recent[message_id].remove(known)
                if not self._recent[message_id]:
                    del self._recent[message_id]

    @contextmanager
    def turn_of(self, message_id: str) -> Iterator[None]:
        """At most one message of a Message-ID is on its way."""
        with self._lock:
            while message_id in self._busy:
                self._turn.wait()
            self._busy.add(message_id)
        try:
            yield
        finally:
            with self._lock:
                self._busy.discard(message_id)
                self._turn.notify_all()


def _add(names: Bloom, known: Known, message_id: str) -> None:
    for name in (known.sha256, message_id, known.gmail_id):
        names.add(name)
