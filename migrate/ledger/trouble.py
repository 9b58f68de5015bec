"""What a database says when it can't go on, as an error with a cure.

SQLite's result codes: sqlite.org/rescode.html.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from sqlalchemy.exc import DatabaseError

from migrate.errors import StateError

_CODES = {
    sqlite3.SQLITE_CORRUPT: "ledger-damaged",
    sqlite3.SQLITE_NOTADB: "ledger-damaged",
    sqlite3.SQLITE_FULL: "ledger-disk",
    sqlite3.SQLITE_IOERR: "ledger-disk",
    sqlite3.SQLITE_READONLY: "ledger-unwritable",
    sqlite3.SQLITE_CANTOPEN: "ledger-unwritable",
    sqlite3.SQLITE_PERM: "ledger-unwritable",
    sqlite3.SQLITE_AUTH: "ledger-unwritable",
    sqlite3.SQLITE_BUSY: "ledger-locked",
    sqlite3.SQLITE_LOCKED: "ledger-locked",
    sqlite3.SQLITE_PROTOCOL: "ledger-locked",
}
# How a write-ahead log begins, but for its last bit: sqlite.org/fileformat2.html 4.1.
_WAL = 0x377F0682


def trouble(error: BaseException, file: str | None) -> StateError:
    """Why the ledger in `file` can't be used."""
    reason = error.orig if isinstance(error, DatabaseError) else error
    code = getattr(reason, "sqlite_errorcode", None)
    # The low byte of an extended code is the kind of trouble.
    known = None if code is None else _CODES.get(code & 0xFF)
    found = StateError(known or "ledger-write", file=file or "", reason=reason)
    found.__cause__ = error
    return found


def check_files(file: Path) -> None:
    """StateError for what SQLite would take for a new database, and so lose what was in it, and for
    a database of somebody else, which it would change. The database's errors as they come."""
    if file.stat().st_size == 0:
        raise StateError("ledger-empty", file=file)
    with suppress(FileNotFoundError), file.with_name(f"{file.name}-wal").open("rb") as wal:
        start = wal.read(4)
        if len(start) == 4 and int.from_bytes(start) & ~1 != _WAL:
            raise StateError("ledger-damaged", file=file, reason=f"{file.name}-wal")
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as there:
        if not there.execute("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").fetchone():
            raise StateError("ledger-foreign", file=file)


class Place:
    """The file of a ledger, from when it was opened: it must stay that very file."""

    def __init__(self, file: str | None) -> None:
        self.file = file if file and file != ":memory:" else None
        self._was = self._identity()

    def check(self) -> None:
        """StateError when it was removed or replaced; what is written now would be lost."""
        if self.file is not None and self._identity() != self._was:
            raise StateError("ledger-gone", file=self.file)

    def _identity(self) -> tuple[int, int] | None:
        if self.file is None:
            return None
        try:
            found = Path(self.file).stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino
