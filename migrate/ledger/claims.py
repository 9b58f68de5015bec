"""Claiming work: the intent, durable before the first byte goes to Gmail."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam, exists, func, insert, select, update

from migrate.ledger.tables import occurrence, slice_
from migrate.pieces import padded, pieces


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A message in a folder at a UID, as the scan saw it."""

    id: int
    folder_id: int
    uid: int
    flags: frozenset[str]
    internal_date: datetime | None
    size: int
    email_id: str | None
    conversation: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """All open occurrences that may be one message: equal Message-ID, or equal size and fields."""

    conversation: str
    occurrences: tuple[Occurrence, ...]
    history_id: str | None
    """Gmail's history before the bundle's first upload could have begun."""
    since: float
    """When it was claimed, seconds since 1970."""
    doubt: bool
    """An earlier process claimed it and never said what became of it."""
    mend: bool = False
    """What Gmail refuses for its From is sent again with one that it takes."""
    shadowed: bool = False
    """Another message with its Message-ID left the source while it was in doubt: it may be in
    Gmail, and nobody knows."""


_COLUMNS = (
    occurrence.c.bundle,
    occurrence.c.id,
    occurrence.c.folder_id,
    occurrence.c.uid,
    occurrence.c.flags,
    occurrence.c.internal_date,
    occurrence.c.size,
    occurrence.c.email_id,
    occurrence.c.conversation,
)

# Made once: a statement is a cycle of objects that holds its values until the garbage collector
# comes, and here those are what hundreds of messages are called.
_OPEN = (
    occurrence.c.account_id == bindparam("account"),
    occurrence.c.gone.is_(False),
    occurrence.c.seq.is_not(None),
    occurrence.c.folder_id.not_in(bindparam("without", expanding=True)),
)
_NEXT = (
    select(occurrence.c.id, occurrence.c.bundle, occurrence.c.size)
    .where(*_OPEN, occurrence.c.state == "pending")
    .order_by(occurrence.c.seq)
    .limit(bindparam("most"))
)
_COPIES = (
    select(*_COLUMNS)
    .where(
        *_OPEN,
        # Not by the index of what comes next: SQLite would go through all that is pending.
        func.coalesce(occurrence.c.state, "") == "pending",
        occurrence.c.bundle.in_(bindparam("bundles", expanding=True)),
    )
    .order_by(occurrence.c.seq)
)
_MARK = (
    update(occurrence)
    .where(occurrence.c.id.in_(bindparam("ids", expanding=True)))
    .values(state="intended", slice_id=bindparam("slice"))
)
_RELEASE = (
    update(occurrence)
    .where(
        occurrence.c.id.in_(bindparam("ids", expanding=True)),
        occurrence.c.state == "intended",
    )
    .values(state="pending", slice_id=None)
)
_GONE = select(occurrence.c.bundle).where(
    occurrence.c.account_id == bindparam("account"),
    occurrence.c.state == "intended",
    occurrence.c.gone.is_(True),
)


def claim(
    conn: Connection,
    account_id: int,
    run_id: str,
    history_id: str | None,
    *,
    messages: int,
    size: int,
    mend: bool = False,
    without: Collection[int] = (),
) -> list[Bundle]:
    """Take the next occurrences, at most `messages` and about `size` bytes, copies with them.

    `without` are the ids of folders that the source does not open now.
    """
    mine = {"account": account_id, "without": list(without)}
    head = conn.execute(_NEXT, mine | {"most": messages}).all()
    if not head:
        return []
    bundles: dict[str, None] = {}
    total = 0
    for row in head:
        total += row.size
        if bundles and total > size:
            break
        bundles[row.bundle] = None
    rows = conn.execute(_COPIES, mine | {"bundles": padded([*bundles])}).all()
    now = time.time()
    key = conn.execute(
        insert(slice_).values(
            account_id=account_id, run_id=run_id, history_id=history_id, at=now, mend=mend
        )
    ).inserted_primary_key
    assert key is not None
    for ids in pieces(row.id for row in rows):
        conn.execute(_MARK, {"ids": padded(ids), "slice": key[0]})
    like = Bundle("", (), history_id, now, doubt=False, mend=mend)
    return _bundles(rows, like, _shadows(conn, account_id))


def doubts(conn: Connection, account_id: int) -> list[Bundle]:
    """What earlier processes claimed and left open; at most what they had in flight."""
    rows = conn.execute(
        select(*_COLUMNS, slice_.c.history_id, slice_.c.at.label("since"), slice_.c.mend)
        .join(slice_, slice_.c.id == occurrence.c.slice_id)
        .where(
            occurrence.c.account_id == account_id,
            occurrence.c.state == "intended",
            occurrence.c.gone.is_(False),
        )
        .order_by(occurrence.c.seq)
    ).all()
    slices: dict[Bundle, list[Sequence[Any]]] = defaultdict(list)
    for row in rows:
        same = Bundle("", (), row.history_id, row.since, doubt=True, mend=bool(row.mend))
        slices[same].append(row)
    shadows = _shadows(conn, account_id)
    return [bundle for same, found in slices.items() for bundle in _bundles(found, same, shadows)]


def hand_over(conn: Connection, account_id: int) -> None:
    """Pass the doubt about what is gone on to what is the same elsewhere, by all that a scan tells:
    it was moved, its folder renamed or made anew, between the upload and the outcome."""
    if not _shadows(conn, account_id):
        return
    before, mine = occurrence.alias(), occurrence.c.account_id == account_id
    in_doubt = (before.c.account_id == account_id, before.c.state == "intended")
    same = (
        before.c.bundle == occurrence.c.bundle,
        before.c.size == occurrence.c.size,
        before.c.fields == occurrence.c.fields,
    )
    lost = (*in_doubt, before.c.gone.is_(True), *same)
    heir = (mine, occurrence.c.state == "pending", occurrence.c.gone.is_(False))
    first = select(func.min(before.c.slice_id)).where(*lost).scalar_subquery()
    inherited = {"state": "intended", "slice_id": first}
    conn.execute(update(occurrence).where(*heir, exists().where(*lost)).values(inherited))
    found = exists().where(*in_doubt, before.c.gone.is_(False), *same)
    passed_on = (mine, occurrence.c.state == "intended", occurrence.c.gone.is_(True), found)
    conn.execute(update(occurrence).where(*passed_on).values(state="pending", slice_id=None))


def _shadows(conn: Connection, account_id: int) -> set[str]:
    """The bundles of what left the source while it was in doubt."""
    return set(conn.scalars(_GONE, {"account": account_id}))


def release(conn: Connection, occurrence_ids: Sequence[int]) -> None:
    """Give back what was claimed and certainly never sent."""
    conn.execute(_RELEASE, {"ids": padded(occurrence_ids)})


def _bundles(rows: Sequence[Sequence[Any]], like: Bundle, shadows: Collection[str]) -> list[Bundle]:
    """The bundles of one slice, which all are as `like`; `rows` begin with _COLUMNS."""
    grouped: dict[str, list[Occurrence]] = defaultdict(list)
    for row in rows:
        name, key, folder_id, uid, flags, date, size, email_id, conversation = row[:9]
        grouped[name].append(
            Occurrence(
                key,
                folder_id,
                uid,
                _flags(flags),
                datetime.fromisoformat(date) if date else None,
                size,
                email_id,
                conversation,
            )
        )
    return [
        Bundle(
            found[0].conversation,
            tuple(found),
            like.history_id,
            like.since,
            like.doubt,
            like.mend,
            shadowed=name in shadows,
        )
        for name, found in grouped.items()
    ]


@lru_cache(1024)
def _flags(text: str) -> frozenset[str]:
    return frozenset(text.split())
