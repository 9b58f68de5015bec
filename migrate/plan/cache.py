"""The scan cache: a copy of the ledger, so that a plan in the middle of a migration shows what is
left to do, and what earlier plans have learnt of messages."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from sqlalchemy.exc import DatabaseError

from migrate.forecast import FORETOLD
from migrate.ledger import create
from migrate.ledger.trouble import check_files, trouble

_MADE_BY = "CREATE TABLE made_by (predictor TEXT NOT NULL)"
_REMEMBER = """
    INSERT INTO foretold
    SELECT a.source_user, a.target_user, f.raw, f.uidvalidity, o.uid,
           o.predicted, o.certain, o.digest, m.predictor
    FROM old.occurrence AS o JOIN old.folder AS f ON f.id = o.folder_id
    JOIN old.account AS a ON a.id = o.account_id CROSS JOIN old.made_by AS m
    WHERE o.parts AND f.uidvalidity > 0
    ON CONFLICT DO UPDATE
    SET verdict = excluded.verdict, certain = excluded.certain, digest = excluded.digest,
        predictor = excluded.predictor
    WHERE predictor <> excluded.predictor
    """


def renew(ledger: Path, cache: Path, predictor: str) -> None:
    """Make `cache` anew. It is replaced at once, so that no end of this loses what was learnt.

    StateError when the ledger can't be read, or the cache not written.
    """
    new = cache.with_name(f"{cache.name}.new")
    try:
        _remove(new)
        if ledger.exists():
            _copy(ledger, new)
        else:
            create(new)
        _fill(new, cache, predictor)
        new.chmod(0o600)
        _remove(cache)
        new.replace(cache)
    except (sqlite3.Error, DatabaseError) as error:
        raise trouble(error, str(cache)) from error


def _copy(ledger: Path, new: Path) -> None:
    try:
        check_files(ledger)
        there = sqlite3.connect(f"{ledger.as_uri()}?mode=ro", uri=True)
        with closing(there) as source, closing(sqlite3.connect(new)) as made:
            source.backup(made)
    except sqlite3.Error as error:
        raise trouble(error, str(ledger)) from error


def _fill(new: Path, cache: Path, predictor: str) -> None:
    """What earlier plans have learnt."""
    with closing(sqlite3.connect(new)) as made:
        made.execute(FORETOLD)
        made.execute(_MADE_BY)
        made.execute("INSERT INTO made_by VALUES (?)", (predictor,))
        made.commit()
        if cache.exists():
            # Damaged, or of a version that had other tables: it is only a cache.
            with suppress(sqlite3.Error):
                made.execute("ATTACH ? AS old", (str(cache),))
                made.execute("INSERT INTO foretold SELECT * FROM old.foretold")
                made.execute(_REMEMBER)
        made.commit()
        made.execute("PRAGMA journal_mode = DELETE")  # all of it in the one file


def _remove(database: Path) -> None:
    for end in ("", "-wal", "-shm", "-journal"):
        database.with_name(database.name + end).unlink(missing_ok=True)
