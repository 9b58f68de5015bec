"""Can the ledger be written, or made where there is none yet? Nothing is written to find out."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from migrate.errors import StateError
from migrate.ledger import tables
from migrate.ledger.trouble import check_files, trouble
from migrate.preflight.finding import Finding, failed, fine
from migrate.preflight.project import Project

_PATIENCE = 5.0  # seconds for another process that is writing


def check(project: Project) -> Iterator[Finding]:
    file = project.config.ledger_path
    try:
        if file.exists():
            _writable(file)
        else:
            _makeable(file.parent)
    except StateError as error:
        yield failed(error)
    else:
        yield fine(file=str(file), exists=file.exists())


def _writable(file: Path) -> None:
    try:
        check_files(file)
        there = sqlite3.connect(f"{file.as_uri()}?mode=rw", uri=True, timeout=_PATIENCE)
        there.isolation_level = None
        with closing(there):
            # The lock of a writer; refused where there can be none.
            there.execute("BEGIN IMMEDIATE")
            row = there.execute("SELECT value FROM meta WHERE key = 'version'").fetchone()
            there.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise trouble(error, str(file)) from error
    except OSError as error:
        raise StateError("ledger-unwritable", file=file, reason=error.strerror) from error
    if not os.access(file, os.W_OK):
        raise StateError("ledger-unwritable", file=file, reason=os.strerror(errno.EACCES))
    if int(row[0]) > tables.VERSION:
        raise StateError("ledger-version", file=file, found=row[0], supported=tables.VERSION)


def _makeable(folder: Path) -> None:
    there = nearest(folder)
    if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        raise StateError("ledger-unwritable", file=there, reason=os.strerror(errno.EACCES))


def nearest(path: Path) -> Path:
    """`path`, or the first above it that exists."""
    return next(each for each in (path, *path.parents) if each.exists())
