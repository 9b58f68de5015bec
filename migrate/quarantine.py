"""The quarantine: every message that was refused is kept as .eml, with the source's own bytes."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from migrate.body import Body
from migrate.config import private_directory
from migrate.errors import StateError


def path(target_user: str, sha256: str) -> Path:
    """Where a message is kept, relative to the quarantine folder."""
    # A leading dot is quoted too: `..` would lead out of the folder.
    user = quote(target_user, safe="@").replace(".", "%2E", target_user.startswith("."))
    return Path(user, f"{sha256[:32]}.eml")


def beside(file: Path) -> Path:
    """The text about a message, beside it."""
    return file.with_suffix(".txt")


def keep(folder: Path, target_user: str, sha256: str, body: Body) -> Path:
    """Write the message durably before the ledger says that it is here; returns its path.

    StateError when that can't be done.
    """
    file = folder / path(target_user, sha256)
    try:
        private_directory(file.parent)
        if not file.exists():
            _write(file, body)
    except OSError as error:
        raise StateError("state-io", file=file, reason=error.strerror or error) from error
    return file


def _write(file: Path, body: Body) -> None:
    partial = file.with_suffix(".partial")
    partial.touch(mode=0o600)
    with partial.open("wb") as out:
        for piece in body.chunks():
            out.write(piece)
        out.flush()
        os.fsync(out.fileno())
    partial.rename(file)
    directory = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
