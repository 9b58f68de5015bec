"""The mailbox, the sandbox and the migration folders that these tests share."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from migrate.demo.imap import Running as Imap
from migrate.demo.imap import embedded_imap
from migrate.sandbox.embed import Running
from tests.sandboxes import running

from ..cli.contract import PASSWORD, USER
from ..migration import FAST
from .place import Make, Place, place, small

_numbers = count(1)


@pytest.fixture(scope="module")
def imap() -> Iterator[Imap]:
    with embedded_imap(small(), USER, PASSWORD) as server:
        yield server


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("sandbox")) as server:
        yield server


@pytest.fixture
def options() -> str:
    """What migration.toml holds beside the two sides."""
    return FAST


@pytest.fixture
def make(imap: Imap, sandbox: Running, tmp_path: Path, options: str) -> Make:
    def made() -> Place:
        target = f"user{next(_numbers)}@example.org"
        return place(tmp_path / "move", imap, sandbox, target, options)

    return made
