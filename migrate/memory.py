"""What is ours at the target: the ledger, and what the ledger's writer has not yet on disk."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from migrate.ledger import Ledger, accounts, outcomes
from migrate.ledger.outcomes import Known


class Memory:
    """The messages of one account that Gmail holds, as far as we know. Thread-safe."""

    def __init__(self, ledger: Ledger, account_id: int) -> None:
        self._ledger, self._account = ledger, account_id
        self._recent: dict[str, list[Known]] = defaultdict(list)
        self._busy: set[str] = set()
        self._turn = threading.Condition()

    def find(self, sha256: str, message_id: str) -> list[Known]:
        """Messages of ours with these bytes or this Message-ID, oldest first."""
        with self._turn:
            recent = list(self._recent.get(message_id, ()))
        with self._ledger.read() as conn:
            found = outcomes.find(conn, self._account, sha256, message_id)
        # Of each what was said of it last: its labels may have grown.
        return list({each.sha256: each for each in (*found, *recent)}.values())

    def ids(self, gmail_ids: Collection[str]) -> set[str]:
        """Those of `gmail_ids` that are ours or were in the mailbox before us."""
        wanted = list(gmail_ids)
        with self._turn:
            recent = {each.gmail_id for found in self._recent.values() for each in found}
        with self._ledger.read() as conn:
            mine = outcomes.ours(conn, self._account, wanted)
            before = accounts.in_baseline(conn, self._account, wanted)
        return (recent & set(wanted)) | mine | before

    def remember(self, known: Known, message_id: str, done: Future[None]) -> None:
        """Keep an outcome at hand until the ledger has it."""
        with self._turn:
            self._recent[message_id].append(known)

        def forget(_: object) -> None:
            with self._turn:
                self._recent[message_id].remove(known)
                if not self._recent[message_id]:
                    del self._recent[message_id]

        done.add_done_callback(forget)

    @contextmanager
    def turn_of(self, message_id: str) -> Iterator[None]:
        """At most one message of a Message-ID is on its way."""
        with self._turn:
            while message_id in self._busy:
                self._turn.wait()
            self._busy.add(message_id)
        try:
            yield
        finally:
            with self._turn:
                self._busy.discard(message_id)
                self._turn.notify_all()
