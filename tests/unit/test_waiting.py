"""`run --wait`: until the next day of the quota begins, or a mailbox is opened again."""

from __future__ import annotations

import threading
import time

import pytest

from migrate.accounts import Account
from migrate.cli import waiting
from migrate.cli.waiting import waited
from migrate.cli.watching import _hold
from migrate.errors import DayOver, Postponed, StateError
from migrate.schedule import Schedule
from migrate.texts import Texts

TEXTS = Texts("en")


def test_it_waits_for_the_waited_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    until = time.time() + 0.3
    assert waited([StateError("x"), DayOver("day-budget", until=until)], threading.Event(), TEXTS)
    assert time.time() >= until
    assert "Going on at" in capsys.readouterr().err


def test_without_that_error_there_is_nothing_to_wait_for() -> None:
    assert not waited([StateError("x")], threading.Event(), TEXTS)


def test_a_stop_ends_the_wait() -> None:
    stop = threading.Event()
    threading.Timer(0.1, stop.set).start()
    assert not waited([DayOver("day-quota", until=time.time() + 3600)], stop, TEXTS)


def test_it_goes_on_when_the_first_mailbox_is_opened_but_not_before_the_day_begins(
    capsys: pytest.CaptureFixture[str],
) -> None:
    now = time.time()
    closed = [Postponed("target-closed", until=now + each) for each in (7200, 0.2)]
    assert waited(closed, threading.Event(), TEXTS)
    assert now + 0.2 <= time.time() < now + 7000
    stop = threading.Event()
    threading.Timer(0.1, stop.set).start()
    assert not waited([*closed, DayOver("day-quota", until=now + 3600)], stop, TEXTS)


def test_a_watch_asks_nothing_of_gmail_before_the_time_that_it_names() -> None:
    rows = [Account("a", "a@example.org"), Account("b", "b@example.org")]
    schedule = Schedule(2, 15)
    later = time.time() + 3600
    closed = Postponed("target-closed", until=later, user="b@example.org")
    _hold(schedule, rows, [StateError("x"), closed])
    assert schedule.due(time.monotonic()) == [0]
    _hold(schedule, rows, [DayOver("day-budget", until=later)])
    assert schedule.due(time.monotonic()) == []
    assert schedule.wait(time.monotonic()) == pytest.approx(3600, abs=5)


def test_a_pause_ends_the_wait_and_a_last_run_says_how_all_stand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiting, "_NAP", 0.01)
    looks = iter([False, True])
    closed = [DayOver("day-quota", until=time.time() + 3600)]
    assert waited(closed, threading.Event(), TEXTS, lambda: next(looks))
    assert list(looks) == []
