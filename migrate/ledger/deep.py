"""What `plan --deep` reads from and writes to its scan cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select, text, update

from migrate.ledger.tables import occurrence


@dataclass(frozen=True, slots=True)
class Unread:
    """A message that is to be copied, and whose bytes nobody has read yet."""

    id: int
    uid: int
    size: int
    internal_date: datetime | None


@dataclass(frozen=True, slots=True)
class Read:
    """What all its bytes say of one."""

    id: int
    verdict: str
    certain: bool
    digest: str | None
    """SHA-256; None when the source does not hand the message out."""


_UNREAD = (
    occurrence.c.state == "pending",
    occurrence.c.gone.is_(False),
    occurrence.c.digest.is_(None),
)


def unread(conn: Connection, folder_id: int, *, after: int, limit: int) -> list[Unread]:
    """What of a folder, above the UID `after`, is to be read; by UID."""
    o = occurrence.c
    query = (
        select(o.id, o.uid, o.size, o.internal_date)
        .where(o.folder_id == folder_id, o.uid > after, *_UNREAD)
        .order_by(o.uid)
        .limit(limit)
    )
    return [
        Unread(
            row.id,
            row.uid,
            row.size,
            datetime.fromisoformat(row.internal_date) if row.internal_date else None,
        )
        for row in conn.execute(query)
    ]


def left(conn: Connection, folder_ids: Sequence[int]) -> int:
    """Messages that are to be read in these folders."""
    messages = 0
    for folder_id in folder_ids:
        query = select(func.count()).where(occurrence.c.folder_id == folder_id, *_UNREAD)
        messages += conn.execute(query).scalar_one()
    return messages


_REMEMBER = text(
    """
    INSERT OR REPLACE INTO foretold
    SELECT a.source_user, a.target_user, f.raw, f.uidvalidity, o.uid,
           o.predicted, o.certain, o.digest, :predictor
    FROM occurrence AS o JOIN folder AS f ON f.id = o.folder_id
    JOIN account AS a ON a.id = o.account_id
    WHERE o.id = :row AND f.uidvalidity > 0
    """
)


def note(conn: Connection, found: Sequence[Read], predictor: str) -> None:
    """Write the verdicts down, for this plan and for what comes after it."""
    rows = [
        {"row": each.id, "predicted": each.verdict, "certain": each.certain, "digest": each.digest}
        for each in found
    ]
    if rows:
        conn.execute(update(occurrence).where(occurrence.c.id == bindparam("row")), rows)
        conn.execute(_REMEMBER, [{"row": each.id, "predictor": predictor} for each in found])


def imports(conn: Connection, account_id: int) -> int:
    """How many uploads are to come, at most: of what is known to be the same one is enough, and
    what is too large is not sent."""
    o = occurrence.c
    single = func.coalesce(o.digest, func.printf("#%d", o.id))
    query = select(func.count(single.distinct())).where(
        o.account_id == account_id,
        o.state.in_(["pending", "intended"]),
        o.gone.is_(False),
        func.coalesce(o.predicted, "") != "oversize",
    )
    return int(conn.scalar(query) or 0)
