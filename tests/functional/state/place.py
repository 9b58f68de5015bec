"""A small mailbox to migrate, and ways to spoil the place where a migration keeps its state."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from console.errors import MailhaulError
from migrate.demo.imap import Running as Imap
from migrate.demo.mail import SampleMessage
from migrate.explain import explain
from migrate.sandbox.embed import Running
from migrate.texts import Texts

from ..cli.contract import PASSWORD, USER, mail
from ..migration import FAST, ROOT, Done, Gmail, Migration, faults, release, stats

en, ja = Texts("en"), Texts("ja")
UPLOADS = "gmail.users.messages.i*"
PATIENCE = 60.0
ONE_BY_ONE = f"{FAST}uploads_per_user = 1\nuploads_per_user_max = 1\nslice_messages = 3\n"


def small() -> list[SampleMessage]:
    """Nine messages, one of two megabytes, which is spooled, and one that Gmail refuses."""
    large = mail(40, "Large")
    large = replace(large, raw=large.raw + b"0123456789abcdef\r\n" * 120_000)
    return [*map(mail, range(9)), large, mail(30, "Refused", "To: nobody@example.com")]


def distinct() -> int:
    """How many of them Gmail takes."""
    return len(small()) - 1


@dataclass
class Place:
    """One migration folder with a mailbox of its own."""

    migration: Migration
    sandbox: Running
    target: str

    @property
    def directory(self) -> Path:
        return self.migration.directory

    @property
    def ledger(self) -> Path:
        return self.directory / "state" / "ledger.db"

    def copied(self, to: Path) -> Place:
        """A copy of the folder, for the same mailbox."""
        shutil.copytree(self.directory, to)
        return replace(self, migration=Migration(to))

    def set_state_aside(self) -> None:
        state = self.directory / "state"
        state.rename(state.with_name("state.damaged"))

    def run(self, *words: str) -> Done:
        return self.migration(*(words or ("run",)), "--lang", "en")

    def count(self) -> int:
        """Messages in the mailbox."""
        return len(list(Gmail(self.sandbox, self.target).ids()))

    def check_finishes(self) -> None:
        """The same command once more brings what is missing, and nothing twice."""
        done = self.migration("run", "--json")
        assert done.code == 3, done.said
        assert done.json["totals"]["pending"] == 0
        assert self.count() == distinct()
        verified = self.migration("verify", "--deep", "--json")
        assert verified.json["differences"] == [], verified.said

    @contextmanager
    def at_work(
        self, *words: str, lean: bool = False, when: str = "after"
    ) -> Iterator[subprocess.Popen[str]]:
        """A run some of whose uploads have arrived, but not their answers, until the sandbox is
        told to `release` them; at the latest it ends with the block."""
        faults(self.sandbox, {"method": UPLOADS, "hold": True, "when": when, "nth": [3, 4, 5, 6]})
        try:
            with self.started(*(words or ("run",)), lean=lean) as child:
                wait_until(lambda: stats(self.sandbox)["held"] > 0, child)
                faults(self.sandbox)
                yield child
        finally:
            faults(self.sandbox)
            release(self.sandbox)

    @contextmanager
    def started(self, *words: str, lean: bool = False) -> Iterator[subprocess.Popen[str]]:
        prefix = bound_by_permissions() if lean else []
        child = subprocess.Popen(
            [*prefix, sys.executable, "-m", "mailhaul", "migrate", *words, "--lang", "en"],
            cwd=self.directory,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with child:
            try:
                yield child
            finally:
                child.kill()

    def ended(self, child: subprocess.Popen[str]) -> Done:
        """How it ends by itself, once its uploads are answered."""
        release(self.sandbox)
        out, err = child.communicate(timeout=PATIENCE)
        return Done(child.returncode, out, err)

    def lean(self, *words: str) -> Done:
        """The command as a user whom permissions bind."""
        with self.started(*words, lean=True) as child:
            return self.ended(child)


Make = Callable[..., Place]


def place(directory: Path, imap: Imap, sandbox: Running, target: str, more: str = FAST) -> Place:
    url = f"imaps://{imap.host}:{imap.port}"
    made = Migration(directory).write(url, imap.ca_file, sandbox, {(USER, target): PASSWORD}, more)
    return Place(made, sandbox, target)


def bound_by_permissions() -> list[str]:
    """What to put before a command so that file permissions bind it, also for root."""
    if os.geteuid() != 0:
        return []
    assert shutil.which("setpriv"), "setpriv is part of util-linux"
    return ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]


def wait_until(true: Callable[[], bool], child: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert child.poll() is None, child.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def told(error: MailhaulError, texts: Texts = en) -> Sequence[str]:
    """Cause and cure, as people read them."""
    return explain(error, texts)
