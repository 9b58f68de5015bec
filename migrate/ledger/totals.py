"""Counting: the closed accounting, straight from the occurrences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from migrate.ledger.tables import folder, occurrence
from migrate.pieces import pieces

OPEN = ("pending", "intended")


@dataclass(frozen=True, slots=True)
class Count:
    messages: int
    bytes: int


def by_folder(conn: Connection, account_id: int) -> dict[int, dict[str, Count]]:
    """Folder id → state → count, of what the source has now."""
    query = (
        select(
            occurrence.c.folder_id,
            occurrence.c.state,
            func.count().label("messages"),
            func.coalesce(func.sum(occurrence.c.size), 0).label("bytes"),
        )
        .where(occurrence.c.account_id == account_id, occurrence.c.gone.is_(False))
        .group_by(occurrence.c.folder_id, occurrence.c.state)
    )
    found: dict[int, dict[str, Count]] = defaultdict(dict)
    for row in conn.execute(query):
        found[row.folder_id][row.state] = Count(row.messages, row.bytes)
    return found


def open_count(conn: Connection, account_id: int) -> int:
    """Messages that are still to be copied."""
    return _open(conn, account_id).messages


def open_counts(conn: Connection, account_ids: Sequence[int]) -> dict[int, int]:
    """The same of several accounts; one that has none is not in it."""
    found: dict[int, int] = {}
    for some in pieces(account_ids):
        query = (
            select(occurrence.c.account_id, func.count())
            .where(
                occurrence.c.account_id.in_(some),
                occurrence.c.gone.is_(False),
                occurrence.c.state.in_(OPEN),
            )
            .group_by(occurrence.c.account_id)
        )
        found.update({row[0]: row[1] for row in conn.execute(query)})
    return found


def open_bytes(conn: Connection, account_id: int) -> int:
    return _open(conn, account_id).bytes


def _open(conn: Connection, account_id: int) -> Count:
    row = conn.execute(
        select(func.count(), func.coalesce(func.sum(occurrence.c.size), 0)).where(
            occurrence.c.account_id == account_id,
            occurrence.c.gone.is_(False),
            occurrence.c.state.in_(OPEN),
        )
    ).one()
    return Count(int(row[0]), int(row[1]))


def left_out(conn: Connection, account_id: int) -> int:
    """Messages in folders that a rule leaves out."""
    query = select(func.coalesce(func.sum(folder.c.listed), 0)).where(
        folder.c.account_id == account_id, folder.c.gone.is_(False)
    )
    return int(conn.scalar(query) or 0)
