"""Pacing, on a clock that only moves when somebody waits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime

import pytest

from migrate.errors import Postponed
from migrate.gmail.errors import NotFound, OutcomeUnknown, Throttled
from migrate.gmail.governor import Governor
from migrate.gmail.pace import Pace
from migrate.gmail.project import Project
from migrate.gmail.quota import Pacer, Stopped
from migrate.gmail.units import UNITS


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
def clock() -> Clock:
    return Clock()


def pacer(
    clock: Clock,
    user: int = 0,
    project: int | Project = 0,
    most: int = 12,
    patience: float = float("inf"),
) -> Pacer:
    governor = Governor(Pace(user, clock.now), most=most)
    shared = project if isinstance(project, Project) else Project(project, clock.time)
    return Pacer(governor, shared, clock, patience=patience, clock=clock.time, wall=clock.time)


def ask(paced: Pacer, answer: Exception | None = None, method: str = "messages.get") -> None:
    """One request, and what Gmail says to it."""
    with suppress(*[type(answer)] if answer else []), paced.turn(method):
        if answer:
            raise answer


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(("user", "project"), [(6000, 0), (0, 6000), (6000, 60_000)])
def test_no_minute_sees_more_than_its_quota_and_hardly_less(
    clock: Clock, user: int, project: int
) -> None:
    paced, begun = pacer(clock, user, project), clock.now
    sent: list[float] = []
    for _ in range(1000):
        ask(paced, method="messages.import")
        sent.append(clock.now)
    cost = UNITS["messages.import"]
    for index, start in enumerate(sent):
        minute = [each for each in sent[index:] if each < start + 60]
        assert len(minute) * cost <= 6000
    assert paced.units == 1000 * cost
    assert 1000 * cost / 100 <= clock.now - begun <= 1000 * cost / 97


def test_idle_time_is_not_saved_up(clock: Clock) -> None:
    pace = Pace(6000, clock.now)
    clock.now += 3600
    assert pace.reserve(25, clock.now) == 0
    assert pace.reserve(100, clock.now) == pytest.approx(0, abs=0.01)
    assert pace.reserve(100, clock.now) == pytest.approx(1.0, abs=0.05)


def test_a_pace_without_limit_never_waits(clock: Clock) -> None:
    assert Pace(0, clock.now).reserve(10**9, clock.now) == 0


def test_the_gate_stays_closed_until_the_time_that_gmail_names(clock: Clock) -> None:
    paced = pacer(clock)
    until = clock.now + 1800
    ask(paced, Throttled("", at(until)))
    ask(paced)
    assert until <= clock.now <= until + 1
    assert paced.refused == 1


@contextmanager
def under_way(paced: Pacer, count: int) -> Iterator[list[ExitStack]]:
    """Requests that were sent and wait for their answers."""
    stacks = [ExitStack() for _ in range(count)]
    for each in stacks:
        each.enter_context(paced.turn("messages.get"))
    yield stacks


def answered(request: ExitStack, answer: Exception | None = None) -> None:
    if answer is None:
        request.close()
        return
    with suppress(type(answer)), request:
        raise answer


def test_a_named_time_is_not_shortened_by_a_later_refusal(clock: Clock) -> None:
    paced = pacer(clock)
    until = clock.now + 1800
    with under_way(paced, 2) as (one, other):
        answered(one, Throttled("", at(until)))
        answered(other, Throttled(""))
    ask(paced)
    assert clock.now >= until


def test_a_named_time_in_the_past_still_backs_off(clock: Clock) -> None:
    paced, before = pacer(clock), clock.now
    ask(paced, Throttled("", at(before - 10)))
    ask(paced)
    assert clock.now >= before + 1


def test_the_end_of_the_minute_that_a_refusal_names_is_waited_for(clock: Clock) -> None:
    paced, began = pacer(clock), clock.now - 20
    ask(paced, Throttled("", window=at(began)))
    ask(paced)
    assert began + 60 <= clock.now <= began + 61


@pytest.mark.parametrize("off", [-3600, 3600])
def test_a_minute_by_another_clock_is_not_believed(clock: Clock, off: float) -> None:
    paced, before = pacer(clock), clock.now
    ask(paced, Throttled("", window=at(before + off)))
    ask(paced)
    assert before + 1 <= clock.now <= before + 2


def test_pauses_double_with_every_refusal_up_to_a_minute(clock: Clock) -> None:
    paced = pacer(clock)
    ask(paced, Throttled(""))
    for expected in (1, 2, 4, 8, 16, 32, 64, 64, 64):
        before = clock.now
        ask(paced, Throttled(""))
        # As the guide wants it: with jitter, so that the threads do not come back together.
        assert expected <= clock.now - before <= expected * 1.5
    ask(paced)
    ask(paced, Throttled(""))
    before = clock.now
    ask(paced)
    assert clock.now - before <= 1.5


def test_requests_that_are_refused_together_count_as_one(clock: Clock) -> None:
    paced = pacer(clock)
    with under_way(paced, 4) as requests:
        for each in requests:
            answered(each, Throttled(""))
    before = clock.now
    ask(paced)
    assert clock.now - before <= 1.5
    assert places(paced, clock) == 2
    assert paced.refused == 4


def test_after_a_refusal_one_request_asks_for_all(clock: Clock) -> None:
    paced = pacer(clock)
    ask(paced, Throttled(""))
    clock.now += 2
    assert places(paced, clock) == 1
    ask(paced)
    assert places(paced, clock) == 2


@pytest.mark.parametrize("answer", [None, NotFound("")])
def test_whatever_gmail_answers_but_a_quota_says_that_there_is_quota(
    clock: Clock, answer: Exception | None
) -> None:
    paced = pacer(clock)
    for _ in range(3):
        ask(paced, Throttled(""))
    ask(paced, answer)
    before = clock.now
    ask(paced, Throttled(""))
    ask(paced)
    assert clock.now - before <= 1.5


def test_no_answer_says_nothing_of_the_quota(clock: Clock) -> None:
    paced = pacer(clock)
    for _ in range(3):
        ask(paced, Throttled(""))
    ask(paced, OutcomeUnknown(""))
    ask(paced, Throttled(""))
    before = clock.now
    ask(paced)
    assert clock.now - before >= 8


def places(paced: Pacer, clock: Clock) -> int:
    """How many may be in flight at once; the stop event turns waiting for one more into Stopped."""
    held: list[None] = []
    governor = paced._user
    try:
        while governor.enter(clock.now):
            held.append(None)
        return len(held)
    finally:
        for _ in held:
            governor.leave()


def test_the_concurrency_grows_by_one_and_shrinks_by_half(clock: Clock) -> None:
    paced = pacer(clock, most=6)
    assert places(paced, clock) == 4
    for _ in range(200):
        ask(paced)
    assert places(paced, clock) == 6
    ask(paced, Throttled("Too many concurrent requests for user"))
    ask(paced)
    assert places(paced, clock) == 3
    for _ in range(5):
        ask(paced, Throttled(""))
    clock.now += 64
    assert places(paced, clock) == 1
    ask(paced)
    assert places(paced, clock) == 1
    for _ in range(5):
        ask(paced)
    assert places(paced, clock) == 2


def test_too_many_at_a_time_is_no_reason_to_send_more_slowly(clock: Clock) -> None:
    paced = pacer(clock, user=6000)
    ask(paced, Throttled("Too many concurrent requests for user"))
    ask(paced)
    assert paced._user.pace.learnt is None


def test_a_place_is_free_again_after_an_error(clock: Clock) -> None:
    paced = pacer(clock)
    for _ in range(20):
        with pytest.raises(OSError), paced.turn("messages.get"):
            raise OSError
    assert places(paced, clock) == 4


def test_the_projects_minute_holds_up_all_users_and_teaches_none(clock: Clock) -> None:
    project = Project(0, clock.time)
    one, other = pacer(clock, 6000, project), pacer(clock, 6000, project)
    text = "Quota exceeded for quota metric 'Total Query Cost' and limit 'Units per minute'"
    ask(one, Throttled(text))
    before = clock.now
    ask(other)
    assert clock.now >= before + 1
    assert one._user.pace.learnt is None and places(one, clock) == 4


def test_who_is_closed_for_long_gives_its_thread_away(clock: Clock) -> None:
    paced = pacer(clock, patience=100)
    until = clock.now + 900
    ask(paced, Throttled("", at(until)))
    with pytest.raises(Postponed) as raised:
        ask(paced)
    assert raised.value.until == pytest.approx(until, abs=1)
    assert clock.waited == []
    clock.now = until + 1
    ask(paced)


@pytest.mark.parametrize("closed", [True, False])
def test_a_stop_ends_every_wait(clock: Clock, closed: bool) -> None:
    paced = pacer(clock)
    if closed:
        ask(paced, Throttled("", at(clock.now + 7200)))
    clock.set()
    with pytest.raises(Stopped):
        ask(paced)
    with pytest.raises(Stopped):
        paced.pause(5)
    assert clock.waited == []
