"""When which account has its next pass."""

from __future__ import annotations

from migrate.schedule import PAUSE, Schedule


def test_each_pass_is_followed_by_a_pause_that_grows_with_failures() -> None:
    schedule = Schedule(2, 100)
    assert schedule.due(0) == [0, 1]
    schedule.passed([0, 1], {1}, 0)
    assert (schedule.wait(40), schedule.due(100), schedule.due(200)) == (60, [0], [0, 1])
    schedule.passed([1], {1}, 200)
    assert (schedule.due(599), schedule.due(600)) == ([0], [0, 1])
    schedule.passed([1], set(), 600)
    assert schedule.due(700) == [0, 1]


def test_never_too_often_and_never_hours_apart() -> None:
    schedule = Schedule(1, 0)
    schedule.passed([0], (), 0)
    assert (schedule.due(PAUSE - 1), schedule.due(PAUSE)) == ([], [0])
    for _ in range(30):
        schedule.passed([0], {0}, 0)
    assert schedule.wait(0) == 3600


def test_who_is_held_has_no_turn_whatever_comes() -> None:
    schedule = Schedule(2, 100)
    schedule.hold([1], 4000)
    assert schedule.due(50) == [0] and schedule.wait(50) == 0
    schedule.hold([0, 1], 5000)
    schedule.hurry([0], 50)
    assert schedule.due(4999) == [] and schedule.wait(1000) == 4000
    assert schedule.due(5000) == [0, 1] and schedule.wait(5000) == 0
