"""Messages that are not copied yet: what decides about them anew at every scan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, bindparam, func, or_, select, update

from migrate.ledger.tables import folder, occurrence

DECIDED = (
    "deleted",
    "filter-since",
    "filter-before",
    "filter-min-size",
    "filter-max-size",
    "filter-search",
)
"""The rules that every scan decides anew, as long as a message is not copied."""


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
    reason: str | None


def uncopied(conn: Connection, folder_id: int) -> Iterator[Waiting]:
    """What of a folder is still to be copied, or left out by a rule that may have changed."""
    o = occurrence.c
    query = select(o.id, o.uid, o.flags, o.size, o.dated, o.predicted, o.certain, o.reason).where(
        o.folder_id == folder_id,
        o.gone.is_(False),
        or_(o.state == "pending", and_(o.state == "skipped", o.reason.in_(DECIDED))),
    )
    for row in conn.execution_options(yield_per=10_000).execute(query.order_by(o.uid)):
        yield Waiting(*row)


def decide_again(
    conn: Connection, decided: Sequence[tuple[int, str | None, str | None, bool]]
) -> None:
    """(Occurrence id, rule that leaves it out or None, verdict, whether it is certain)."""
    conn.execute(
        update(occurrence).where(occurrence.c.id == bindparam("row")),
        [
            {
                "row": key,
                "state": "skipped" if rule else "pending",
                "reason": rule,
                "predicted": verdict,
                "certain": certain,
            }
            for key, rule, verdict, certain in decided
        ],
    )


def pending(conn: Connection, folder_id: int) -> tuple[int, int]:
    """(Messages, bytes) of a folder that are to be copied."""
    query = select(func.count(), func.coalesce(func.sum(occurrence.c.size), 0)).where(
        occurrence.c.folder_id == folder_id,
        occurrence.c.state == "pending",
        occurrence.c.gone.is_(False),
    )
    messages, size = conn.execute(query).one()
    return int(messages), int(size)


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
