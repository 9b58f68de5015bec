"""Undoing a run in several accounts: each account in one thread, several at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from functools import partial

from migrate.accounts import Account as Row
from migrate.config import Config
from migrate.connections import Gmail
from migrate.errors import EXIT_PENDING, MailhaulError, StateError
from migrate.gmail.quota import Stopped
from migrate.labelling import Labels
from migrate.ledger import Ledger, accounts, totals, undoing
from migrate.ledger.accounts import Account
from migrate.ledger.leases import Lease, Leases
from migrate.notes.notice import Notice
from migrate.pausing import Pauses
from migrate.progress import Progress
from migrate.sending import Target
from migrate.texts import Texts
from migrate.trouble import trouble
from migrate.undo.account import Undo, Undone, Wish


@dataclass(frozen=True, slots=True)
class Outcome:
    """How far the undo of one account came."""

    account: Row
    done: Undone
    error: MailhaulError | None = None
    stopped: bool = False
    """Ctrl-C or a pause came first."""


class UndoEngine:
    """Takes a run back, account by account; what stops one does not stop the others."""

    def __init__(
        self,
        config: Config,
        ledger: Ledger,
        undo_id: str,
        wish: Wish,
        progress: Progress,
        stop: threading.Event,
    ) -> None:
        self._config, self._ledger, self._undo = config, ledger, undo_id
        self._wish, self._progress = wish, progress
        self._gmail = Gmail(config, stop, ledger=ledger)
        self._leases, self._pauses = Leases(ledger), Pauses(ledger, stop)

    def run(self, rows: Sequence[Row]) -> list[Outcome]:
        """Of those of `rows` that the ledger knows."""
        with self._ledger.read() as conn:
            ids = accounts.known(conn, [row.pair for row in rows])
        known = [row for row in rows if row.pair in ids]
        threads = self._config.limits.accounts
        heeded = nullcontext() if self._wish.dry else self._pauses  # which only looks
        with closing(self._gmail), self._leases, heeded, ThreadPoolExecutor(threads) as pool:
            return list(pool.map(lambda row: self._account(row, ids[row.pair]), known))

    def _account(self, row: Row, account_id: int) -> Outcome:
        if self._pauses.stop(account_id).is_set():
            return Outcome(row, Undone(), stopped=True)
        if self._wish.dry:
            with self._ledger.read() as conn:
                account = accounts.look(conn, account_id)
            return self._outcome(row, account, lambda: None)
        lease = self._leases.take(account_id)
        if lease is None:
            return Outcome(row, Undone(), StateError("account-busy", user=row.source_user))
        outcome = self._outcome(row, lease.account, lease.check)
        try:
            self._release(lease, outcome.error)
        except StateError as error:
            return replace(outcome, error=outcome.error or error)
        return outcome

    def _outcome(self, row: Row, account: Account, check: Callable[[], None]) -> Outcome:
        """`account` is leased, and `check` sees to it, unless it is only looked at."""
        done, stopped = Undone(), threading.Event()

        def work() -> None:
            try:
                self._take_back(row, account, check, done)
            except Stopped:
                stopped.set()

        error = trouble(work, row.pair, self._config.directory)
        self._progress.close(row.source_user)
        return Outcome(row, done, error, stopped.is_set())

    def _take_back(
        self, row: Row, account: Account, check: Callable[[], None], done: Undone
    ) -> None:
        mailbox, tokens, pacer = self._gmail.open(row.target_user, check)
        labels = Labels(mailbox, self._ledger, account, self._undo)
        target = Target(mailbox, self._gmail.uploader, tokens, pacer, labels, readable=True)
        if not self._wish.dry:
            # One that a run sent and did not live to record.
            settle, policy = self._config.limits.settle_seconds, self._config.policy
            Notice(self._ledger, account, target, settle, policy, Texts("en")).resume()
        with self._ledger.read() as conn:
            count = undoing.count(conn, account.id, self._wish.run_id)
        self._progress.open(row.source_user, count, "undo")
        seen = partial(self._progress.scanned, row.source_user)
        stop = self._pauses.stop(account.id)
        Undo(self._ledger, account, target, self._undo, self._wish, stop, done, seen).run()

    def _release(self, lease: Lease, error: MailhaulError | None) -> None:
        with self._ledger.read() as conn:
            left = totals.open_count(conn, lease.account.id)
        broken = error and error.exit_code != EXIT_PENDING
        state = "failed" if broken else "paused" if left or error else "done"
        self._leases.give_back(lease, state, error)
