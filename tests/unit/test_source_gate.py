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


def entered(gate: Gate, count: int) -> None:
    for _ in range(count):
        gate.enter(lambda: True)


def is_full(gate: Gate) -> bool:
    try:
        gate.enter(lambda: True)
    except SourceLost:
        return True
    gate.leave()
    return False


def test_no_more_than_the_settings_allow() -> None:
    gate = Gate("host", 2)
    gate.learn(None)
    entered(gate, 2)
    assert is_full(gate)
    gate.learn(1)  # the server takes still fewer
    gate.leave()
    assert is_full(gate)
    gate.learn(None)  # another connection failed; what is known of the server stays known
    assert is_full(gate)
    gate.leave()
    assert not is_full(gate)


def test_a_crowded_server_gets_fewer_and_by_and_by_more() -> None:
    now = 0.0
    gate = Gate("host", clock=lambda: now)
    gate.learn(None)
    entered(gate, 5)
    assert gate.crowded()
    gate.leave()
    assert is_full(gate)
    gate.leave()
    entered(gate, 1)
    now = 59.0
    assert is_full(gate)
    now = 60.0
    entered(gate, 1)
    assert is_full(gate)
    assert gate.crowded()  # in vain: it is tried half as often
    gate.leave()
    now = 179.0
    assert is_full(gate)
    now = 180.0
    entered(gate, 1)
    assert is_full(gate)
    now = 300.0
    entered(gate, 1)  # taken: one more after the same time
    assert is_full(gate)


def test_one_that_is_alone_waits_for_nobody() -> None:
    gate = Gate("host")
    gate.learn(None)
    entered(gate, 1)
    assert not gate.crowded()
    gate.leave()
    entered(gate, 9)
