"""What a run did, read from the ledger; and what an undo took back, written into it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Connection,
    String,
    bindparam,
    cast,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from migrate.ledger.changes import reopen
from migrate.ledger.stale import ENDED
from migrate.ledger.tables import change, label, message, notice, run
from migrate.pieces import pieces

UNDO = "undo"
"""Key of `run.options` that names the run that an undo takes back."""


@dataclass(frozen=True, slots=True)
class Run:
    id: str
    undoes: str | None
    """The run that this one, an undo, takes back."""
    left: bool
    """Something that it did has not been taken back."""


@dataclass(frozen=True, slots=True)
class Mine:
    """A row of `message` that the run made, or gave labels to what was there before us."""

    id: int
    gmail_id: str
    labels: frozenset[str]
    before: frozenset[str] | None
    """Gmail's ids of the labels that it had before us; None: the run made it."""
    shared: bool
    """A row of another run has the same Gmail id."""
    started: bool
    """An undo that was broken off has already written down that it goes."""
    trashed: bool
    """An earlier undo moved it to Trash."""


@dataclass(frozen=True, slots=True)
class Done:
    """A change that the run made to a message that it did not make."""

    id: int
    message_id: int
    gmail_id: str
    what: str
    added: frozenset[str]
    removed: frozenset[str]
    labels: frozenset[str]
    """As we last wrote them."""
    before: frozenset[str]


@dataclass(frozen=True, slots=True)
class Begun:
    """What an undo had written down when it died."""

    message_id: int
    gmail_id: str
    how: str
    """`trashed`, or `deleted` if it ever was to be."""


def runs(conn: Connection) -> list[Run]:
    """All runs, the newest first."""
    m = message.c
    ours = or_(m.state == "imported", cast(m.labels, String) != "[]")
    made = select(m.run_id).where(m.gmail_id.is_not(None), m.undone.is_(None), ours).distinct()
    did = select(change.c.run_id).where(change.c.undone.is_(None)).distinct()
    told = select(notice.c.run_id).where(notice.c.gmail_id.is_not(None))
    left = set(conn.scalars(made)) | set(conn.scalars(did)) | set(conn.scalars(told))
    query = select(run.c.id, run.c.options).order_by(run.c.started.desc())
    return [
        Run(row.id, (row.options or {}).get(UNDO), row.id in left) for row in conn.execute(query)
    ]


def count(conn: Connection, account_id: int, run_id: str) -> int:
    """How many messages `run_id` made or merged into others'; about, for people."""
    mine = (message.c.account_id == account_id, message.c.run_id == run_id)
    return int(conn.scalar(select(func.count()).where(*mine, message.c.gmail_id.is_not(None))) or 0)


def made(
    conn: Connection, account_id: int, run_id: str, *, after: int, limit: int, trashed: bool
) -> list[Mine]:
    """The next messages with an id above `after` that `run_id` made or merged into others'.

    `trashed`: also what an earlier undo moved to Trash.
    """
    m = message.c
    there = or_(m.undone.is_(None), m.undone == "trashed") if trashed else m.undone.is_(None)
    query = (
        select(m.id, m.gmail_id, m.labels, m.labels_before, m.state, m.undone)
        .where(
            m.account_id == account_id,
            m.run_id == run_id,
            m.gmail_id.is_not(None),
            there,
            m.state.in_(ENDED),
            m.id > after,
        )
        .order_by(m.id)
        .limit(limit)
    )
    rows = conn.execute(query).all()
    others: set[str] = set()
    started: set[int] = set()
    for some in pieces([row.gmail_id for row in rows]):
        same = select(m.gmail_id).where(
            m.account_id == account_id,
            m.gmail_id.in_(some),
            m.undone.is_(None),
            m.run_id != run_id,
        )
        others |= set(conn.scalars(same))
    for some in pieces([row.id for row in rows]):
        query = (
            select(change.c.message_id)
            .join(run, run.c.id == change.c.run_id)
            .where(
                change.c.message_id.in_(some),
                change.c.what.in_(["trashed", "deleted"]),
                run.c.options[UNDO].as_string() == run_id,
            )
        )
        started |= set(conn.scalars(query))
    return [
        Mine(
            row.id,
            row.gmail_id,
            frozenset(row.labels),
            None if row.state == "imported" else frozenset(row.labels_before or ()),
            row.state == "imported" and row.gmail_id in others,
            row.id in started,
            row.undone == "trashed",
        )
        for row in rows
    ]


def changed(
    conn: Connection, account_id: int, run_id: str, *, limit: int, after: int | None = None
) -> list[Done]:
    """The newest changes of `run_id` that are not taken back.

    With `after` all of the next `limit` messages with an id above that; of each the newest first.
    """
    wanted = (
        change.c.account_id == account_id,
        change.c.run_id == run_id,
        change.c.undone.is_(None),
        change.c.what.in_(["labels", "trashed", "untrashed"]),
        message.c.undone.is_(None),
    )
    joined = change.join(message, message.c.id == change.c.message_id)
    query = select(change, message.c.labels, message.c.labels_before).select_from(joined)
    query = query.where(*wanted)
    if after is None:
        query = query.order_by(change.c.id.desc()).limit(limit)
    else:
        of = change.c.message_id
        some = select(of).select_from(joined).where(*wanted, of > after).distinct()
        upto = select(func.max(some.order_by(of).limit(limit).subquery().c.message_id))
        query = query.where(of > after, of <= upto.scalar_subquery())
        query = query.order_by(of, change.c.id.desc())
    return [
        Done(
            row.id,
            row.message_id,
            row.gmail_id,
            row.what,
            frozenset(row.added),
            frozenset(row.removed),
            frozenset(row.labels),
            frozenset(row.labels_before or ()),
        )
        for row in conn.execute(query)
    ]


def begun(conn: Connection, account_id: int, *, after: int, limit: int) -> list[Begun]:
    """The next messages that an undo was about to remove and did not live to say so.

    What a later run brought back is that run's by then.
    """
    m = message.c
    undos = select(run.c.id).where(run.c.options[UNDO].as_string().is_not(None))
    query = (
        select(m.id, m.gmail_id, func.min(change.c.what).label("how"))
        .select_from(change)
        .join(run, run.c.id == change.c.run_id)
        .join(message, m.id == change.c.message_id)
        .where(
            change.c.run_id.in_(undos),
            change.c.account_id == account_id,
            change.c.what.in_(["trashed", "deleted"]),
            run.c.options[UNDO].as_string() == m.run_id,
            m.state == "imported",
            m.undone.is_(None),
            m.gmail_id.is_not(None),
            m.id > after,
        )
        .group_by(m.id, m.gmail_id)
        .order_by(m.id)
        .limit(limit)
    )
    return [Begun(row.id, row.gmail_id, row.how) for row in conn.execute(query)]


def gone(conn: Connection, ids: Collection[int], how: str) -> None:
    """These are `trashed` or `deleted` by an undo: what the source has of them is open again."""
    for some in pieces(ids):
        values: dict[str, Any] = {"undone": how, "stale": False, "touched": False, "kept": None}
        if how == "deleted":
            values |= {"gmail_id": None, "draft_id": None}
        conn.execute(update(message).where(message.c.id.in_(some)).values(**values))
        reopen(conn, some)


def parted(conn: Connection, ids: Collection[int]) -> None:
    """Of these, which were there before us, nothing is ours any more."""
    for some in pieces(ids):
        conn.execute(update(message).where(message.c.id.in_(some)).values(labels=[], stale=False))
        reopen(conn, some)


def taken_back(
    conn: Connection, undo_id: str, done: Sequence[tuple[int, int, frozenset[str]]]
) -> None:
    """(Change, message, its labels as they are now): the source's word counts anew."""
    if not done:
        return
    for some in pieces([each[0] for each in done]):
        conn.execute(update(change).where(change.c.id.in_(some)).values(undone=undo_id))
    conn.execute(
        update(message).where(message.c.id == bindparam("row")),
        [{"row": row, "labels": sorted(labels), "stale": True} for _, row, labels in done],
    )


def spare(
    conn: Connection, account_id: int, undo_id: str, rows: Sequence[tuple[int, str, str]]
) -> None:
    """(Message, its Gmail id, why) of what an undo leaves alone; once, however often it is run."""
    known: set[int] = set()
    for some in pieces([each[0] for each in rows]):
        there = select(change.c.message_id).where(
            change.c.run_id == undo_id, change.c.what == "spared", change.c.message_id.in_(some)
        )
        known |= set(conn.scalars(there))
    fresh = [each for each in rows if each[0] not in known]
    if fresh:
        conn.execute(
            insert(change),
            [
                {
                    "account_id": account_id,
                    "run_id": undo_id,
                    "message_id": row,
                    "gmail_id": gmail_id,
                    "what": "spared",
                    "added": [],
                    "removed": [why],
                }
                for row, gmail_id, why in fresh
            ],
        )


def labels_of(conn: Connection, account_id: int, run_id: str) -> list[tuple[str, str, str | None]]:
    """(Key, name, Gmail id) of the labels that `run_id` made, those below others first; without an
    id, it died before Gmail's answer."""
    query = select(label.c.key, label.c.name, label.c.gmail_id).where(
        label.c.account_id == account_id, label.c.run_id == run_id
    )
    rows = [(row.key, row.name, row.gmail_id) for row in conn.execute(query)]
    return sorted(rows, key=lambda each: (-each[1].count("/"), each[1]))


def forget_label(conn: Connection, account_id: int, key: str) -> None:
    """It is deleted; a later run makes it again."""
    conn.execute(delete(label).where(label.c.account_id == account_id, label.c.key == key))
