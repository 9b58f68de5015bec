"""What the dry run predicted, for the run that comes after it and for the next dry run.

`plan` writes its scan cache, and with `--deep` it has read every byte: the run knows less of a
message before it is sent. Without a cache, or for messages that are not in it, nothing is known.
A UID means the same message as long as the UIDVALIDITY is the same (RFC 9051 2.3.1.1), so what was
read once need not be read again, except by another predictor, which may know better.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

FORETOLD = """
CREATE TABLE foretold (
    source_user TEXT, target_user TEXT, raw BLOB, uidvalidity INTEGER, uid INTEGER,
    verdict TEXT NOT NULL, certain INTEGER NOT NULL, digest TEXT, predictor TEXT NOT NULL,
    PRIMARY KEY (source_user, target_user, raw, uidvalidity, uid)
) WITHOUT ROWID
"""
"""What plans had to look at attachments or bodies for; outlives the rest of the scan cache. What
`--deep` has read has a `digest`; what it could not read has none."""

_REMEMBERED = """
SELECT uid, verdict, certain, digest FROM foretold
WHERE source_user = ? AND target_user = ? AND raw = ? AND uidvalidity = ?
  AND uid BETWEEN ? AND ? AND predictor = ?
"""
_SCANNED = """
SELECT o.uid, o.predicted, o.certain, NULL FROM occurrence AS o
JOIN folder AS f ON f.id = o.folder_id JOIN account AS a ON a.id = f.account_id
WHERE a.source_user = ? AND a.target_user = ? AND f.raw = ? AND f.uidvalidity = ?
  AND o.uid BETWEEN ? AND ? AND o.parts
"""


def predictor(*, mend_from: bool) -> str:
    """Who predicts: this version, and whether a From that Gmail refuses is mended."""
    return version("mailhaul") + (" repair" if mend_from else "")


_COUNTED = """
SELECT a.source_user, a.target_user, count(o.id)
FROM account AS a LEFT JOIN occurrence AS o
ON o.account_id = a.id AND o.state IN ('pending', 'intended') AND NOT o.gone
WHERE a.scanned_at IS NOT NULL GROUP BY a.id
"""


@dataclass(frozen=True, slots=True)
class Foretold:
    """What is expected of one message."""

    verdict: str | None
    certain: bool
    digest: str | None = None
    """SHA-256 of its bytes, None as long as nobody has read them."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """The predictions of one account in a scan cache, which need not exist."""

    cache: Path
    source_user: str
    target_user: str
    predictor: str
    remembered: bool = False
    """Only what earlier plans left: for the plan that fills this cache."""

    def of(self, raw: bytes, uidvalidity: int, uids: Sequence[int]) -> Mapping[int, Foretold]:
        """What is known of these messages of a folder; of no use is a cache that can't be read."""
        if not uids or not uidvalidity or not self.cache.exists():
            return {}
        key = (self.source_user, self.target_user, raw, uidvalidity, min(uids), max(uids))
        queries: list[tuple[str, tuple[str | bytes | int, ...]]] = [
            (_REMEMBERED, (*key, self.predictor))
        ]
        if not self.remembered:
            queries.insert(0, (_SCANNED, key))
        rows: list[tuple[int, str, int, str | None]] = []
        with suppress(sqlite3.Error):
            uri = f"{self.cache.as_uri()}?mode=ro"
            with closing(sqlite3.connect(uri, uri=True)) as cache:
                for query, values in queries:
                    with suppress(sqlite3.Error):
                        rows += cache.execute(query, values).fetchall()
        wanted = set(uids)
        return {
            uid: Foretold(verdict, bool(sure), digest)
            for uid, verdict, sure, digest in rows
            if uid in wanted
        }


def counted(cache: Path) -> dict[tuple[str, str], int]:
    """(Source user, target user) → messages to be copied, as the last plan found them."""
    uri = f"{cache.as_uri()}?mode=ro"
    with suppress(sqlite3.Error), closing(sqlite3.connect(uri, uri=True)) as opened:
        return {(row[0], row[1]): row[2] for row in opened.execute(_COUNTED)}
    return {}
