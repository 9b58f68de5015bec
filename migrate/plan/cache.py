"""The scan cache: a copy of the ledger, so that a plan in the middle of a migration shows what is
left to do, and what earlier plans have read of bodies."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from migrate.forecast import BODY_READ


def renew(ledger: Path, cache: Path) -> None:
    """Make `cache` anew. It is replaced at once, so that no end of this loses what was read."""
    new = cache.with_name(f"{cache.name}.new")
    _remove(new)
    with closing(sqlite3.connect(new)) as made:
        if ledger.exists():
            with closing(sqlite3.connect(f"{ledger.as_uri()}?mode=ro", uri=True)) as source:
                source.backup(made)
        made.execute(BODY_READ)
        if cache.exists():
            with suppress(sqlite3.Error):  # damaged, or of a version that had no such table
                made.execute("ATTACH ? AS old", (str(cache),))
                made.execute("INSERT INTO body_read SELECT * FROM old.body_read")
                made.commit()
        made.rollback()
        made.execute("PRAGMA journal_mode = DELETE")  # all of it in the one file
    new.chmod(0o600)
    _remove(cache)
    new.replace(cache)


def _remove(database: Path) -> None:
    for end in ("", "-wal", "-shm", "-journal"):
        database.with_name(database.name + end).unlink(missing_ok=True)
