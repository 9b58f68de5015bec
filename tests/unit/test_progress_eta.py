"""How long the rest takes, against sums that can be done by hand."""

from __future__ import annotations

import pytest

from migrate.progress.eta import DAY, Allowed, seconds_left
from migrate.progress.speed import Count, Rate, Speed


@pytest.mark.parametrize(
    ("left", "allowed", "speed", "seconds"),
    [
        ([], Allowed(user=100), None, 0),
        ([0, 0], Allowed(user=100), None, 0),
        ([100], Allowed(), None, 0),
        ([100], Allowed(user=100), None, 25),
        ([100, 100], Allowed(user=100, lanes=2), None, 25),
        ([100, 0, 100], Allowed(user=100, lanes=3), None, 25),
        ([100, 100], Allowed(user=100, lanes=1), None, 50),
        ([100] * 10, Allowed(user=100, lanes=4), None, 62.5),
        ([1000, 1, 1], Allowed(user=100, lanes=4), None, 250),
        ([100] * 10, Allowed(user=100, lanes=10, project=100), None, 250),
        ([100], Allowed(user=100), 2.0, 50),
        ([100], Allowed(user=100), 1000.0, 25),
    ],
)
def test_the_slowest_of_all_decides(
    left: list[int], allowed: Allowed, speed: float | None, seconds: float
) -> None:
    assert seconds_left(left, allowed, speed) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("messages", "left_today", "seconds"),
    [
        (100, 2500, 25),  # all of it fits into today
        (100, 0, 1000 + 25),  # nothing left today
        (300, 2500, 1000 + 50),  # 100 today, 200 tomorrow
        (1300, 2500, 1000 + 2 * DAY + 50),  # 100, then 500, 500 and 200
        (1100, 2500, 1000 + DAY + 125),  # 100, 500, 500: the last day is used up exactly
    ],
)
def test_what_a_day_has_no_room_for_waits(messages: int, left_today: int, seconds: float) -> None:
    allowed = Allowed(user=100, day=12_500, left_today=left_today, until_tomorrow=1000)
    assert seconds_left([messages], allowed) == pytest.approx(seconds)


def test_a_budget_that_the_pace_never_reaches_does_not_matter() -> None:
    allowed = Allowed(user=1, day=1e9, left_today=1e9, until_tomorrow=1000)
    assert seconds_left([100_000], allowed) == pytest.approx(2_500_000)


def test_a_budget_alone() -> None:
    allowed = Allowed(day=2500, left_today=100, until_tomorrow=10)
    assert seconds_left([4], allowed) == 0
    assert seconds_left([5], allowed) == 10
    assert seconds_left([104], allowed) == 10
    assert seconds_left([105], allowed) == 10 + DAY


def test_units_as_measured_count_instead_of_those_of_an_import() -> None:
    assert seconds_left([100], Allowed(user=100), None, 50.0) == 50


def test_the_speed_is_that_of_the_last_half_minute() -> None:
    speed = Speed()
    assert speed.at(0.0, Count()) is None
    assert speed.at(0.5, Count(50, 500, 5)) is None
    assert speed.at(2.0, Count(100, 1000, 10)) == Rate(50.0, 500.0, 5.0)
    for second in range(3, 63):
        speed.at(float(second), Count(100, 1000, 10))
    assert speed.at(63.0, Count(100, 1000, 10)) == Rate(0.0, 0.0, 0.0)
