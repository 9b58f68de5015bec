"""Lanes: one after the other within a key, side by side across keys."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from migrate.engine.lanes import Lanes

PATIENCE = 20


def test_a_lane_is_closed_while_its_item_is_in_hand() -> None:
    lanes: Lanes[int] = Lanes()
    for item in (1, 2):
        lanes.put("a", item, 1)
    lanes.put("b", 3, 1)
    assert lanes.take() == ("a", 1)
    assert lanes.take() == ("b", 3)
    lanes.done("a")
    assert lanes.take() == ("a", 2)


def test_an_item_put_into_a_lane_in_hand_waits_too() -> None:
    lanes: Lanes[int] = Lanes()
    lanes.put("a", 1, 1)
    assert lanes.take() == ("a", 1)
    lanes.put("a", 2, 1)
    lanes.put("b", 3, 1)
    assert lanes.take() == ("b", 3)
    lanes.done("a")
    assert lanes.take() == ("a", 2)


def test_many_threads_keep_the_order_of_each_key() -> None:
    lanes: Lanes[int] = Lanes()
    seen: dict[str, list[int]] = {f"{key}": [] for key in range(7)}
    inside = dict.fromkeys(seen, 0)

    def work() -> None:
        while (taken := lanes.take()) is not None:
            key, item = taken
            inside[key] += 1
            assert inside[key] == 1
            seen[key].append(item)
            inside[key] -= 1
            lanes.done(key)

    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(work) for _ in range(8)]
        for item in range(200):
            for key in seen:
                lanes.put(key, item, 1)
        lanes.close()
        for each in done:
            each.result(PATIENCE)
    assert all(items == list(range(200)) for items in seen.values())


def test_keys_are_worked_on_side_by_side() -> None:
    lanes: Lanes[int] = Lanes()
    together = threading.Barrier(3)

    def work() -> None:
        taken = lanes.take()
        assert taken is not None
        together.wait(PATIENCE)  # only opens when three items are in hand at once
        lanes.done(taken[0])

    with ThreadPoolExecutor(3) as pool:
        done = [pool.submit(work) for _ in range(3)]
        for key in "abc":
            lanes.put(key, 0, 1)
        for each in done:
            each.result(PATIENCE)


def test_closing_lets_the_rest_be_done_and_then_ends_every_thread() -> None:
    lanes: Lanes[int] = Lanes()
    lanes.put("a", 1, 1)
    lanes.put("a", 2, 1)
    lanes.close()
    assert lanes.take() == ("a", 1)
    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(lanes.take)
        lanes.done("a")
        assert second.result(PATIENCE) == ("a", 2)
        end = pool.submit(lanes.take)
        lanes.done("a")
        assert end.result(PATIENCE) is None
    assert lanes.take() is None


def test_waiting_for_room_and_for_the_end() -> None:
    lanes: Lanes[int] = Lanes()
    lanes.wait_below(0)
    lanes.put("a", 1, 70)
    lanes.put("b", 2, 30)
    lanes.put("c", 3, 0)
    lanes.wait_below(100)
    with ThreadPoolExecutor(2) as pool:
        room = pool.submit(lanes.wait_below, 50)
        end = pool.submit(lanes.wait_below, 0)
        for _ in "abc":
            taken = lanes.take()
            assert taken is not None
            assert not end.done()  # what is in hand still counts
            if taken[0] == "a":
                assert not room.done()
            lanes.done(taken[0])
            room.result(PATIENCE)
        end.result(PATIENCE)


def test_what_holds_no_memory_is_waited_for_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    class Waits(Exception):
        pass

    def wait() -> None:
        raise Waits

    lanes: Lanes[int] = Lanes()
    monkeypatch.setattr(lanes._room, "wait", wait)
    lanes.put("a", 1, 0)
    lanes.wait_below(1)
    with pytest.raises(Waits):
        lanes.wait_below(0)
    assert lanes.take() == ("a", 1)
    with pytest.raises(Waits):
        lanes.wait_below(0)
    lanes.done("a")
    lanes.wait_below(0)
