"""What a run brought over of what changed at the source, and what it left as the user has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, String, cast, func, literal_column, select

from migrate.ledger.tables import account, change, folder, message, occurrence
from migrate.ledger.tables import run as run_
from migrate.ledger.undoing import UNDO
from migrate.report.document import DeletedLine, Followed, KeptLine

AT_MOST = 1_000
"""Lines of each list; the counts are of all."""


def followed(
    conn: Connection, ids: Sequence[int], run: str | None
) -> tuple[Followed, list[DeletedLine], list[KeptLine]]:
    """Of the accounts `ids`; what was changed is counted of `run`, or of all runs."""
    counts = _changed(conn, ids, run)
    m = message.c
    mine = (m.account_id.in_(ids), func.coalesce(m.gmail_id, "") != "", m.undone.is_(None))
    # As in the partial indices, word for word.
    is_deleted: ColumnElement[bool] = literal_column("message.deleted")
    is_stale: ColumnElement[bool] = literal_column("message.stale")
    gone, left = (*mine, is_deleted), (*mine, m.kept.is_not(None))
    found = Followed(
        labels=counts.get("labels", 0),
        trashed=counts.get("trashed", 0),
        untrashed=counts.get("untrashed", 0),
        deleted=_count(conn, gone),
        kept=_count(conn, left),
        open=_count(conn, (*mine, is_stale)),
    )
    trashed = cast(m.labels, String).like('%"TRASH"%')
    deleted = [
        DeletedLine(row.source_user, row.name, row.uid, row.header_id, bool(row.more))
        for row in conn.execute(_lines(gone, trashed))
    ]
    kept = [
        KeptLine(
            row.source_user,
            row.name,
            row.uid,
            row.header_id,
            row.more["why"],
            ", ".join(row.more["labels"]),
        )
        for row in conn.execute(_lines(left, m.kept))
    ]
    return found, deleted, kept


def _changed(conn: Connection, ids: Sequence[int], run: str | None) -> dict[str, int]:
    """What was done → how many messages it was done to."""
    query = (
        select(change.c.what, func.count(change.c.message_id.distinct()))
        .where(
            change.c.account_id.in_(ids),
            change.c.run_id.in_(
                select(run_.c.id).where(run_.c.options[UNDO].as_string().is_(None))
            ),
        )
        .group_by(change.c.what)
    )
    if run is not None:
        query = query.where(change.c.run_id == run)
    return {row[0]: row[1] for row in conn.execute(query)}


def _count(conn: Connection, where: Sequence[ColumnElement[bool]]) -> int:
    return int(conn.scalar(select(func.count()).select_from(message).where(*where)) or 0)


def _lines(where: Sequence[ColumnElement[bool]], more: ColumnElement[Any]) -> Select[Any]:
    """Account, folder, UID, Message-ID and `more`. A message with several copies stands where it
    was found last."""
    last = (
        select(func.max(occurrence.c.id))
        .where(occurrence.c.message_id == message.c.id)
        .correlate(message)
        .scalar_subquery()
    )
    return (
        select(
            account.c.source_user,
            folder.c.name,
            occurrence.c.uid,
            message.c.header_id,
            more.label("more"),
        )
        .select_from(message)
        .join(account, account.c.id == message.c.account_id)
        .join(occurrence, occurrence.c.id == last)
        .join(folder, folder.c.id == occurrence.c.folder_id)
        .where(*where)
        .order_by(account.c.id, folder.c.name, occurrence.c.uid)
        .limit(AT_MOST)
    )
