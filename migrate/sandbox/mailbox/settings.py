"""The settings of mailboxes: JSON resources by kind and key, in the order they were made."""

from __future__ import annotations

import json
from typing import Any

from migrate.sandbox.mailbox.store import Store

SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (
  id INTEGER PRIMARY KEY, mailbox INTEGER NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL,
  value TEXT NOT NULL, UNIQUE (mailbox, kind, key))
"""

Resource = dict[str, Any]


class Settings:
    """All settings of one kind in one mailbox; who changes them does so in `Store.changing`."""

    def __init__(self, store: Store, mailbox: int, kind: str) -> None:
        self._db, self._of = store.db, (mailbox, kind)
        self._db.execute(SCHEMA)

    def all(self) -> list[Resource]:
        found = self._db.execute(
            "SELECT value FROM settings WHERE mailbox = ? AND kind = ? ORDER BY id", self._of
        )
        return [json.loads(row[0]) for row in found]

    def get(self, key: str = "") -> Resource | None:
        """A kind of which a mailbox has only one has the key ""."""
        found = self._db.execute(
            "SELECT value FROM settings WHERE mailbox = ? AND kind = ? AND key = ?",
            (*self._of, key),
        ).fetchone()
        resource: Resource | None = json.loads(found[0]) if found else None
        return resource

    def put(self, resource: Resource, key: str = "") -> None:
        """Add it, or replace it in its place."""
        self._db.execute(
            "INSERT INTO settings (mailbox, kind, key, value) VALUES (?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET value = excluded.value",
            (*self._of, key, json.dumps(resource)),
        )

    def delete(self, key: str = "") -> None:
        self._db.execute(
            "DELETE FROM settings WHERE mailbox = ? AND kind = ? AND key = ?", (*self._of, key)
        )
