"""The project's quota and the day's budget, as several processes on one ledger share them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from console.errors import EXIT_PENDING
from migrate.connections import _drawn
from migrate.days import PACIFIC, Day, day, is_zone
from migrate.errors import DayOver
from migrate.gcra import reserve
from migrate.gmail.project import Project
from migrate.gmail.share import Drawn, Share
from migrate.ledger import Ledger, quota
from migrate.ledger.quota import Wish

TODAY = Day("2026-11-27", 1_795_852_800.0)
INF = float("inf")


def test_a_flow_gives_what_has_flowed_and_keeps_little_of_what_was_not_taken() -> None:
    due, waits = 0.0, []
    for now in (100.0, 100.0, 100.0, 200.0, 200.0):
        due, wait = reserve(due, now, 10, 10.0, 0.5)
        waits.append(wait)
    assert waits == [0, 0.5, 1.5, 0, 0.5]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(f"sqlite:///{tmp_path}/ledger.db") as opened:
        yield opened


class Clock:
    def __init__(self) -> None:
        self.now = 1_795_800_000.0

    def __call__(self) -> float:
        return self.now


def take(
    ledger: Ledger, wish: Wish, now: float, budget: int = 0, today: Day = TODAY
) -> quota.Grant:
    return ledger.write(lambda conn: quota.grant(conn, wish, now, today, budget))


def test_two_processes_get_no_more_than_the_flow_between_them(ledger: Ledger) -> None:
    wish, given = Wish(25, 100, 0, 100.0), 0
    last = 0.0
    for _ in range(30):  # one after the other asks, each as soon as it may
        found = take(ledger, wish, 1000.0)
        given += found.units
        last = found.wait
    assert given == 3000
    assert last == pytest.approx(29, abs=0.5)


def test_a_clock_that_was_set_back_makes_nobody_wait_for_hours(ledger: Ledger) -> None:
    take(ledger, Wish(25, 100, 0, 100.0), 1_000_000.0)
    assert take(ledger, Wish(25, 100, 0, 100.0), 1_000.0).wait < 1


def test_what_one_process_has_learnt_the_others_heed_for_a_while(ledger: Ledger) -> None:
    take(ledger, Wish(25, 100, 0, 10.0), 1000.0)
    for _ in range(3):
        wait = take(ledger, Wish(25, 100, 0, 1000.0), 1010.0).wait
    assert wait == pytest.approx(20, abs=0.5)
    later = 1010.0 + 200
    take(ledger, Wish(25, 100, 0, 1000.0), later)
    assert take(ledger, Wish(25, 100, 0, 1000.0), later).wait < 0.5


def test_the_budget_is_never_passed_and_its_last_units_are_used(ledger: Ledger) -> None:
    given = [take(ledger, Wish(25, 100, 0, INF), 1000.0, budget=260).units for _ in range(4)]
    assert given == [100, 100, 60, 0]
    assert take(ledger, Wish(25, 100, 30, INF), 1000.0, budget=260).units == 30
    with ledger.read() as conn:
        assert quota.spent(conn, TODAY) == 260
        assert quota.spent(conn, Day("2026-11-28", 0.0)) == 0


def test_a_new_day_begins_with_a_whole_budget(ledger: Ledger) -> None:
    assert take(ledger, Wish(25, 500, 0, INF), 1000.0, budget=100).units == 100
    tomorrow = Day("2026-11-28", 0.0)
    assert take(ledger, Wish(25, 500, 90, INF), 1000.0, budget=100, today=tomorrow).units == 100


def test_a_project_says_when_the_next_day_begins(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr("migrate.connections.time.time", clock)
    ends = day(clock.now).ends
    draw = partial(_drawn, ledger, 60, PACIFIC)
    one, other = (Project(0, clock, clock, draw, budget=True) for _ in range(2))
    assert one.take(25) == 0
    with pytest.raises(DayOver) as raised:  # the first one drew all there was
        other.take(25)
    assert raised.value.until == ends and raised.value.exit_code == EXIT_PENDING
    one.close()
    assert other.take(25) == 0
    clock.now = ends + 1
    assert one.take(25) == 0


def test_what_gmail_calls_the_end_of_the_day_ends_it() -> None:
    clock = Clock()
    project = Project(0, clock, clock)
    project.day_is_over(clock.now + 3600)
    with pytest.raises(DayOver) as raised:
        project.take(1)
    assert raised.value.code == "day-quota"
    clock.now += 3601
    assert project.take(1) == 0


class Source:
    """What is drawn from, and how often."""

    def __init__(self) -> None:
        self.draws: list[tuple[int, int, int]] = []

    def __call__(self, *, least: int, most: int, unused: int, rate: float) -> Drawn:
        self.draws.append((least, most, unused))
        return Drawn(most, 0.0)


def test_a_process_draws_about_a_seconds_worth_at_a_time() -> None:
    clock, source = Clock(), Source()
    share = Share(source, clock)
    for _ in range(4000):  # 40 requests a second of 25 units
        share.take(25, INF)
        clock.now += 0.025
    assert 100 <= len(source.draws) - 10 <= 220  # of 100 seconds


def test_of_a_narrow_flow_no_more_than_a_seconds_worth_is_drawn() -> None:
    clock, source = Clock(), Source()
    share = Share(source, clock)
    for _ in range(8):
        share.take(25, 98.0)
    assert {most for _, most, _ in source.draws} == {98}
    assert [least for least, _, _ in source.draws] == [25, 2, 4]


def test_what_was_not_used_in_time_is_given_back() -> None:
    clock, source = Clock(), Source()
    share = Share(source, clock)
    share.take(25, INF)
    clock.now += 10
    share.take(25, INF)
    assert source.draws[1][2] == 225
    share.close()
    assert source.draws[2] == (0, 0, 225)


@pytest.mark.parametrize(
    ("when", "name", "hours"),
    [
        ("2026-11-28T07:59", "2026-11-27", 0),
        ("2026-11-28T08:00", "2026-11-28", 24),
        ("2026-07-01T06:59", "2026-06-30", 0),
        ("2026-11-01T12:00", "2026-11-01", 20),  # the day on which summer time ends has 25 hours
    ],
)
def test_days_end_at_midnight_in_california(when: str, name: str, hours: int) -> None:
    now = datetime.fromisoformat(when).replace(tzinfo=UTC).timestamp()
    found = day(now)
    assert found.name == name
    assert round((found.ends - now) / 3600) == hours


def test_a_machine_without_time_zones_knows_roughly_when_the_day_ends() -> None:
    now = datetime(2026, 11, 28, 7, 0, tzinfo=UTC).timestamp()
    assert day(now, "Nowhere/Land").ends == now + 3600
    assert not is_zone("Nowhere/Land") and is_zone("Asia/Tokyo") and is_zone(PACIFIC)


def test_many_threads_draw_what_they_take(ledger: Ledger) -> None:
    project = Project(0, draw=partial(_drawn, ledger, 10_000, PACIFIC), budget=True)
    taken = []

    def work() -> None:
        try:
            while True:
                project.take(25)
                taken.append(25)
        except DayOver:
            pass

    threads = [threading.Thread(target=work) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sum(taken) == 10_000
