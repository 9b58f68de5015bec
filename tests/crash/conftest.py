"""One IMAP server for all and one sandbox per way to merge; each test has a folder and a target
mailbox of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.contracts.gmail import Mailbox
from tests.crash.imap import Server, Store, serving
from tests.crash.imap.server import User
from tests.crash.letters import OWNER, letters, occurrences
from tests.sandboxes import running

pytest.register_assert_rewrite("tests.crash.scene")

from tests.crash.arena import Arena, arena  # noqa: E402 - after the line that it needs
from tests.crash.scene import PASSWORD, Scene  # noqa: E402

FULL = os.environ.get("MAILHAUL_CRASH") == "full"
NewScene = Callable[[str], Scene]
_numbers = count(1)


@pytest.fixture(scope="session")
def imap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("imap"), "IMAP4rev1 OBJECTID") as server:
        server.users[OWNER] = User(Store(occurrences(letters())), PASSWORD)
        yield server


@pytest.fixture(scope="session")
def sandboxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Mailbox]]:
    with (
        running(tmp_path_factory.mktemp("merging")) as merging,
        running(tmp_path_factory.mktemp("doubling"), extra=["--assume", "dedupe=off"]) as doubling,
    ):
        yield {
            name: Mailbox(each.url, each.key_file, OWNER)
            for name, each in {"message-id": merging, "off": doubling}.items()
        }


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """Servers that fail by rules."""
    with arena(tmp_path_factory.mktemp("arena")) as found:
        yield found


@pytest.fixture
def new_scene(tmp_path: Path, imap: Server, sandboxes: dict[str, Mailbox]) -> NewScene:
    """Makes scenes at the sandbox with that `--dedupe`."""

    def make(dedupe: str) -> Scene:
        number = next(_numbers)
        directory = tmp_path / f"migration{number}"
        directory.mkdir(mode=0o700)
        sandbox = sandboxes[dedupe]
        mailbox = Mailbox(sandbox.url, sandbox.key_file, f"target{number}@example.org")
        return Scene(directory, imap, mailbox)

    return make
