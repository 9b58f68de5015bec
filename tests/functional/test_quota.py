"""The quota with a real sandbox: a mailbox that is closed, several processes, the day's budget."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from migrate.cli.copying import copy
from migrate.config import load
from migrate.progress import Progress
from migrate.sandbox.embed import Running, running
from migrate.texts import Texts

from .memory_source import LIMITS, MemorySource, mail
from .migration import Migration, faults

IMPORT = "gmail.users.messages.import"
SEVEN = {"INBOX": [mail(number) for number in range(7)]}
BOTH = {("a", "a@example.org"): "secret", ("b", "b@example.org"): "secret"}


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path / "sandbox", "a@example.org,b@example.org") as server:
        yield server


class Told(Progress):
    """Whose messages reached their end, in order."""

    def __init__(self) -> None:
        self.order: list[str] = []

    def done(self, user: str, messages: int, size: int) -> None:
        self.order += [user] * messages


def test_a_mailbox_that_is_closed_for_long_does_not_hold_up_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    monkeypatch.setattr("migrate.engine._PATIENCE", 1.0)
    monkeypatch.setattr("migrate.engine.open_source", lambda *_: MemorySource(SEVEN))
    until = datetime.now(UTC) + timedelta(seconds=5)
    text = f"User-rate limit exceeded.  Retry after {until:%Y-%m-%dT%H:%M:%S.000Z}"
    refusal = {"method": IMPORT, "user": "a@example.org", "nth": 3, "status": 429, "message": text}
    faults(sandbox, refusal)
    migration = Migration(tmp_path / "move")
    # One thread, and the mailbox that will be closed comes first.
    migration.write("imaps://mail", None, sandbox, BOTH, f"{LIMITS}accounts = 1\n")
    config, told = load(migration.directory), Told()
    document, errors = copy(config, config.accounts, told, Texts("en"), threading.Event())
    assert errors == []
    assert document.totals.imported == 14 and document.complete
    assert [line.error for line in document.accounts] == [None, None]
    assert told.order[0] == "a" and told.order[-1] == "a"
    assert told.order.index("b") < 7 and "".join(told.order).count("b" * 7) == 1
    assert datetime.now(UTC) >= until.replace(microsecond=0)
