"""A mailbox of any folders and any bytes, copied by the real engine from a scripted server."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from migrate.cli.copying import copy
from migrate.config import load
from migrate.errors import MailhaulError
from migrate.progress import Progress
from migrate.report.document import Document
from migrate.sandbox.embed import Running
from migrate.texts import Texts

from ..functional.every_case.odd_server import Box, OddServer
from ..functional.every_case.outcome import states
from ..functional.migration import Gmail, Migration

LIMITS = "[limits]\nunits_per_minute_user = 0\nsettle_seconds = 0.1\n"
SOURCE = "source"


@dataclass(frozen=True)
class Outcome:
    document: Document
    errors: list[MailhaulError]
    directory: Path
    gmail: Gmail

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


@dataclass
class Mover:
    sandbox: Running
    data: Path
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def move(self, boxes: Mapping[bytes, Box]) -> Outcome:
        """`migrate run` of all that is in `boxes` (by wire name), into an empty mailbox."""
        number = next(self._numbers)
        target = f"user{number}@example.org"
        server = OddServer(boxes)
        try:
            migration = Migration(self.data / f"move{number}")
            url = f"imap://{server.host}:{server.port}"
            migration.write(url, None, self.sandbox, {(SOURCE, target): "secret"}, LIMITS)
            file = migration.directory / "migration.toml"
            text = file.read_text().replace("[source]\n", '[source]\ntls = "insecure-plaintext"\n')
            file.write_text(text)
            config = load(migration.directory)
            document, errors = copy(
                config, config.accounts, Progress(), Texts("en"), threading.Event(), None, None
            )
        finally:
            server.close()
        return Outcome(document, errors, migration.directory, Gmail(self.sandbox, target))
