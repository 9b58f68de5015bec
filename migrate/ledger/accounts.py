"""Accounts in the ledger: enrolling, the lease, the baseline, labels, runs."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from migrate.clock import elapsed
from migrate.errors import MailhaulError
from migrate.ledger.owner import gone, me
from migrate.ledger.tables import account, baseline, run

LEASE_SECONDS = 60.0
_PACE_KEPT = 24 * 3600.0
"""Seconds for which a learnt pace is believed."""


@dataclass(frozen=True, slots=True)
class Term:
    """When a lease ends."""

    elapsed: float
    """By `clock.elapsed`."""
    wall: float
    """Seconds since 1970; what others go by."""


@dataclass(frozen=True, slots=True)
class Account:
    id: int
    source_user: str
    target_user: str
    state: str
    history_id: str | None
    baseline_at: float | None
    fence: int = 0
    term: Term = Term(0.0, 0.0)
    """Of the lease when it was taken; over where there is none."""
    pace: float | None = None
    """Units a second that an earlier run learnt to be Gmail's limit for this user."""

    @property
    def lease(self) -> tuple[int, int]:
        return self.id, self.fence


def enrol(conn: Connection, pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The ids of (source user, target user) pairs; new ones get a row."""
    there = known(conn, pairs)
    fresh = [
        {"source_user": source, "target_user": target}
        for source, target in pairs
        if (source, target) not in there
    ]
    if fresh:
        conn.execute(insert(account), fresh)
    return known(conn, pairs)


def pairs(conn: Connection) -> list[tuple[str, str]]:
    """(Source user, target user) of all accounts."""
    columns = select(account.c.source_user, account.c.target_user).order_by(account.c.id)
    return [(row[0], row[1]) for row in conn.execute(columns)]


def known(conn: Connection, pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The ids of those (source user, target user) pairs that have a row."""
    columns = select(account.c.source_user, account.c.target_user, account.c.id)
    there = {(row[0], row[1]): int(row[2]) for row in conn.execute(columns)}
    return {pair: there[pair] for pair in pairs if pair in there}


def scanned(conn: Connection, ids: Sequence[int]) -> set[int]:
    """Those of the accounts that a scan has seen to its end."""
    query = select(account.c.id).where(account.c.scanned_at.is_not(None))
    return set(conn.scalars(query)).intersection(ids)


def take(conn: Connection, account_id: int, *, force: bool = False) -> Account | None:
    """Lease the account to this process with a new fence; None while another one holds it.

    `force` is for a copy of the ledger, which nobody else works on.
    """
    row = conn.execute(select(account).where(account.c.id == account_id)).one()
    held = row.lease_owner != me() and held_now(row.lease_owner, row.lease_until)
    if held and not force:
        return None
    fence, term = row.fence + 1, _term()
    conn.execute(
        update(account)
        .where(account.c.id == account_id)
        .values(
            fence=fence,
            lease_owner=me(),
            lease_until=term.wall,
            state="running",
            error_code=None,
            error_params=None,
        )
    )
    return Account(
        row.id,
        row.source_user,
        row.target_user,
        row.state,
        row.history_id,
        row.baseline_at,
        fence,
        term,
        row.pace if row.pace_at and row.pace_at > time.time() - _PACE_KEPT else None,
    )


def held_now(owner: str | None, until: float | None) -> bool:
    """Whether a process holds this lease, as far as can be told from here."""
    return owner is not None and (until or 0.0) > time.time() and not gone(owner)


def look(conn: Connection, account_id: int) -> Account:
    """The account as it stands, without a lease: nothing can be written for it."""
    row = conn.execute(select(account).where(account.c.id == account_id)).one()
    return Account(
        row.id, row.source_user, row.target_user, row.state, row.history_id, row.baseline_at
    )


def renew(conn: Connection, leases: Iterable[tuple[int, int]]) -> dict[int, Term]:
    """Go on holding what is still ours of `leases`, (account id, fence): until when, by account."""
    found = {}
    for account_id, fence in leases:
        term = _term()
        mine = account.c.id == account_id, account.c.fence == fence, account.c.lease_owner == me()
        if conn.execute(update(account).where(*mine).values(lease_until=term.wall)).rowcount:
            found[account_id] = term
    return found


def _term() -> Term:
    # This order: who is stopped in between must not think that it has longer than the others do.
    end = elapsed() + LEASE_SECONDS
    return Term(end, time.time() + LEASE_SECONDS)


def release(
    conn: Connection, account_id: int, state: str, failure: MailhaulError | None = None
) -> None:
    """Give the lease back and say how the account stands."""
    code = failure.code if failure else None
    params = {key: str(value) for key, value in failure.params.items()} if failure else None
    conn.execute(
        update(account)
        .where(account.c.id == account_id)
        .values(
            lease_owner=None, lease_until=None, state=state, error_code=code, error_params=params
        )
    )


def set_pace(conn: Connection, account_id: int, pace: float | None) -> None:
    """What was learnt of Gmail's limit for this user, units a second; None: it is as configured."""
    conn.execute(
        update(account)
        .where(account.c.id == account_id)
        .values(pace=pace, pace_at=None if pace is None else time.time())
    )


def set_history(conn: Connection, account_id: int, history_id: str | None) -> None:
    """The baseline is complete as of `history_id`."""
    conn.execute(
        update(account)
        .where(account.c.id == account_id)
        .values(
            history_id=history_id,
            baseline_at=func.coalesce(account.c.baseline_at, time.time()),
        )
    )


def set_changes(conn: Connection, account_id: int, history_id: str) -> None:
    """`message.touched` and `unsure` are complete as of `history_id`."""
    conn.execute(update(account).where(account.c.id == account_id).values(changes_since=history_id))


def changes_since(conn: Connection, account_id: int) -> str | None:
    """Gmail's history as of which `message.touched` is complete; None: never."""
    return conn.scalar(select(account.c.changes_since).where(account.c.id == account_id))


def add_baseline(conn: Connection, account_id: int, gmail_ids: Iterable[str]) -> None:
    """Ids that were in the mailbox and are not ours; those already known do no harm."""
    wanted = list(dict.fromkeys(gmail_ids))
    known = in_baseline(conn, account_id, wanted)
    rows = [{"account_id": account_id, "gmail_id": each} for each in wanted if each not in known]
    if rows:
        conn.execute(insert(baseline), rows)


def in_baseline(conn: Connection, account_id: int, gmail_ids: Sequence[str]) -> set[str]:
    """Those of `gmail_ids` that were in the mailbox before us."""
    query = select(baseline.c.gmail_id).where(
        baseline.c.account_id == account_id, baseline.c.gmail_id.in_(gmail_ids)
    )
    return set(conn.scalars(query))


def start_run(conn: Connection, run_id: str, options: dict[str, Any]) -> None:
    conn.execute(insert(run).values(id=run_id, started=time.time(), options=options))


def end_run(conn: Connection, run_id: str) -> None:
    conn.execute(update(run).where(run.c.id == run_id).values(ended=time.time()))


def last_run(conn: Connection) -> str | None:
    query = select(run.c.id).order_by(run.c.started.desc()).limit(1)
    return conn.scalar(query)
