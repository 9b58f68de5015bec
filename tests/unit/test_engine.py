"""How often the engine connects again: only a source that gives nothing is given up."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from migrate.accounts import Account
from migrate.engine import Failure, LocalEngine
from migrate.engine import local as engine
from migrate.errors import Postponed, SourceLost, StateError
from migrate.progress import Progress


@pytest.fixture
def copying(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs `_copy` with a scripted `_session`: the messages each brings before it breaks."""
    pauses: list[float] = []
    pacer = SimpleNamespace(pause=pauses.append)
    config: Any = SimpleNamespace(
        target=SimpleNamespace(scopes="minimal"), policy=SimpleNamespace(refused="quarantine")
    )
    gmail = SimpleNamespace(open=lambda *_: (None, None, pacer), uploader=None)
    monkeypatch.setattr(engine, "Gmail", lambda *_: gmail)
    monkeypatch.setattr(engine, "Labels", lambda *_: None)

    def copy(*brings: int) -> list[float]:
        nothing: Any = None
        here: Any = LocalEngine(config, nothing, "r", Progress(), threading.Event())
        script = iter(brings)

        def session(_row: Any, _account: Any, _target: Any, tally: Any) -> None:
            if (messages := next(script, None)) is None:
                return
            tally.add(messages)
            raise SourceLost("source-lost")

        here._session = session
        account = SimpleNamespace(id=1, baseline_at=None, pace=None)
        lease = SimpleNamespace(account=account, check=None)
        here._copy(Account("s", "t"), lease)
        return pauses

    return copy


def test_a_source_that_keeps_breaking_but_gives_messages_is_never_given_up(copying: Any) -> None:
    assert copying(*[10] * 40) == [2.0] * 40


def test_a_source_that_gives_nothing_for_three_minutes_is_given_up(copying: Any) -> None:
    with pytest.raises(SourceLost):
        copying(10, *[0] * 7)
    pauses = copying(10, *[0] * 6)[-7:]
    assert pauses == [2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0] and sum(pauses) > 180


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs two accounts, a and b, at a time, each by a function that is given."""
    monkeypatch.setattr(engine, "Gmail", lambda *_: SimpleNamespace(close=lambda: None))
    monkeypatch.setattr(engine, "expected", lambda *_: {})
    rows = [Account(each, each) for each in "ab"]
    config: Any = SimpleNamespace(
        policy=SimpleNamespace(refused="quarantine"), limits=SimpleNamespace(accounts=2)
    )
    ledger: Any = SimpleNamespace(write=lambda _: {("a", "a"): 0, ("b", "b"): 1})
    stop = threading.Event()

    def run(account: Callable[[str], Failure | None], *, last: bool = True) -> list[Failure]:
        here: Any = LocalEngine(config, ledger, "r", Progress(), stop, last=last)
        here._leases = here._pauses = contextlib.nullcontext()
        here._account = lambda row, _id: account(row.source_user)
        with ThreadPoolExecutor(1) as pool:
            try:
                found: list[Failure] = pool.submit(here.run, rows).result(10)
                return found
            finally:
                stop.set()  # also where it would never end

    return run


def test_a_ledger_that_takes_no_more_leases_ends_the_run(running: Any) -> None:
    """As when the disk is full: whoever waits for the others' turns must not wait for ever."""
    broken = threading.Event()

    def account(user: str) -> None:
        if user == "a":  # at work as long as the other thread
            assert broken.wait(10)
            return
        broken.set()
        raise StateError("ledger-disk")

    with pytest.raises(StateError):
        running(account)


def test_a_pass_of_a_watch_does_not_wait_for_a_mailbox_that_is_closed(running: Any) -> None:
    """The others' next passes would wait with it; its own comes when Gmail takes mail again."""
    nobody: Any = None
    closed = Failure(nobody, Postponed("target-closed", until=time.time() + 600, user="a"))
    assert running(lambda user: closed if user == "a" else None, last=False) == [closed]
