"""Changes of messages that are in Gmail already: what is noted before the act, and after it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from migrate.ledger.stale import ENDED
from migrate.ledger.tables import change, message, occurrence
from migrate.pieces import pieces


@dataclass(frozen=True, slots=True)
class Change:
    """What is about to be done to a message of Gmail's; labels as in `message.labels`."""

    gmail_id: str
    message_id: int
    what: str
    """`labels`, `trashed`, `untrashed`."""
    added: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Settled:
    """How a row stands after a pass."""

    message_id: int
    labels: frozenset[str]
    touched: bool
    deleted: bool
    kept: Mapping[str, Any] | None = None


def mark(conn: Connection, account_id: int, gmail_ids: Collection[str]) -> None:
    """Somebody else changed these."""
    for some in pieces(gmail_ids):
        mine = (message.c.account_id == account_id, message.c.gmail_id.in_(some))
        conn.execute(update(message).where(*mine).values(touched=True))


def mark_all(conn: Connection, account_id: int) -> None:
    """Nobody knows which messages were changed: Gmail's history does not go back so far."""
    mine = (message.c.account_id == account_id, message.c.gmail_id.is_not(None))
    conn.execute(update(message).where(*mine).values(unsure=True))


def written(
    conn: Connection, account_id: int, gmail_ids: Collection[str]
) -> dict[str, frozenset[str]]:
    """Gmail id → what we wrote, of those of `gmail_ids` that are ours."""
    found: dict[str, frozenset[str]] = {}
    for some in pieces(gmail_ids):
        mine = (message.c.account_id == account_id, message.c.gmail_id.in_(some))
        for row in conn.execute(select(message.c.gmail_id, message.c.labels).where(*mine)):
            found[row.gmail_id] = found.get(row.gmail_id, frozenset()) | frozenset(row.labels)
    return found


def intend(conn: Connection, account_id: int, run_id: str, planned: Sequence[Change]) -> None:
    """Write down what is about to be done."""
    if planned:
        conn.execute(
            insert(change),
            [
                {
                    "account_id": account_id,
                    "run_id": run_id,
                    "message_id": each.message_id,
                    "gmail_id": each.gmail_id,
                    "what": each.what,
                    "added": sorted(each.added),
                    "removed": sorted(each.removed),
                }
                for each in planned
            ],
        )


def trashed_last(conn: Connection, message_ids: Collection[int]) -> set[int]:
    """Those that we moved to Trash, or were about to, and not out of it since."""
    found: set[int] = set()
    for some in pieces(message_ids):
        moves = select(change.c.message_id, change.c.what).where(
            change.c.message_id.in_(some),
            change.c.what.in_(["trashed", "untrashed"]),
            change.c.undone.is_(None),
        )
        rows = conn.execute(moves.order_by(change.c.id))
        last = {row.message_id: row.what for row in rows}
        found |= {row for row, what in last.items() if what == "trashed"}
    return found


def settle(conn: Connection, done: Sequence[Settled]) -> None:
    """What was intended is done: these rows have followed."""
    if done:
        conn.execute(
            update(message).where(message.c.id == bindparam("row")),
            [
                {
                    "row": each.message_id,
                    "labels": sorted(each.labels),
                    "stale": False,
                    "touched": each.touched,
                    "unsure": False,
                    "deleted": each.deleted,
                    "kept": dict(each.kept) if each.kept else None,
                }
                for each in done
            ],
        )


def reopen(conn: Connection, message_ids: Collection[int]) -> None:
    """What the source has of these is to be copied again: Gmail has lost them."""
    for some in pieces(message_ids):
        conn.execute(
            update(occurrence)
            .where(
                occurrence.c.message_id.in_(some),
                occurrence.c.gone.is_(False),
                occurrence.c.state.in_(ENDED),
            )
            .values(state="pending", reason=None, slice_id=None)
        )
