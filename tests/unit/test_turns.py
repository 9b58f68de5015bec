"""Whose turn it is, with a clock that is set, and with real threads."""

from __future__ import annotations

import threading

from migrate.engine.turns import Turns


def never() -> bool:
    return False


def test_who_waits_gives_its_place_to_the_next_and_comes_back_in_time() -> None:
    now = 0.0
    turns = Turns("abc", lambda: now)
    assert turns.take(never) == "a"
    turns.put_off("a", 100)
    assert turns.take(never) == "b"
    turns.done()
    now = 101.0
    assert turns.take(never) == "a"
    assert turns.take(never) == "c"
    turns.done()
    turns.done()
    assert turns.take(never) is None


def test_nobody_leaves_while_one_that_works_may_be_put_off() -> None:
    turns, taken = Turns([1]), list[int | None]()
    assert turns.take(never) == 1
    other = threading.Thread(target=lambda: taken.append(turns.take(never)))
    other.start()
    turns.put_off(1, 0.0)
    other.join(10)
    assert taken == [1]


def test_a_stop_ends_the_wait() -> None:
    turns = Turns([1])
    assert turns.take(never) == 1
    turns.put_off(1, 10_000.0)
    assert turns.take(lambda: True) is None


def test_nobody_waits_for_hours_when_nothing_else_is_left() -> None:
    now = 0.0
    turns = Turns("ab", lambda: now, longest=900)
    assert turns.take(never) == "a"
    turns.put_off("a", 3600)
    assert turns.take(never) == "b"
    now = 3000.0
    turns.put_off("b", 3600)
    now = 3600.0
    assert turns.take(never) == "a"  # the work on the other one had taken so long
    turns.done()
    assert turns.take(never) is None
