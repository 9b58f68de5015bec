"""Servers for the tests: the source and, for whole runs, Gmail."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from migrate.sandbox.embed import Running
from migrate.source.connecting import connect
from migrate.source.imap import ImapSource
from migrate.source.login import Login
from tests.sandboxes import running

from .certificate import Certificate, make_certificate
from .dovecot import BINARY, Dovecot, running_dovecot
from .following import TARGET, Scene
from .scripted_imap import ScriptedImap, scripted_imap


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """A running Dovecot; each test takes a user of its own. Mark tests with `dovecot`."""
    if not BINARY:
        missing = "Dovecot is not installed (Debian package dovecot-imapd)"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    with running_dovecot() as server:
        yield server


_users = itertools.count(1)


@pytest.fixture
def mailbox_user() -> str:
    """A user name that no other test has."""
    return f"user{next(_users)}"


@pytest.fixture
def empty_scene(tmp_path: Path, dovecot: Dovecot, mailbox_user: str, sandbox: Running) -> Scene:
    """A migration from an empty mailbox on Dovecot."""
    dovecot.add_user(mailbox_user)
    return Scene(dovecot, sandbox, mailbox_user, tmp_path / "move")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def scripted() -> Iterator[ScriptedImap]:
    """A scripted IMAP server in the clear."""
    with scripted_imap() as server:
        yield server


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Running]:
    """A Gmail of the test's own, with the user TARGET."""
    with running(tmp_path / "sandbox", TARGET) as server:
        yield server


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    directory = tmp_path / "spool"
    directory.mkdir(mode=0o700)
    return directory


OpenSource = Callable[..., ImapSource]


@pytest.fixture
def open_source(spool: Path) -> Iterator[OpenSource]:
    """`connect` with a spool directory and no patience; what it gives is closed after the test."""
    opened: list[ImapSource] = []

    def open_(login: Login, **options: Any) -> ImapSource:
        opened.append(connect(login, spool, **{"wait": lambda _: False} | options))
        return opened[-1]

    yield open_
    for source in opened:
        source.close()
