"""Outcomes: what became of a message and of each of its occurrences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, or_, select, update

from migrate.ledger.tables import message, occurrence, repair
from migrate.message import Repair


@dataclass(frozen=True, slots=True)
class Known:
    """A message of ours that Gmail holds."""

    sha256: str
    header_id: str | None
    gmail_id: str
    thread_id: str
    labels: frozenset[str]
    draft_id: str | None = None
    """Set for a real draft; it stays when the owner writes on and Gmail replaces the message."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one message: written in one transaction with all its occurrences."""

    account_id: int
    sha256: str
    size: int
    state: str
    """`imported`, `present`, `merged` (policy "gmail"), `skipped` (by its size), `quarantined`."""
    occurrences: tuple[tuple[int, str, str | None], ...]
    """(occurrence id, class, reason)."""
    run_id: str
    header_id: str | None = None
    reason: str | None = None
    detail: str | None = None
    gmail_id: str | None = None
    thread_id: str | None = None
    date: int | None = None
    basis: Mapping[str, str | float | bool | None] | None = None
    labels: frozenset[str] = frozenset()
    labels_before: frozenset[str] | None = None
    repairs: tuple[Repair, ...] = ()
    draft_id: str | None = None

    @property
    def known(self) -> Known | None:
        if self.gmail_id is None or self.thread_id is None:
            return None
        return Known(
            self.sha256,
            self.header_id,
            self.gmail_id,
            self.thread_id,
            self.labels,
            self.draft_id,
        )


def find(conn: Connection, account_id: int, sha256: str, header_id: str | None) -> list[Known]:
    """Messages of ours with these bytes or this Message-ID that Gmail holds, oldest first."""
    query = (
        select(message)
        .where(
            message.c.account_id == account_id,
            message.c.gmail_id.is_not(None),
            or_(message.c.sha256 == sha256, message.c.header_id == header_id),
        )
        .order_by(message.c.id)
    )
    return [
        Known(r.sha256, r.header_id, r.gmail_id, r.thread_id, frozenset(r.labels), r.draft_id)
        for r in conn.execute(query)
    ]


def ours(conn: Connection, account_id: int, gmail_ids: Sequence[str]) -> set[str]:
    """Those of `gmail_ids` that are messages of ours, or stand for one that is missing."""
    return {
        each
        for column in (message.c.gmail_id, message.c.placeholder_id, occurrence.c.placeholder_id)
        for each in conn.scalars(
            select(column).where(column.table.c.account_id == account_id, column.in_(gmail_ids))
        )
    }


def record(conn: Connection, outcome: Outcome) -> None:
    """Write an outcome: the message row made or brought up to date, its occurrences closed."""
    values = {
        "size": outcome.size,
        "header_id": outcome.header_id,
        "state": outcome.state,
        "reason": outcome.reason,
        "detail": outcome.detail,
        "gmail_id": outcome.gmail_id,
        "thread_id": outcome.thread_id,
        "date": outcome.date,
        "basis": outcome.basis,
        "labels": sorted(outcome.labels),
        "labels_before": (None if outcome.labels_before is None else sorted(outcome.labels_before)),
        "draft_id": outcome.draft_id,
        "run_id": outcome.run_id,
    }
    mine = (message.c.account_id == outcome.account_id, message.c.sha256 == outcome.sha256)
    message_id = conn.scalar(select(message.c.id).where(*mine))
    if message_id is None:
        row = {"account_id": outcome.account_id, "sha256": outcome.sha256}
        key = conn.execute(insert(message).values(**row, **values)).inserted_primary_key
        assert key is not None
        message_id = key[0]
    else:
        conn.execute(update(message).where(message.c.id == message_id).values(**values))
        conn.execute(delete(repair).where(repair.c.message_id == message_id))
    _close(conn, message_id, outcome.occurrences)
    if outcome.repairs:
        rows = [
            {
                "message_id": message_id,
                "field": each.field,
                "before": each.before,
                "after": each.after,
                "why": each.why,
            }
            for each in outcome.repairs
        ]
        conn.execute(insert(repair), rows)


def add_copies(
    conn: Connection,
    account_id: int,
    sha256: str,
    labels: frozenset[str],
    occurrences: tuple[tuple[int, str, str | None], ...],
) -> None:
    """More occurrences of a message that Gmail holds already, and the labels they brought."""
    mine = (message.c.account_id == account_id, message.c.sha256 == sha256)
    message_id = conn.scalars(select(message.c.id).where(*mine)).one()
    conn.execute(update(message).where(*mine).values(labels=sorted(labels)))
    _close(conn, message_id, occurrences)


def close_unread(conn: Connection, occurrence_ids: Sequence[int], why: tuple[str, str]) -> None:
    """Occurrences whose bytes the source does not hand out: only why, (code, its words)."""
    conn.execute(
        update(occurrence)
        .where(occurrence.c.id.in_(occurrence_ids))
        .values(state="quarantined", reason=why[0], detail=why[1], message_id=None)
    )


def _close(
    conn: Connection, message_id: int, closed: tuple[tuple[int, str, str | None], ...]
) -> None:
    for occurrence_id, state, reason in closed:
        conn.execute(
            update(occurrence)
            .where(occurrence.c.id == occurrence_id)
            .values(state=state, reason=reason, message_id=message_id)
        )
