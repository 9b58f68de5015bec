"""`migrate pause`, as those who work notice it: what is in hand is finished, and no more begun."""

from __future__ import annotations

import threading
from collections import defaultdict
from contextlib import suppress

from migrate.errors import MailhaulError
from migrate.gmail.quota import Stopped
from migrate.ledger import Ledger, pauses

_LOOK = 1.0
"""Seconds between two looks into the ledger; another process may have written there."""


class Pauses:
    """One `stop` for each account, set with the one for all, or when the account is paused.

    A pause of everything sets the one for all. A context manager: it looks while it lasts.
    """

    def __init__(self, ledger: Ledger, stop: threading.Event) -> None:
        self._ledger, self._stop = ledger, stop
        self._accounts: dict[int, threading.Event] = defaultdict(threading.Event)
        self._lock = threading.Lock()

    def stop(self, account_id: int) -> threading.Event:
        """Set when nothing more is to be begun for this account."""
        with self._lock:
            own = self._accounts[account_id]
        if self._stop.is_set():
            own.set()
        return own

    def check(self, account_id: int) -> None:
        """Stopped when the account is paused."""
        if self.stop(account_id).is_set():
            raise Stopped

    def __enter__(self) -> Pauses:
        self._over = over = threading.Event()
        self._look(over)
        threading.Thread(target=self._watch, args=(over,), name="pauses", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._over.set()

    def _watch(self, over: threading.Event) -> None:
        """Nobody waits for its end: when it is `over`, it touches the ledger no more."""
        while not over.is_set():
            if self._stop.wait(_LOOK):
                with self._lock:
                    for each in self._accounts.values():
                        each.set()
                return
            self._look(over)

    def _look(self, over: threading.Event) -> None:
        # An error is found by whoever works, by its own writes.
        with self._lock, suppress(MailhaulError):
            if over.is_set():
                return
            with self._ledger.read() as conn:
                found = pauses.paused(conn)
            if found.all is not None:
                self._stop.set()
            for each in found.accounts:
                self._accounts[each].set()
