"""Connections at most, as many threads use it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from migrate.errors import SourceLost
from migrate.source.gate import Gate


def test_no_more_than_the_server_takes() -> None:
    gate, lock = Gate("host"), threading.Lock()
    inside, most, first = 0, 0, threading.Event()

    def connect(number: int) -> None:
        nonlocal inside, most
        gate.enter(lambda: False)
        with lock:
            inside += 1
            most = max(most, inside)
            assert first.is_set() or inside == 1  # the others wait for what the first finds out
        threading.Event().wait(0.01)
        first.set()
        gate.learn(2)
        threading.Event().wait(0.01)
        with lock:
            inside -= 1
        gate.leave()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(connect, range(8)))
    assert (inside, most) == (0, 2)


def test_without_a_limit_nobody_waits() -> None:
    gate = Gate("host")
    gate.learn(None)
    for _ in range(100):
        gate.enter(lambda: False)


def test_waiting_ends_when_all_is_to_end() -> None:
    gate = Gate("host")
    gate.enter(lambda: False)
    with pytest.raises(SourceLost):
        gate.enter(lambda: True)
    gate.leave()
    gate.enter(lambda: True)
