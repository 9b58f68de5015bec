"""Notes in place of missing messages: which are wanted, which are no longer, what was brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Connection, and_, func, or_, select, update

from migrate.ledger.tables import account, folder, message, occurrence, slice_


@dataclass(frozen=True, slots=True)
class Copy:
    """An occurrence of a quarantined message."""

    id: int
    folder_id: int
    folder: str
    raw: bytes
    uidvalidity: int
    uid: int
    flags: frozenset[str]
    internal_date: str | None
    """ISO 8601."""


@dataclass(frozen=True, slots=True)
class Absent:
    """A quarantined message that no note stands for yet."""

    message_id: int | None
    """Its row; None for what the source did not hand out, which has no bytes and one copy."""
    sha256: str | None
    code: str
    detail: str
    copies: tuple[Copy, ...]


def absent(conn: Connection, account_id: int) -> list[Absent]:
    """In the order in which they came into the ledger."""
    query = (
        select(
            occurrence.c.id,
            occurrence.c.folder_id,
            folder.c.name,
            folder.c.raw,
            folder.c.uidvalidity,
            occurrence.c.uid,
            occurrence.c.flags,
            occurrence.c.internal_date,
            occurrence.c.message_id,
            occurrence.c.reason,
            func.coalesce(message.c.detail, occurrence.c.detail, "").label("detail"),
            message.c.sha256,
        )
        .select_from(occurrence)
        .join(folder, folder.c.id == occurrence.c.folder_id)
        .outerjoin(message, message.c.id == occurrence.c.message_id)
        .where(
            occurrence.c.account_id == account_id,
            occurrence.c.state == "quarantined",
            occurrence.c.gone.is_(False),
            occurrence.c.placeholder_id.is_(None),
            message.c.placeholder_id.is_(None),
        )
        .order_by(func.coalesce(occurrence.c.message_id, -occurrence.c.id), occurrence.c.id)
    )
    found = []
    for _, rows in groupby(conn.execute(query), lambda row: row.message_id or -row.id):
        first, *others = rows
        copies = tuple(
            Copy(*row[:6], frozenset(row.flags.split()), row.internal_date)
            for row in (first, *others)
        )
        found.append(Absent(first.message_id, first.sha256, first.reason, first.detail, copies))
    return found


def brought(conn: Connection, missing: Absent, gmail_id: str) -> None:
    """The note for `missing` is in Gmail."""
    if missing.message_id is not None:
        row = update(message).where(message.c.id == missing.message_id)
        conn.execute(row.values(placeholder_id=gmail_id))
    else:
        row = update(occurrence).where(occurrence.c.id == missing.copies[0].id)
        conn.execute(row.values(placeholder_id=gmail_id))


def outdated(conn: Connection, account_ids: Sequence[int]) -> list[str]:
    """Gmail's ids of the notes whose messages are quarantined no more."""
    of_messages = select(message.c.placeholder_id).where(
        message.c.account_id.in_(account_ids),
        message.c.placeholder_id.is_not(None),
        message.c.state != "quarantined",
    )
    of_occurrences = select(occurrence.c.placeholder_id).where(
        occurrence.c.account_id.in_(account_ids),
        occurrence.c.placeholder_id.is_not(None),
        or_(
            occurrence.c.state.not_in(["quarantined", "pending", "intended"]),
            # The source hands it out now, and Gmail refuses it: its message has a note of its own.
            and_(occurrence.c.state == "quarantined", occurrence.c.message_id.is_not(None)),
        ),
    )
    return [*conn.scalars(of_messages), *conn.scalars(of_occurrences)]


def of_run(conn: Connection, account_id: int, run_id: str) -> list[str]:
    """Gmail's ids of the notes for what `run_id` could not bring."""
    of_messages = select(message.c.placeholder_id).where(
        message.c.account_id == account_id,
        message.c.placeholder_id.is_not(None),
        message.c.run_id == run_id,
    )
    of_occurrences = (
        select(occurrence.c.placeholder_id)
        .join(slice_, slice_.c.id == occurrence.c.slice_id)
        .where(
            occurrence.c.account_id == account_id,
            occurrence.c.placeholder_id.is_not(None),
            slice_.c.run_id == run_id,
        )
    )
    return [*conn.scalars(of_messages), *conn.scalars(of_occurrences)]


def removed(conn: Connection, account_id: int, gmail_id: str) -> None:
    """The note is in Gmail's Trash, or gone."""
    for table in (message, occurrence):
        mine = (table.c.account_id == account_id, table.c.placeholder_id == gmail_id)
        conn.execute(update(table).where(*mine).values(placeholder_id=None))


def begin(conn: Connection, account_id: int, history_id: str | None) -> None:
    """Notes go out now: what a process that dies leaves unsaid came after `history_id`.

    None: everything that went out is recorded.
    """
    row = update(account).where(account.c.id == account_id)
    conn.execute(row.values(notes_since=history_id))


def begun(conn: Connection, account_id: int) -> str | None:
    """The history id before the notes of which some may not be recorded."""
    return conn.scalar(select(account.c.notes_since).where(account.c.id == account_id))
