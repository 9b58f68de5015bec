"""What the dry run predicted, for the run that comes after it.

`plan` writes its scan cache, and with `--deep` it has read every byte: the run knows less of a
message before it is sent. Without a cache, or for messages that are not in it, nothing is known.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

_QUERY = """
SELECT o.uid, o.predicted, o.certain FROM occurrence AS o
JOIN folder AS f ON f.id = o.folder_id JOIN account AS a ON a.id = f.account_id
WHERE a.source_user = ? AND a.target_user = ? AND f.raw = ? AND f.uidvalidity = ?
  AND o.uid BETWEEN ? AND ? AND o.predicted IS NOT NULL
"""

Predicted = Mapping[int, tuple[str, bool]]
"""UID → verdict, and whether it is certain."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """The predictions of one account in a scan cache, which need not exist."""

    cache: Path
    source_user: str
    target_user: str

    def of(self, raw: bytes, uidvalidity: int, uids: Sequence[int]) -> Predicted:
        """What is known of these messages of a folder; of no use is a cache that can't be read."""
        if not uids or not self.cache.exists():
            return {}
        try:
            with closing(sqlite3.connect(f"{self.cache.as_uri()}?mode=ro", uri=True)) as cache:
                span = (min(uids), max(uids))
                key = (self.source_user, self.target_user, raw, uidvalidity)
                rows = cache.execute(_QUERY, (*key, *span)).fetchall()
        except sqlite3.Error:
            return {}
        wanted = set(uids)
        return {uid: (verdict, bool(sure)) for uid, verdict, sure in rows if uid in wanted}
