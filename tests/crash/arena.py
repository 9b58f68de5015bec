"""Where rows of the matrix are run: a failing IMAP server, and a sandbox for each way to be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.contracts.gmail import Mailbox
from tests.crash.imap import Server, Store, serving
from tests.crash.imap.server import User
from tests.crash.letters import OWNER, letters, occurrences
from tests.crash.matrix import Row, prepare, source_rules
from tests.crash.scene import PASSWORD, Scene
from tests.sandboxes import running

SETTLE = 0.8
"""Seconds; longer than the sandbox ever takes, delays included, for a request whose sender is
dead."""


@dataclass
class Arena:
    """One row at a time: the rules of a sandbox are for all of its mailboxes."""

    directory: Path
    imap: Server
    _stack: ExitStack
    _sandboxes: dict[tuple[str, str], Mailbox] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def scene(self, row: Row) -> tuple[Scene, User]:
        """A migration of its own, and the source account of it."""
        name = f"row{next(self._numbers)}"
        user = User(Store(occurrences(letters())), PASSWORD)
        self.imap.users[f"{name}@example.jp"] = user
        prepare(row.source, user.store, row.seed)
        user.rules = source_rules(row.source, row.seed)
        directory = self.directory / name
        directory.mkdir(mode=0o700)
        sandbox = self._sandbox(row.dedupe, row.lag)
        mailbox = Mailbox(sandbox.url, sandbox.key_file, f"{name}@example.org")
        scene = Scene(
            directory,
            self.imap,
            mailbox,
            source_user=f"{name}@example.jp",
            scopes=row.scopes,
            hurry=True,
            settle=SETTLE,
            uploads=3,
        )
        return scene, user

    def _sandbox(self, dedupe: str, lag: str) -> Mailbox:
        """Started when it is first asked for."""
        if (dedupe, lag) not in self._sandboxes:
            data = self.directory / f"sandbox-{dedupe}-{lag}"
            extra = ["--assume", f"dedupe={dedupe}", "--search-lag", lag]
            each = self._stack.enter_context(running(data, extra=extra))
            self._sandboxes[dedupe, lag] = Mailbox(each.url, each.key_file, OWNER)
        return self._sandboxes[dedupe, lag]


@contextmanager
def arena(directory: Path) -> Iterator[Arena]:
    with ExitStack() as stack:
        (directory / "imap").mkdir(mode=0o700)
        server = stack.enter_context(serving(directory / "imap"))
        yield Arena(directory, server, stack)
