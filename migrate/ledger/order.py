"""The order in which pending messages are copied: conversation by conversation, each whole."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, bindparam, func, select, text, update

from migrate.ledger.tables import account, occurrence

Direction = Literal["newest-first", "oldest-first"]


@dataclass(frozen=True, slots=True)
class Order:
    """Which conversations come first, and which wait."""

    direction: Direction = "newest-first"
    since: float | None = None
    """Conversations whose newest message is older (seconds since 1970) wait for another run."""


# What refers to a message that itself knows of an older one belongs to that one's conversation, and
# is as much deeper in it. (The plus keeps SQLite from walking the index of all conversations.)
_JOIN_CONVERSATIONS = text(
    """
    UPDATE occurrence SET (conversation, depth) = (
        SELECT o.conversation, coalesce(occurrence.depth, 0) + coalesce(o.depth, 0)
        FROM occurrence AS o
        WHERE o.account_id = :account AND o.bundle = occurrence.conversation
          AND o.conversation <> occurrence.conversation
        ORDER BY +o.conversation, o.depth DESC LIMIT 1)
    WHERE account_id = :account AND state = 'pending' AND EXISTS (
        SELECT 1 FROM occurrence AS o
        WHERE o.account_id = :account AND o.bundle = occurrence.conversation
          AND o.conversation <> occurrence.conversation)
    """
)
_CLEAR = (
    update(occurrence)
    .where(
        occurrence.c.account_id == bindparam("account"),
        occurrence.c.state == "pending",
        occurrence.c.seq.is_not(None),
    )
    .values(seq=None)
)
# Answers come after what they answer, whatever their dates say: they refer to more messages.
_NUMBER = """
    UPDATE occurrence SET seq = ranked.place FROM (
        SELECT o.id AS id,
               row_number() OVER (
                   ORDER BY c.rank, c.at {direction}, o.conversation,
                            coalesce(o.depth, 0), o.at, o.id
               ) AS place
        FROM occurrence AS o JOIN (
            SELECT conversation, {extreme}(at) AS at, max(at) AS newest,
                   min(CASE folder_id {ranks} ELSE {last} END) AS rank
            FROM occurrence WHERE account_id = :account AND conversation IN (
                SELECT conversation FROM occurrence
                WHERE account_id = :account AND state = 'pending')
            GROUP BY conversation) AS c
          ON c.conversation = o.conversation
        WHERE o.account_id = :account AND o.state = 'pending' AND c.newest >= :since) AS ranked
    WHERE occurrence.id = ranked.id
    """
# References can point at each other; a chain is not longer than this in one step of doubling.
_ROUNDS = 16
_EVER = -(1 << 62)


def put_in_order(
    conn: Connection, account_id: int, order: Order, ranks: Mapping[int, int] | None = None
) -> None:
    """Number what is pending: conversation by conversation, inside each the oldest message first.

    `ranks`: folder id → rank; conversations with a message in a folder of a low rank come before
    others, in a folder without a rank last. What has to wait for another run has no number.
    """
    mine = {"account": account_id}
    conn.execute(update(account).where(account.c.id == account_id).values(scanned_at=time.time()))
    if not _pending(conn, account_id):
        return
    for _ in range(_ROUNDS):
        if conn.execute(_JOIN_CONVERSATIONS, mine).rowcount == 0:
            break
    ranks = ranks or {}
    newest = order.direction == "newest-first"
    sql = _NUMBER.format(
        direction="DESC" if newest else "ASC",
        extreme="max" if newest else "min",
        ranks=" ".join(f"WHEN {key} THEN {rank}" for key, rank in ranks.items())
        or "WHEN NULL THEN 0",
        last=max(ranks.values(), default=0) + 1,
    )
    conn.execute(_CLEAR, mine)
    since = _EVER if order.since is None else order.since
    conn.execute(text(sql), mine | {"since": since})


def waiting(conn: Connection, account_ids: Sequence[int]) -> int:
    """How many messages wait for a run without `since`."""
    query = (
        select(func.count())
        .select_from(occurrence)
        .where(
            occurrence.c.account_id.in_(account_ids),
            occurrence.c.state == "pending",
            occurrence.c.seq.is_(None),
            occurrence.c.gone.is_(False),
        )
    )
    return int(conn.scalar(query) or 0)


def _pending(conn: Connection, account_id: int) -> bool:
    query = select(occurrence.c.id).where(
        occurrence.c.account_id == account_id, occurrence.c.state == "pending"
    )
    return conn.execute(query.limit(1)).first() is not None
