"""Pairs of label and message: on disk when they are many, for a run may have made a million."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing


class Pairs:
    """A set of (label id, message id). Of one thread; a context manager.

    In a temporary database without a name (https://www.sqlite.org/inmemorydb.html, "temp"): it
    holds a few megabytes in memory, whatever is in it, and is gone with the process.
    """

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute("PRAGMA journal_mode = OFF")
        columns = "label, message, PRIMARY KEY (label, message)"
        self._db.execute(f"CREATE TABLE pair ({columns}) WITHOUT ROWID")

    def add(self, pairs: Iterable[tuple[str, str]]) -> None:
        with closing(self._db.cursor()) as cursor:
            cursor.execute("BEGIN")
            cursor.executemany("INSERT OR IGNORE INTO pair VALUES (?, ?)", pairs)
            cursor.execute("COMMIT")

    def __contains__(self, pair: tuple[str, str]) -> bool:
        query = "SELECT 1 FROM pair WHERE label = ? AND message = ?"
        return self._db.execute(query, pair).fetchone() is not None

    def __enter__(self) -> Pairs:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()
