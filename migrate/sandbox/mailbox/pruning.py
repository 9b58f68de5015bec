"""Deletes the history that history.list can't look back on any more."""

from __future__ import annotations

from migrate.sandbox.mailbox.store import Store


def keep(store: Store, changes: int) -> None:
    """From now on, only the last so many changes of each mailbox stay.

    A trigger, because every change is an INSERT: what expires with it is one row, found by the
    primary key. It is temporary: the next start may keep more or less.
    """
    for mailbox, last in store.db.execute("SELECT id, history FROM mailboxes").fetchall():
        store.db.execute(
            "DELETE FROM history WHERE mailbox = ? AND id <= ?", (mailbox, last - changes)
        )
    store.db.execute(
        "CREATE TEMP TRIGGER history_kept AFTER INSERT ON main.history BEGIN "  # noqa: S608
        f"DELETE FROM history WHERE mailbox = NEW.mailbox AND id <= NEW.id - {changes:d}; END"
    )
