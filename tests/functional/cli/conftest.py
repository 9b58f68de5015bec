"""An embedded IMAP server and a sandbox for the real commands, each test with its own mailbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from migrate.demo import imap as demo_imap
from migrate.demo.imap import embedded_imap
from migrate.sandbox.embed import Running
from tests.functional.migration import Migration
from tests.sandboxes import running

from .contract import CLEAN, PASSWORD, TARGETS, USER, Make, mail
from .logins import Site, login_at


@pytest.fixture(scope="package")
def imap() -> Iterator[demo_imap.Running]:
    """Nine messages in INBOX, two in Projects, and one that Gmail refuses in Refused."""
    messages = [*map(mail, range(9)), mail(20, "Projects"), mail(21, "Projects")]
    messages.append(mail(30, "Refused", "To: nobody@example.com"))
    with embedded_imap(messages, USER, PASSWORD) as server:
        yield server


@pytest.fixture(scope="package")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("sandbox"), ",".join(TARGETS)) as server:
        yield server


@pytest.fixture(scope="package")
def targets() -> Iterator[str]:
    """Each has an empty mailbox."""
    return iter(TARGETS)


@pytest.fixture(scope="package")
def login_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A sandbox with its client file."""
    with login_at(tmp_path_factory.mktemp("site")) as found:
        yield found


@pytest.fixture
def make(imap: demo_imap.Running, sandbox: Running, targets: Iterator[str], tmp_path: Path) -> Make:
    """A migration folder of one account with a mailbox of its own."""

    def made(
        more: str = CLEAN,
        *,
        password: str = PASSWORD,
        to: str | None = None,
        at: Running = sandbox,
        target: str = "",
    ) -> Migration:
        url = f"imaps://{imap.host}:{imap.port}"
        accounts = {(USER, to or next(targets)): password}
        return Migration(tmp_path / "move").write(url, imap.ca_file, at, accounts, more, target)

    return made
