"""What refusals teach, in virtual hours, whichever way Gmail counts its minutes."""

from __future__ import annotations

from collections import deque
from itertools import pairwise

import pytest

from bench.simulated import (
    FixedMinutes,
    Server,
    SlidingMinute,
    TokenBucket,
    held,
    refused,
    simulate,
)
from migrate.gmail.pace import HOLD, MINUTE, SHARE, Pace

SERVERS = [FixedMinutes, SlidingMinute, TokenBucket]
HOUR = 3600.0


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("limit", [6_000, 15_000])
def test_a_known_limit_is_used_and_never_passed(server: type[Server], limit: int) -> None:
    sent = simulate(server(limit), limit, 900)  # type: ignore[call-arg]
    assert held(sent, limit, 0, 900) >= 0.98
    assert refused(sent) == 0


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("configured", [0, 15_000])
@pytest.mark.parametrize("limit", [6_000, 3_000])
def test_a_limit_that_nobody_named_is_found(
    server: type[Server], configured: int, limit: int, seed: int
) -> None:
    sent = simulate(server(limit), configured, HOUR / 2, seed=seed)  # type: ignore[call-arg]
    assert held(sent, limit, 300, HOUR / 2) >= 0.95
    assert refused(sent) < 0.005


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("limit", [6_000, 3_000])
def test_an_hour_with_a_limit_that_nobody_named(server: type[Server], limit: int) -> None:
    sent = simulate(server(limit), 15_000, HOUR)  # type: ignore[call-arg]
    assert held(sent, limit, 0, HOUR) >= 0.97
    assert refused(sent) < 0.005


@pytest.mark.parametrize("left", [250, 1_000, 2_000, 3_000, 5_000])
@pytest.mark.parametrize("sliding", [False, True])
def test_a_minute_that_others_used_up_is_soon_forgotten(left: int, sliding: bool) -> None:
    used = 6_000 - left
    server: Server = FixedMinutes(6_000, until=MINUTE, left=left)
    if sliding:
        server = SlidingMinute(6_000, deque([(-1.0, used)]), used)
    sent = simulate(server, 6_000, HOUR / 2)
    assert held(sent, 6_000, 960, HOUR / 2) >= 0.98
    assert refused(sent) < 0.005


def test_a_lesson_that_may_have_been_none_is_not_kept() -> None:
    pace = Pace(6_000, 0.0)
    for second in range(20):
        pace.accepted(100, float(second))
    pace.refused(20.0)
    pace.accepted(25, 60.0)
    assert pace.rate < 40 and pace.learnt is None


def test_others_wait_for_their_turn_while_one_gives_its_own_back() -> None:
    pace = Pace(6_000, 0.0, share=1.0)
    turns = [pace.reserve(25, 0.0) for _ in range(12)]
    pace.refused(0.5)
    pace.give_back(25)
    pace.give_back(25)
    pace.accepted(25, 1.5)
    assert 1.5 + pace.reserve(25, 1.5) >= max(turns)


@pytest.mark.parametrize("server", SERVERS)
def test_a_limit_that_the_refusal_names_is_taken_at_its_word(server: type[Server]) -> None:
    sent = simulate(server(6_000), 15_000, HOUR / 2, told=True)  # type: ignore[call-arg]
    assert held(sent, 6_000, 120, HOUR / 2) >= 0.98
    assert all(each.accepted for each in sent if each.at > 120)


@pytest.mark.parametrize("server", SERVERS)
def test_what_an_earlier_run_learnt_spares_the_lesson(server: type[Server]) -> None:
    sent = simulate(server(6_000), 15_000, HOLD, learnt=98.0)  # type: ignore[call-arg]
    assert held(sent, 6_000, 0, HOLD) >= 0.97
    assert refused(sent) == 0


def test_a_limit_that_is_raised_is_found_by_and_by() -> None:
    pace, now = Pace(6_000, 0.0, learnt=50.0), 0.0
    while pace.learnt and now < 3 * HOUR:
        pace.accepted(25, now)
        now += 1
    assert pace.rate == pytest.approx(6_000 / MINUTE * SHARE)
    assert HOLD < now < HOLD + 2 * HOUR


def test_who_fails_to_go_faster_waits_longer_each_time() -> None:
    pace, now = Pace(6_000, 0.0, learnt=50.0), 0.0
    tried: list[float] = []
    while len(tried) < 5:
        pace.accepted(25, now)
        before = pace.rate
        now += 1
        pace.accepted(25, now)
        if pace.rate > before:
            tried.append(now)
            pace.refused(now + 1)
    pauses = [after - before for before, after in pairwise(tried)]
    assert pauses == pytest.approx([600, 1200, 2400, 3600], abs=5)


def test_a_penalty_says_little_of_the_quota() -> None:
    pace = Pace(6_000, 0.0)
    pace.accepted(25, 1.0)
    pace.refused(2.0, penalty=True)
    pace.accepted(25, 902.0)
    assert pace.rate >= 0.95 * 6_000 / MINUTE * SHARE


@pytest.mark.parametrize("away", [6.0, 20.0, 50.0])
def test_a_minute_that_others_used_up_before_we_began_says_little_of_the_quota(
    away: float,
) -> None:
    pace = Pace(6_000, 0.0)
    for tenth in range(5):
        pace.accepted(25, tenth / 10)
    pace.refused(0.5)
    pace.accepted(25, 0.5 + away)
    assert pace.rate >= 0.45 * 6_000 / MINUTE * SHARE


def test_a_refusal_in_quiet_times_says_little_of_the_quota() -> None:
    """As between the passes of a watch: what went through was far less than what may."""
    pace = Pace(6_000, 0.0)
    for now in range(0, 60, 15):
        pace.accepted(5, float(now))
    pace.refused(60.0)
    pace.accepted(5, 80.0)
    assert pace.rate >= 0.45 * 6_000 / MINUTE * SHARE


def test_the_pace_never_falls_to_nothing() -> None:
    pace = Pace(6_000, 0.0)
    for now in range(0, 5000, 10):
        pace.accepted(1, float(now))
        pace.refused(now + 1.0)
    assert pace.rate >= 2.5
