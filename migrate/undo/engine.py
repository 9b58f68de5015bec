"""Undoing a run in several accounts: each account in one thread, several at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from migrate.accounts import Account as Row
from migrate.config import Config
from migrate.connections import Gmail
from migrate.errors import MailhaulError, StateError
from migrate.gmail.quota import Stopped
from migrate.labelling import Labels
from migrate.ledger import Ledger, accounts, totals
from migrate.ledger.accounts import Account
from migrate.ledger.leases import Lease, Leases
from migrate.progress import Progress
from migrate.sending import Target
from migrate.undo.account import Undo, Undone, Wish


@dataclass(frozen=True, slots=True)
class Outcome:
    """How far the undo of one account came."""

    account: Row
    done: Undone
    error: MailhaulError | None = None
    stopped: bool = False
    """Ctrl-C came first."""


def undo(
    config: Config,
    ledger: Ledger,
    undo_id: str,
    wish: Wish,
    rows: Sequence[Row],
    progress: Progress,
    stop: threading.Event,
) -> list[Outcome]:
    """Take the run back in all `rows`; what stops one account does not stop the others."""
    pairs = [(row.source_user, row.target_user) for row in rows]
    with ledger.read() as conn:
        ids = accounts.known(conn, pairs)
    known = [row for row in rows if (row.source_user, row.target_user) in ids]
    if not known:
        return []
    gmail = Gmail(config, stop)
    with Leases(ledger) as leases, ThreadPoolExecutor(config.limits.accounts) as pool:

        def one(row: Row) -> Outcome:
            if stop.is_set():
                return Outcome(row, Undone(), stopped=True)
            account_id = ids[row.source_user, row.target_user]
            if wish.dry:
                with ledger.read() as conn:
                    mine = accounts.look(conn, account_id)
                try:
                    return _account(ledger, gmail, undo_id, wish, row, mine, _free, progress, stop)
                finally:
                    progress.close(row.source_user)
            lease = leases.take(account_id)
            if lease is None:
                return Outcome(row, Undone(), StateError("account-busy", user=row.source_user))
            mine, check = lease.account, lease.check
            try:
                outcome = _account(ledger, gmail, undo_id, wish, row, mine, check, progress, stop)
            finally:
                progress.close(row.source_user)
            try:
                leases.give_back(lease, _state(ledger, lease, outcome), outcome.error)
            except StateError as error:
                return Outcome(row, outcome.done, outcome.error or error)
            return outcome

        return list(pool.map(one, known))


def _account(
    ledger: Ledger,
    gmail: Gmail,
    undo_id: str,
    wish: Wish,
    row: Row,
    account: Account,
    check: Callable[[], None],
    progress: Progress,
    stop: threading.Event,
) -> Outcome:
    """`account` is leased, and `check` sees to it, unless it is only looked at."""
    done = Undone()
    try:
        mailbox, tokens, pacer = gmail.open(row.target_user, check)
        labels = Labels(mailbox, ledger, account, undo_id)
        target = Target(mailbox, gmail.uploader, tokens, pacer, labels, readable=True)
        progress.open(row.source_user, 0, 0)
        seen = partial(progress.scanned, row.source_user)
        work = Undo(ledger, account, target, undo_id, wish, stop, seen)
        done = work.done
        work.run()
    except Stopped:
        return Outcome(row, done, stopped=True)
    except MailhaulError as error:
        return Outcome(row, done, error)
    except Exception as error:
        # A bug met on one account must not keep the others from their end.
        failure = MailhaulError("unexpected", error=f"{type(error).__name__}: {error}")
        failure.__cause__ = error
        return Outcome(row, done, failure)
    return Outcome(row, done)


def _state(ledger: Ledger, lease: Lease, outcome: Outcome) -> str:
    with ledger.read() as conn:
        left = totals.open_count(conn, lease.account.id)
    return "failed" if outcome.error else "paused" if left else "done"


def _free() -> None:
    """Who only looks needs no lease."""
