"""Gmail's limits as plain objects, under a clock that the tests set."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bench.simulated import held, refused, simulate
from migrate.sandbox.access.keys import PROJECT_NUMBER
from migrate.sandbox.access.tokens import Grant
from migrate.sandbox.assumptions import parse
from migrate.sandbox.clock import Clock
from migrate.sandbox.description.api import Api
from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.limits.limits import Limits
from migrate.sandbox.limits.meter import Meter, SlidingMeter, lasting, midnight
from migrate.sandbox.limits.penalty import CLOSED, LATER, LONGEST, PATIENCE, Penalty
from migrate.sandbox.limits.quota import PLANS, UNITS
from migrate.sandbox.methods.table import HANDLERS
from migrate.sandbox.options import Options

IMPORT, GET, BATCH = (f"gmail.users.messages.{name}" for name in ("import", "get", "batchModify"))
ANNA, BERT, ROBOT = (
    Grant(user, frozenset(), float("inf")) for user in ("anna@x.org", "bert@x.org", None)
)
NOON = datetime(2026, 11, 24, 20, tzinfo=UTC).timestamp()
"""12:00 in California."""


class StoppedClock(Clock):
    """Stands still until it is set."""

    __setattr__ = object.__setattr__  # a Clock is frozen
    time = NOON

    def now(self) -> float:
        return self.time


def limits(quota: str = "2026", *assume: str, **given: Any) -> tuple[Limits, StoppedClock]:
    clock = StoppedClock()
    options = replace(Options(Path("data"), quota=quota, assume=parse(assume)), **given)
    return Limits(options, clock), clock


def refusal(under: Limits, grant: Grant, method: str = IMPORT, size: int = 0) -> ApiError:
    with pytest.raises(ApiError) as caught:
        under.charge(grant, method, size)
    return caught.value


def closed_until(error: ApiError) -> float:
    """The time in the message, seconds since the epoch."""
    words, _, time = error.message.partition("  Retry after ")
    assert (error.code, error.reason, words) == (
        429,
        "rateLimitExceeded",
        "User-rate limit exceeded.",
    )
    assert time.endswith("Z")
    return datetime.fromisoformat(time).timestamp()


def test_a_user_s_minute_begins_with_its_first_call() -> None:
    under, clock = limits()
    for _ in range(6_000 // 50):
        under.charge(ANNA, BATCH, 0)
        clock.time += 0.1
    assert refusal(under, ANNA, "gmail.users.getProfile").code == 403
    under.charge(BERT, BATCH, 0)
    clock.time = NOON + 59.9
    assert refusal(under, ANNA).code == 403
    clock.time = NOON + 60
    under.charge(ANNA, BATCH, 0)
    assert under.units == {ANNA.user: 6_050, BERT.user: 50}


def test_a_minute_that_slides_is_any_sixty_seconds() -> None:
    under, clock = limits("2026", "quota-minute=sliding", units_per_user=100)
    for at in (0, 50):
        clock.time = NOON + at
        under.charge(ANNA, BATCH, 0)
    clock.time = NOON + 59.9
    error = refusal(under, ANNA)
    assert error.details and error.details[0]["metadata"]["window_start_time"] == str(int(NOON))
    clock.time = NOON + 60
    under.charge(ANNA, BATCH, 0)
    assert refusal(under, ANNA, BATCH)
    under.charge(BERT, BATCH, 0)
    clock.time = NOON + 110
    under.charge(ANNA, BATCH, 0)


@pytest.mark.parametrize("minute", ["fixed", "sliding"])
def test_an_hour_of_imports_keeps_what_the_sandbox_allows(minute: str) -> None:
    under, clock = limits("2026", f"quota-minute={minute}")

    class Sandbox:
        limit = 6_000

        def take(self, units: int, now: float) -> bool:
            clock.time = NOON + now
            try:
                under.charge(ANNA, IMPORT, 0)
            except ApiError:
                return False
            return True

    sent = simulate(Sandbox(), 15_000, 3600.0)
    assert held(sent, 6_000, 0, 3600) >= 0.97
    assert refused(sent) < 0.005


def test_a_refused_call_costs_nothing() -> None:
    under, _ = limits(units_per_user=49)
    under.charge(ANNA, IMPORT, 0)
    assert refusal(under, ANNA, IMPORT)
    under.charge(ANNA, GET, 0)
    assert under.units == {ANNA.user: 45}


def test_the_refusal_is_as_captured() -> None:
    """allodia-eu/email-calendar-sync-engine, quota_exceeded.json, but for project and times."""
    under, clock = limits()
    clock.time = 1789912553.25
    under.charge(ANNA, GET, 0)
    clock.time += 49
    for _ in range(299):
        under.charge(ANNA, GET, 0)
    error = refusal(under, ANNA).body()["error"]
    text = (
        "Quota exceeded for quota metric 'Total Query Cost' and limit 'Units per minute per user' "
        f"of service 'gmail.googleapis.com' for consumer 'project_number:{PROJECT_NUMBER}'."
    )
    assert error["code"] == 403
    assert error["status"] == "PERMISSION_DENIED"
    assert error["message"] == text
    assert error["errors"] == [
        {"message": text, "domain": "usageLimits", "reason": "rateLimitExceeded"}
    ]
    assert error["details"][0]["reason"] == "RATE_LIMIT_EXCEEDED"
    assert error["details"][0]["metadata"] == {
        "quota_limit_value": "6000",
        "quota_limit": "totalQueryCostPerMinutePerUser",
        "consumer": f"projects/{PROJECT_NUMBER}",
        "quota_metric": "gmail.googleapis.com/total_query_cost",
        "window_start_time": "1789912553",
        "quota_location": "global",
        "service": "gmail.googleapis.com",
        "quota_unit": "1/min/{project}/{user}",
    }


def test_legacy_has_its_own_metric_and_prices() -> None:
    under, _ = limits("legacy")
    for _ in range(3_000):
        under.charge(ANNA, GET, 0)
    error = refusal(under, ANNA, GET)
    assert "metric 'Queries' and limit 'Queries per minute per user'" in error.message
    assert error.details is not None
    told = error.details[0]["metadata"]
    assert told["quota_metric"] == "gmail.googleapis.com/default"
    assert told["quota_limit"] == "defaultPerMinutePerUser"
    assert told["quota_limit_value"] == "15000"


def test_all_users_share_the_project_s_minute() -> None:
    under, clock = limits(units_per_project=60)
    under.charge(ANNA, IMPORT, 0)
    under.charge(BERT, IMPORT, 0)
    assert "limit 'Units per minute' of" in refusal(under, BERT).message
    clock.time += 60
    under.charge(BERT, IMPORT, 0)


def test_the_day_ends_at_midnight_in_california() -> None:
    under, clock = limits(units_per_day=50)
    under.charge(ANNA, IMPORT, 0)
    under.charge(BERT, IMPORT, 0)
    clock.time = NOON + 12 * 3600 - 1
    error = refusal(under, ANNA)
    assert (error.code, error.reason, error.message) == (
        *(403, "dailyLimitExceeded"),
        "Daily Limit Exceeded",
    )
    clock.time += 1
    under.charge(ANNA, IMPORT, 0)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-11-24T20:00:00Z", "2026-11-25T08:00:00Z"),
        ("2026-11-25T07:59:59Z", "2026-11-25T08:00:00Z"),
        ("2026-11-25T08:00:00Z", "2026-11-26T08:00:00Z"),
        ("2026-03-08T09:00:00Z", "2026-03-09T07:00:00Z"),  # 23 hours: summer time begins
        ("2026-11-01T07:00:00Z", "2026-11-02T08:00:00Z"),  # 25 hours: it ends
    ],
)
def test_midnight(now: str, end: str) -> None:
    assert midnight(datetime.fromisoformat(now).timestamp()) == (
        datetime.fromisoformat(end).timestamp()
    )


def test_quota_by_service_account_is_one_for_all_its_users() -> None:
    under, _ = limits("2026", "quota-by=service-account", units_per_user=50)
    under.charge(ANNA, IMPORT, 0)
    under.charge(BERT, IMPORT, 0)
    assert "per user'" in refusal(under, ANNA).message
    assert under.units == {ANNA.user: 25, BERT.user: 25}


def test_off_counts_and_refuses_nothing() -> None:
    under, _ = limits("off", "upload-per-day=1", "concurrency=1")
    for _ in range(3_000):
        under.charge(ANNA, BATCH, 1 << 20)
        under.charge(ANNA, "directory.users.get", 0)
    with under.under_way(ANNA), under.under_way(ANNA) as refused:
        assert refused is None
    assert under.units == {ANNA.user: 150_000}


def test_no_limit_is_zero_and_a_single_one_may_be_given() -> None:
    under, _ = limits("2026", units_per_user=0)
    for _ in range(1_000):
        under.charge(ANNA, BATCH, 0)
    under, _ = limits("off", units_per_user=30)
    under.charge(ANNA, IMPORT, 0)
    assert refusal(under, ANNA).code == 403


def test_plans_are_those_of_the_documentation() -> None:
    figures = {name: (p.per_user, p.per_project, p.per_day) for name, p in PLANS.items()}
    assert figures == {
        "2026": (6_000, 1_200_000, 80_000_000),
        "legacy": (15_000, 1_200_000, 0),
        "off": (0, 0, 0),
    }


def test_one_request_too_many_at_once_is_refused_and_does_not_count() -> None:
    under, _ = limits("2026", "concurrency=2")
    with ExitStack() as ended:
        assert ended.enter_context(under.under_way(ANNA)) is None
        with under.under_way(ANNA) as second:
            assert second is None
            for _ in range(3):
                with under.under_way(ANNA) as third:
                    assert third is not None
                    assert third.body()["error"] == {
                        "code": 429,
                        "message": "Too many concurrent requests for user.",
                        "errors": [
                            {
                                "message": "Too many concurrent requests for user.",
                                "domain": "global",
                                "reason": "rateLimitExceeded",
                            }
                        ],
                        "status": "RESOURCE_EXHAUSTED",
                    }
            with under.under_way(BERT) as other:
                assert other is None
        with under.under_way(ANNA) as again:
            assert again is None


@pytest.mark.parametrize("assume", [(), ("concurrency=0",)])
def test_concurrency_is_ten_or_none(assume: tuple[str, ...]) -> None:
    under, _ = limits("2026", *assume)
    with ExitStack() as ended:
        refused = [ended.enter_context(under.under_way(ANNA)) for _ in range(11)]
    assert [each is None for each in refused] == [True] * 10 + [bool(assume)]


def test_a_service_account_itself_has_no_mailbox_to_crowd() -> None:
    under, _ = limits("2026", "concurrency=1")
    with under.under_way(ROBOT), under.under_way(ROBOT) as refused:
        assert refused is None


def test_a_request_that_breaks_is_no_longer_under_way() -> None:
    under, _ = limits("2026", "concurrency=1")
    with pytest.raises(RuntimeError), under.under_way(ANNA):
        raise RuntimeError
    with under.under_way(ANNA) as refused:
        assert refused is None


def test_more_mail_than_a_day_takes_closes_the_mailbox_until_the_day_is_over() -> None:
    under, clock = limits("2026", "upload-per-day=1M")
    under.charge(ANNA, IMPORT, 600_000)
    under.charge(ANNA, IMPORT, (1 << 20) - 600_000)
    error = refusal(under, ANNA, IMPORT, 1)
    assert closed_until(error) == NOON + 12 * 3600
    assert "rateLimitExceeded" in str(error.body())
    later = closed_until(refusal(under, ANNA, GET))
    assert later == NOON + 12 * 3600 + LATER
    under.charge(BERT, IMPORT, 1 << 20)
    clock.time = later - 0.001
    assert closed_until(refusal(under, ANNA, GET)) == later + LATER
    clock.time = later + LATER
    under.charge(ANNA, IMPORT, 1 << 20)


def test_hammering_closes_the_mailbox_and_more_of_it_for_longer() -> None:
    under, clock = limits(units_per_user=25)
    under.charge(ANNA, IMPORT, 0)
    assert {refusal(under, ANNA).code for _ in range(PATIENCE)} == {403}
    until = closed_until(refusal(under, ANNA))
    assert until == NOON + CLOSED
    clock.time += 120  # the minute's quota is back, but the mailbox is closed
    assert closed_until(refusal(under, ANNA)) == until + LATER
    under.charge(BERT, IMPORT, 0)
    for _ in range(int(LONGEST / LATER)):
        last = closed_until(refusal(under, ANNA))
    assert last == clock.time + LONGEST
    clock.time = last
    under.charge(ANNA, IMPORT, 0)


def test_who_backs_off_is_never_closed_out() -> None:
    under, clock = limits(units_per_user=25)
    for minute in range(10):
        clock.time = NOON + minute * 60
        under.charge(ANNA, IMPORT, 0)
        assert {refusal(under, ANNA).code for _ in range(PATIENCE)} == {403}


def test_a_time_that_was_far_off_does_not_come_nearer() -> None:
    penalty = Penalty()
    penalty.close("anna", NOON + 2 * LONGEST)
    with pytest.raises(ApiError) as caught:
        penalty.check("anna", NOON)
    assert closed_until(caught.value) == NOON + 2 * LONGEST


def test_the_time_is_told_in_whole_milliseconds_and_never_too_early() -> None:
    penalty = Penalty()
    told = closed_until(penalty.close("anna", NOON + 0.1234))
    assert told == NOON + 0.124
    penalty.check("anna", told)
    assert not penalty._until  # forgotten


def test_the_directory_takes_2400_queries_a_minute_from_a_user() -> None:
    under, clock = limits()
    for _ in range(2_400):
        under.charge(ANNA, "directory.users.get", 0)
    error = refusal(under, ANNA, "directory.users.list")
    assert (error.code, error.reason) == (403, "userRateLimitExceeded")
    under.charge(BERT, "directory.users.get", 0)
    under.charge(ANNA, IMPORT, 0)
    clock.time += 60
    under.charge(ANNA, "directory.users.get", 0)
    assert under.units == {ANNA.user: 25}


def test_groups_migration_takes_ten_messages_a_second() -> None:
    under, clock = limits()
    for _ in range(10):
        under.charge(ROBOT, "groupsmigration.archive.insert", 1000)
    assert refusal(under, ROBOT, "groupsmigration.archive.insert").code == 503
    clock.time += 1
    under.charge(ROBOT, "groupsmigration.archive.insert", 1000)


@pytest.mark.parametrize("meter", [Meter(100, lasting(60)), SlidingMeter(100, 60)])
def test_minutes_that_are_over_are_forgotten(meter: Meter) -> None:
    now = count()
    for user in range(1_000):
        assert meter.take(str(user), 1, next(now))
    assert len(meter._windows) == 60


def test_the_table_names_methods_that_exist_and_all_that_are_served() -> None:
    known = Api().methods.keys()
    assert UNITS.keys() <= known
    legacy = PLANS["legacy"].metric.units
    assert legacy.keys() == UNITS.keys()
    assert all(legacy[method] <= UNITS[method] for method in UNITS)
    assert {each for each in HANDLERS if each.startswith("gmail.")} <= UNITS.keys()
