"""Messages of ours that have to follow the source, in pieces, with what the source says of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    String,
    and_,
    cast,
    exists,
    func,
    literal_column,
    or_,
    select,
)

from migrate.ledger.stale import ENDED
from migrate.ledger.tables import folder, message, occurrence
from migrate.ledger.totals import OPEN
from migrate.pieces import pieces

Copy = tuple[str, frozenset[str]]
"""(Label of the folder, flags) of an occurrence."""


@dataclass(frozen=True, slots=True)
class Part:
    """A row of `message`, with what the source says of it now."""

    id: int
    labels: frozenset[str]
    before: frozenset[str]
    """Gmail's ids of the labels that a message of others' had before us."""
    foreign: bool
    """It was there before us."""
    draft: bool
    deleted: bool
    stale: bool
    kept: Mapping[str, Any] | None
    copies: tuple[Copy, ...]
    """Of what the source has now."""
    hidden: bool
    """A copy may be where nobody looks: in a folder that a rule leaves out by now, or what is left
    out or quarantined has the same Message-ID."""
    awaited: bool
    """What is still to be copied has the same Message-ID."""


@dataclass(frozen=True, slots=True)
class Held:
    """A message of Gmail's that is ours; several of ours may have become one."""

    gmail_id: str
    parts: tuple[Part, ...]
    touched: bool
    """Somebody else may have changed it since."""


def waiting(conn: Connection, account_id: int) -> bool:
    """Whether any message has to follow the source."""
    return conn.scalar(select(message.c.id).where(*_stale(account_id)).limit(1)) is not None


def stale(
    conn: Connection, account_id: int, *, after: int, limit: int, skip_deleted: bool
) -> tuple[list[Held], int]:
    """The next of what has to follow, with all that shares its Gmail id; and the last id read.

    `skip_deleted`: a copy that is flagged \\Deleted counts for none.
    """
    query = (
        select(message.c.id, message.c.gmail_id)
        .where(*_stale(account_id), message.c.id > after)
        .order_by(message.c.id)
        .limit(limit)
    )
    return _held(conn, account_id, query, after, skip_deleted)


def deletions(
    conn: Connection, account_id: int, *, after: int, limit: int, skip_deleted: bool
) -> tuple[list[Held], int]:
    """The next of what is deleted at the source with all that shares its Gmail id, but neither in
    Trash nor kept; as `stale`."""
    query = (
        select(message.c.id, message.c.gmail_id)
        .where(*_deleted(account_id), message.c.id > after)
        .order_by(message.c.id)
        .limit(limit)
    )
    return _held(conn, account_id, query, after, skip_deleted)


def emptied(conn: Connection, account_id: int) -> dict[str, int]:
    """Folder → how many messages would be trashed because it is gone, has another UIDVALIDITY or
    has lost all its messages."""
    living = (occurrence.c.account_id == account_id, occurrence.c.gone.is_(False))
    full = set(conn.scalars(select(occurrence.c.folder_id).where(*living).distinct()))
    mine = folder.c.account_id == account_id
    known = conn.execute(select(folder.c.id, folder.c.name, folder.c.gone).where(mine)).all()
    found: dict[str, int] = defaultdict(int)
    for each in known:
        if each.gone or each.id not in full:
            found[each.name] += _lost_with(conn, account_id, each.id)
    return {name: count for name, count in found.items() if count}


def _lost_with(conn: Connection, account_id: int, folder_id: int) -> int:
    place, lost = folder.alias("place"), occurrence.alias("lost")
    newer, other = folder.alias("newer"), occurrence.alias("other")
    # The older UIDVALIDITY of a folder in which the message was found again says nothing.
    again = exists().where(
        other.c.message_id == lost.c.message_id,
        newer.c.id == other.c.folder_id,
        newer.c.raw == place.c.raw,
        newer.c.id > place.c.id,
    )
    query = (
        select(func.count(lost.c.message_id.distinct()))
        .select_from(lost)
        .join(place, place.c.id == lost.c.folder_id)
        .join(message, message.c.id == lost.c.message_id)
        .where(lost.c.folder_id == folder_id, *_deleted(account_id), ~again)
    )
    return int(conn.scalar(query) or 0)


def unopened(conn: Connection, account_id: int) -> bool:
    """Whether there is a folder that the source did not open, or did not show in whole."""
    mine = (folder.c.account_id == account_id, folder.c.gone.is_(False))
    query = select(folder.c.id).where(*mine, folder.c.problem.is_not(None)).limit(1)
    return conn.scalar(query) is not None


# Not `IS NOT NULL`: SQLite would take the index of all Gmail ids for it instead of the partial one.
_in_gmail = func.coalesce(message.c.gmail_id, "") != ""


def _stale(account_id: int) -> tuple[ColumnElement[bool], ...]:
    m = message.c
    # As in the partial index, word for word.
    is_stale: ColumnElement[bool] = literal_column("message.stale")
    return m.account_id == account_id, is_stale, _in_gmail, m.undone.is_(None)


def _deleted(account_id: int) -> tuple[ColumnElement[bool], ...]:
    m = message.c
    is_deleted: ColumnElement[bool] = literal_column("message.deleted")
    same = message.alias("same")
    alive = or_(same.c.deleted.is_(None), same.c.deleted.is_(False))
    lives = exists().where(same.c.account_id == m.account_id, same.c.gmail_id == m.gmail_id, alive)
    return (
        m.account_id == account_id,
        is_deleted,
        _in_gmail,
        m.undone.is_(None),
        m.kept.is_(None),
        cast(m.labels, String).not_like('%"TRASH"%'),
        ~lives.correlate(message),
    )


def _held(
    conn: Connection,
    account_id: int,
    query: Select[Any],
    after: int,
    skip_deleted: bool,
) -> tuple[list[Held], int]:
    found = conn.execute(query).all()
    rows: dict[str, list[Row[Any]]] = defaultdict(list)
    for some in pieces({row.gmail_id for row in found}):
        mine = (message.c.account_id == account_id, message.c.gmail_id.in_(some))
        query = select(message).where(*mine, message.c.undone.is_(None)).order_by(message.c.id)
        for row in conn.execute(query):
            rows[row.gmail_id].append(row)
    ids = [row.id for same in rows.values() for row in same]
    copies, hidden = _copies(conn, ids, skip_deleted)
    others = _others(conn, [each for each in ids if each not in copies])
    held = [
        Held(
            gmail_id,
            tuple(
                Part(
                    row.id,
                    frozenset(row.labels),
                    frozenset(row.labels_before or ()),
                    row.state == "present" or row.labels_before is not None,
                    row.draft_id is not None,
                    bool(row.deleted),
                    bool(row.stale),
                    row.kept,
                    tuple(copies.get(row.id, ())),
                    row.id in hidden or bool(others[row.id].difference(OPEN)),
                    bool(others[row.id].intersection(OPEN)),
                )
                for row in same
            ),
            any(row.touched or row.unsure for row in same),
        )
        for gmail_id, same in rows.items()
    ]
    return held, found[-1].id if found else after


def _copies(
    conn: Connection, ids: Sequence[int], skip_deleted: bool
) -> tuple[dict[int, list[Copy]], set[int]]:
    copies: dict[int, list[Copy]] = defaultdict(list)
    hidden = set()
    for some in pieces(ids):
        query = (
            select(
                occurrence.c.message_id,
                occurrence.c.flags,
                occurrence.c.gone,
                folder.c.label,
                folder.c.rule,
            )
            .join(folder, folder.c.id == occurrence.c.folder_id)
            .where(
                occurrence.c.message_id.in_(some),
                occurrence.c.state.in_(ENDED),
                folder.c.gone.is_(False),
            )
            .order_by(occurrence.c.id)
        )
        for row in conn.execute(query):
            flags = frozenset(row.flags.split())
            if row.rule is not None or row.label is None:
                hidden.add(row.message_id)
            elif not row.gone and not (skip_deleted and "\\Deleted" in flags):
                copies[row.message_id].append((row.label, flags))
    return copies, hidden


def _others(conn: Connection, ids: Sequence[int]) -> dict[int, set[str]]:
    """The states of what has the same Message-ID and has not become a message of Gmail's."""
    found: dict[int, set[str]] = defaultdict(set)
    other = occurrence.alias("other")
    for some in pieces(ids):
        query = (
            select(occurrence.c.message_id, other.c.state)
            .join(
                other,
                and_(
                    other.c.account_id == occurrence.c.account_id,
                    other.c.bundle == occurrence.c.bundle,
                    other.c.gone.is_(False),
                    other.c.state.not_in(ENDED),
                ),
            )
            .where(occurrence.c.message_id.in_(some))
            .distinct()
        )
        for row in conn.execute(query):
            found[row.message_id].add(row.state)
    return found
