"""The odd server's mailbox, copied by the engine in this process: quick, where no command is
wanted."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from migrate.cli.copying import copy
from migrate.config import load
from migrate.errors import MailhaulError
from migrate.progress import Progress
from migrate.report.document import Document
from migrate.sandbox.embed import Running
from migrate.texts import Texts

from ..migration import Gmail, Migration
from .odd_server import Box, OddServer
from .outcome import states

LIMITS = "[limits]\nunits_per_minute_user = 0\nsettle_seconds = 0.1\n"
SOURCE = "source"


@dataclass(frozen=True)
class Outcome:
    document: Document
    errors: list[MailhaulError]
    directory: Path

    def states(self) -> dict[tuple[str, int], tuple[str, str | None]]:
        """(folder, UID) → (state, reason)."""
        return states(self.directory, SOURCE)

    def repairs(self, folder: str, uid: int) -> dict[str, str]:
        """Field → the new value."""
        return {
            each.field: each.after
            for each in self.document.repairs or ()
            if (each.folder, each.uid) == (folder, uid)
        }

    def kept(self) -> dict[tuple[str, int], bytes | None]:
        """(folder, UID) → what is in quarantine; None where there is no file."""
        return {
            (each.folder, each.uid): self._read(each.file)
            for each in self.document.quarantine or ()
        }

    def _read(self, file: str | None) -> bytes | None:
        return (self.directory / file).read_bytes() if file else None


@dataclass(frozen=True)
class Place:
    """A server, a migration from it, and the mailbox that it goes to."""

    server: OddServer
    migration: Migration
    gmail: Gmail

    def run(self) -> Outcome:
        config = load(self.migration.directory)
        document, errors = copy(
            config, config.accounts, Progress(), Texts("en"), threading.Event(), None, None
        )
        return Outcome(document, errors, self.migration.directory)


@dataclass
class Places:
    """One sandbox for all; each migration goes into a mailbox of its own."""

    sandbox: Running
    data: Path
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    @contextmanager
    def place(self, boxes: Mapping[bytes, Box], more: str = "") -> Iterator[Place]:
        """`boxes` by wire name; `more` goes into migration.toml."""
        number = next(self._numbers)
        target = f"user{number}@example.org"
        server = OddServer(boxes)
        try:
            migration = Migration(self.data / f"move{number}")
            url = f"imap://{server.host}:{server.port}"
            accounts = {(SOURCE, target): "secret"}
            migration.write(url, None, self.sandbox, accounts, LIMITS + more)
            file = migration.directory / "migration.toml"
            text = file.read_text().replace("[source]\n", '[source]\ntls = "insecure-plaintext"\n')
            file.write_text(text)
            yield Place(server, migration, Gmail(self.sandbox, target))
        finally:
            server.close()
