"""Messages that are not copied yet: what decides about them anew at every scan."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, bindparam, func, or_, select, update

from migrate.forecast import Foretold
from migrate.ledger.tables import folder, occurrence


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that is not copied: `reason` is the rule that leaves it out, None if it will be."""

    id: int
    uid: int
    flags: str
    size: int
    dated: int | None
    predicted: str | None
    certain: bool
    digest: str | None
    reason: str | None

    @property
    def expected(self) -> Foretold:
        return Foretold(self.predicted, self.certain, self.digest)


def folders(conn: Connection, account_id: int) -> set[int]:
    """The ids of the folders that may have anything that is not copied."""
    query = select(occurrence.c.folder_id).where(
        occurrence.c.account_id == account_id, occurrence.c.state.in_(("pending", "skipped"))
    )
    return set(conn.scalars(query.distinct()))


def uncopied(
    conn: Connection, folder_id: int, revocable: Collection[str], *, after: int, limit: int
) -> list[Waiting]:
    """What of a folder, above the UID `after`, is still to be copied or was left out by a
    `revocable` rule; by UID."""
    o = occurrence.c
    columns = (o.id, o.uid, o.flags, o.size, o.dated, o.predicted, o.certain, o.digest, o.reason)
    query = (
        select(*columns)
        .where(
            o.folder_id == folder_id,
            o.uid > after,
            o.gone.is_(False),
            or_(o.state == "pending", and_(o.state == "skipped", o.reason.in_(list(revocable)))),
        )
        .order_by(o.uid)
        .limit(limit)
    )
    return [Waiting(*row) for row in conn.execute(query)]


def decide_again(conn: Connection, decided: Sequence[tuple[Waiting, str | None, Foretold]]) -> None:
    """(What was waiting, the rule that now leaves it out or None, what is expected of it.)"""
    conn.execute(
        update(occurrence).where(occurrence.c.id == bindparam("row")),
        [
            {
                "row": each.id,
                "state": "skipped" if rule else "pending",
                "reason": rule,
                "slice_id": None,
                "predicted": expected.verdict,
                "certain": expected.certain,
                "digest": expected.digest,
            }
            for each, rule, expected in decided
        ],
    )


def count_below(conn: Connection, account_id: int, name: str, uid: int) -> int:
    """How many messages of a folder have a UID below `uid`."""
    query = (
        select(func.count())
        .select_from(occurrence)
        .join(folder, folder.c.id == occurrence.c.folder_id)
        .where(
            folder.c.account_id == account_id,
            folder.c.name == name,
            folder.c.gone.is_(False),
            occurrence.c.gone.is_(False),
            occurrence.c.uid < uid,
        )
    )
    return int(conn.scalar(query) or 0)
