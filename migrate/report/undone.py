"""What undos took back, and what they left alone."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from migrate.ledger.tables import account, change, folder, message, occurrence, run
from migrate.ledger.undoing import UNDO
from migrate.report.document import SparedLine, UndoneLine

AT_MOST = 1_000
"""Lines of what was left alone; the counts are of all."""


def undone(
    conn: Connection, ids: Sequence[int], undo: str | None
) -> tuple[list[UndoneLine], list[SparedLine]]:
    """Of the accounts `ids`; by the undo `undo`, or by all."""
    of_undos = (
        change.c.account_id.in_(ids),
        run.c.options[UNDO].as_string().is_not(None),
        *((change.c.run_id == undo,) if undo else ()),
    )
    counts = (
        select(
            account.c.source_user,
            run.c.options[UNDO].as_string().label("taken_back"),
            change.c.what,
            func.count(change.c.message_id.distinct()).label("count"),
        )
        .select_from(change)
        .join(run, run.c.id == change.c.run_id)
        .join(account, account.c.id == change.c.account_id)
        .where(*of_undos)
        .group_by(account.c.id, run.c.started, change.c.what)
        .order_by(account.c.id, run.c.started, change.c.what)
    )
    last = (
        select(func.max(occurrence.c.id))
        .where(occurrence.c.message_id == message.c.id)
        .correlate(message)
        .scalar_subquery()
    )
    # An undo that is typed again spares again.
    latest = (
        select(func.max(change.c.id))
        .join(run, run.c.id == change.c.run_id)
        .where(*of_undos, change.c.what == "spared")
        .group_by(change.c.message_id)
    )
    spared = (
        select(
            account.c.source_user,
            folder.c.name,
            occurrence.c.uid,
            message.c.header_id,
            change.c.removed,
        )
        .select_from(change)
        .join(run, run.c.id == change.c.run_id)
        .join(message, message.c.id == change.c.message_id)
        .join(account, account.c.id == message.c.account_id)
        .join(occurrence, occurrence.c.id == last)
        .join(folder, folder.c.id == occurrence.c.folder_id)
        .where(*of_undos, change.c.id.in_(latest), message.c.undone.is_(None))
        .order_by(account.c.id, folder.c.name, occurrence.c.uid)
        .limit(AT_MOST)
    )
    return (
        [UndoneLine(*row) for row in conn.execute(counts)],
        [
            SparedLine(row.source_user, row.name, row.uid, row.header_id, row.removed[0])
            for row in conn.execute(spared)
        ],
    )
