"""What somebody has paused: the whole migration, or single accounts. Flags for all processes."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, insert, select, update

from migrate.ledger.tables import account, meta
from migrate.pieces import pieces

_KEY = "paused"


@dataclass(frozen=True, slots=True)
class Paused:
    """Since when, in seconds since 1970."""

    all: float | None = None
    accounts: Mapping[int, float] = field(default_factory=dict)
    """By account id; only those that were paused by themselves."""

    def since(self, account_id: int) -> float | None:
        """None: it may be worked on."""
        return self.accounts.get(account_id, self.all)


def pause(conn: Connection, accounts: Sequence[int] | None = None) -> None:
    """Pause everything, or these accounts; what is paused already keeps its time."""
    now, there = time.time(), paused(conn)
    if accounts is None:
        if there.all is None:
            conn.execute(insert(meta).values(key=_KEY, value=repr(now)))
        return
    _mark(conn, [each for each in accounts if each not in there.accounts], now)


def resume(conn: Connection, accounts: Sequence[int] | None = None) -> None:
    """Take back every pause, or those of these accounts by themselves."""
    if accounts is None:
        conn.execute(delete(meta).where(meta.c.key == _KEY))
        conn.execute(update(account).where(account.c.paused.is_not(None)).values(paused=None))
    else:
        _mark(conn, accounts, None)


def paused(conn: Connection) -> Paused:
    value = conn.scalar(select(meta.c.value).where(meta.c.key == _KEY))
    query = select(account.c.id, account.c.paused).where(account.c.paused.is_not(None))
    single = {row.id: row.paused for row in conn.execute(query)}
    return Paused(None if value is None else float(value), single)


def _mark(conn: Connection, accounts: Collection[int], at: float | None) -> None:
    for some in pieces(accounts):
        conn.execute(update(account).where(account.c.id.in_(some)).values(paused=at))
