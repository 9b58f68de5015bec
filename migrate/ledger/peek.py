"""What an earlier plan or run has seen of an account, read from its file without writing anything,
and without waiting for whoever has it open."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

_SEEN = """
    SELECT count(*), coalesce(sum(o.size), 0), coalesce(max(o.size), 0),
           coalesce(sum(CASE WHEN o.state IN ('pending', 'intended') THEN o.size END), 0),
           a.scanned_at
    FROM account AS a LEFT JOIN occurrence AS o ON o.account_id = a.id AND NOT o.gone
    WHERE a.source_user = ? AND a.target_user = ? GROUP BY a.id
    """


@dataclass(frozen=True, slots=True)
class Seen:
    """Of the folders that are to be copied."""

    messages: int
    bytes: int
    largest: int
    """Bytes."""
    open: int
    """Bytes of what is still to be copied."""
    at: float
    """When they were last listed, seconds since 1970."""


def seen(file: Path, source_user: str, target_user: str) -> Seen | None:
    """None where there is no such file, it can't be read, or the account was never scanned."""
    # Somebody else's database, or of a version that had other tables: check says so elsewhere.
    with suppress(sqlite3.Error):
        there = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=1)
        with closing(there):
            row = there.execute(_SEEN, (source_user, target_user)).fetchone()
            if row and row[4] is not None:
                return Seen(*row)
    return None
