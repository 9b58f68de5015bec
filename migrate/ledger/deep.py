"""What `plan --deep` reads from and writes to its scan cache."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, text, update

from migrate.ledger.scanning import SHARED_ID
from migrate.ledger.tables import occurrence


@dataclass(frozen=True, slots=True)
class Unread:
    """A message that is to be copied."""

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


def unread(conn: Connection, folder_id: int) -> Iterator[Unread]:
    """What of a folder is to be copied, by UID."""
    o = occurrence.c
    query = (
        select(o.id, o.uid, o.size, o.internal_date)
        .where(o.folder_id == folder_id, o.state == "pending", o.gone.is_(False))
        .order_by(o.uid)
    )
    for row in conn.execution_options(yield_per=10_000).execute(query):
        date = datetime.fromisoformat(row.internal_date) if row.internal_date else None
        yield Unread(row.id, row.uid, row.size, date)


def note(conn: Connection, found: Sequence[Read]) -> None:
    """Write the verdicts down."""
    rows = [
        {"row": each.id, "predicted": each.verdict, "certain": each.certain, "digest": each.digest}
        for each in found
    ]
    if rows:
        conn.execute(update(occurrence).where(occurrence.c.id == bindparam("row")), rows)


_DIGEST = "coalesce({0}.digest, (SELECT sha256 FROM message WHERE id = {0}.message_id))"
_TELL_APART = f"""
    UPDATE occurrence SET predicted = :shared, certain = :yes
    WHERE account_id = :account AND state = 'pending' AND predicted = 'accepted'
      AND digest IS NOT NULL AND bundle LIKE '<%' AND EXISTS (
        SELECT 1 FROM occurrence AS o
        WHERE o.account_id = :account AND o.bundle = occurrence.bundle AND o.gone = :no
          AND {_DIGEST.format("o")} <> occurrence.digest)
"""  # noqa: S608 - names only


def tell_apart(conn: Connection, account_id: int) -> None:
    """Be certain of the messages that have a Message-ID in common and are not the same."""
    values = {"account": account_id, "shared": SHARED_ID, "yes": True, "no": False}
    conn.execute(text(_TELL_APART), values)
