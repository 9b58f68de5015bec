"""Pacing, on a clock that only moves when somebody waits."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest

from migrate.gmail import quota
from migrate.gmail.errors import Throttled
from migrate.gmail.quota import UNITS, Bucket, Pacer, Stopped


class Clock(threading.Event):
    """Time and the stop event in one: waiting on it moves the time, unless it is set."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_790_000_000.0
        self.waited: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        if not self.is_set():
            self.waited.append(timeout)
            self.now += timeout
        return self.is_set()

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()

    class Now(datetime):
        @classmethod
        def now(cls, tz: object = None) -> Now:
            return cls.fromtimestamp(clock.now, UTC)

    monkeypatch.setattr("migrate.gmail.quota.time.time", clock.time)
    monkeypatch.setattr(quota, "datetime", Now)
    return clock


def pacer(clock: Clock, user: int = 0, project: int = 0, most: int = 12) -> Pacer:
    buckets = [Bucket(each, clock.time) for each in (user, project)]
    return Pacer(buckets[0], buckets[1], clock, most=most)


@pytest.mark.parametrize(("user", "project"), [(6000, 0), (0, 6000), (6000, 60_000)])
def test_no_minute_sees_more_than_its_quota_and_a_small_burst(
    clock: Clock, user: int, project: int
) -> None:
    paced = pacer(clock, user, project)
    at: list[float] = []
    for _ in range(1000):
        paced.spend("messages.import")
        at.append(clock.now)
    cost, burst = UNITS["messages.import"], 200
    for index, start in enumerate(at):
        minute = [each for each in at[index:] if each < start + 60]
        assert len(minute) * cost <= 6000 + burst
    assert paced.units == 1000 * cost
    # … and the quota is used: the burst was free, the rest flowed in evenly.
    assert at[-1] - at[0] == pytest.approx((1000 * cost - burst) / 100, abs=1)


def test_idle_time_is_not_saved_up(clock: Clock) -> None:
    bucket = Bucket(6000, clock.time)
    clock.now += 3600
    assert bucket.reserve(200) == 0
    assert bucket.reserve(100) == pytest.approx(1.0)
    assert bucket.reserve(100) == pytest.approx(2.0)


def test_a_bucket_without_limit_never_waits(clock: Clock) -> None:
    assert Bucket(0, clock.time).reserve(10**9) == 0


def test_the_gate_stays_closed_until_the_time_that_gmail_names(clock: Clock) -> None:
    paced = pacer(clock)
    until = clock.now + 1800
    paced.refuse(Throttled("", datetime.fromtimestamp(until, UTC)))
    paced.spend("messages.get")
    assert until <= clock.now <= until + 1
    assert paced.refused == 1


def test_a_named_time_is_not_shortened_by_a_later_refusal(clock: Clock) -> None:
    paced = pacer(clock)
    until = clock.now + 1800
    paced.refuse(Throttled("", datetime.fromtimestamp(until, UTC)))
    paced.refuse(Throttled(""))
    paced.spend("messages.get")
    assert clock.now >= until


def test_a_named_time_in_the_past_still_backs_off(clock: Clock) -> None:
    paced, before = pacer(clock), clock.now
    paced.refuse(Throttled("", datetime.fromtimestamp(before - 10, UTC)))
    paced.spend("messages.get")
    assert clock.now >= before + 1


def test_pauses_double_with_every_refusal_up_to_a_minute(clock: Clock) -> None:
    paced = pacer(clock)
    for expected in (1, 2, 4, 8, 16, 32, 64, 64, 64):
        before = clock.now
        paced.refuse(Throttled(""))
        paced.spend("messages.get")
        # As the guide wants it: with jitter, so that the threads do not come back together.
        assert expected <= clock.now - before <= expected * 1.5
    paced.accepted()
    before = clock.now
    paced.refuse(Throttled(""))
    paced.spend("messages.get")
    assert clock.now - before <= 1.5


def places(paced: Pacer, clock: Clock) -> int:
    """How many may be in flight at once; the stop event turns waiting for one more into Stopped."""
    held = []
    clock.set()
    try:
        while True:
            slot = paced.slot()
            slot.__enter__()
            held.append(slot)
    except Stopped:
        return len(held)
    finally:
        for slot in held:
            slot.__exit__(None, None, None)
        clock.clear()


def test_the_concurrency_grows_by_one_and_shrinks_by_half(clock: Clock) -> None:
    paced = pacer(clock, most=6)
    assert places(paced, clock) == 4
    for _ in range(200):
        paced.accepted()
    assert places(paced, clock) == 6
    paced.refuse(Throttled("Too many concurrent requests for user"))
    assert places(paced, clock) == 3
    for _ in range(5):
        paced.refuse(Throttled(""))
    assert places(paced, clock) == 1
    paced.accepted()
    assert places(paced, clock) == 1
    for _ in range(5):
        paced.accepted()
    assert places(paced, clock) == 2


def test_a_place_is_free_again_after_an_error(clock: Clock) -> None:
    paced = pacer(clock)
    for _ in range(20):
        with pytest.raises(OSError), paced.slot():
            raise OSError
    assert places(paced, clock) == 4


@pytest.mark.parametrize("closed", [True, False])
def test_a_stop_ends_every_wait(clock: Clock, closed: bool) -> None:
    paced = pacer(clock)
    if closed:
        paced.refuse(Throttled("", datetime.fromtimestamp(clock.now + 7200, UTC)))
    clock.set()
    with pytest.raises(Stopped):
        paced.spend("messages.get")
    with pytest.raises(Stopped):
        paced.pause(5)
    assert clock.waited == []
