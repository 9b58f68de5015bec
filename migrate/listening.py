"""Hearing at once that something came, between the passes of a watch: IDLE in INBOX (RFC 2177)."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

from migrate.accounts import Account
from migrate.config import Config
from migrate.connections import open_source
from migrate.errors import MailhaulError

_PIECE = 600.0
_AGAIN = 60.0
"""Seconds until a connection that failed is tried again."""
_SLICE = 0.5


class Ears:
    """A context manager: connections to some accounts, each in a thread, as long as it lasts.

    They are closed before the next pass, which needs the connections itself. What they can't tell,
    for want of IDLE or of a connection, the next pass finds out.
    """

    def __init__(
        self,
        config: Config,
        rows: Mapping[int, Account],
        known: Mapping[int, tuple[int | None, int | None]],
    ) -> None:
        """`rows`: the accounts by the numbers that `heard` gives; `known`: UIDNEXT and messages of
        their INBOX as of the last pass, so that nothing is missed that came since."""
        self._config, self._known = config, known
        self._over, self._news = threading.Event(), threading.Event()
        self._found: set[int] = set()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._listen, args=each, name=f"ear-{each[0]}", daemon=True)
            for each in rows.items()
        ]

    def heard(self, seconds: float, stop: threading.Event) -> set[int]:
        """Wait until something comes, `stop` is set or `seconds` have passed: whose it is."""
        until = time.monotonic() + seconds
        while not stop.is_set() and (left := until - time.monotonic()) > 0:
            if self._news.wait(min(left, _SLICE)):
                break
        with self._lock:
            self._news.clear()
            found, self._found = self._found, set()
        return found

    def __enter__(self) -> Ears:
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for each in self._threads:
            each.join()

    def _hear(self, number: int) -> None:
        with self._lock:
            self._found.add(number)
            self._news.set()

    def _listen(self, number: int, row: Account) -> None:
        able = True
        while able and not self._over.is_set():
            try:
                able = self._session(number, row)
            except MailhaulError:
                self._over.wait(_AGAIN)

    def _session(self, number: int, row: Account) -> bool:
        """One connection; False when there is nothing to listen to."""
        source = open_source(self._config, row, self._over)
        try:
            inbox = next((f for f in source.folders() if f.name.upper() == "INBOX"), None)
            if inbox is None:
                return False
            state = source.examine(inbox)
            if self._known.get(number, (None, None)) not in (
                (None, None),
                (state.uidnext, state.exists),
            ):
                self._hear(number)
            while not self._over.is_set():
                begun = time.monotonic()
                if source.wait(_PIECE, self._over):
                    self._hear(number)
                elif not self._over.is_set() and time.monotonic() - begun < 1:
                    return False
            return True
        finally:
            source.close()
