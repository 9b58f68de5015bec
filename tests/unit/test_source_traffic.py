"""Bytes of the source: by the second, and by the day over all runs."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from migrate.daily import DailyBytes, free_at
from migrate.errors import EXIT_PENDING, DayUsedUp
from migrate.explain import explain
from migrate.ledger import Ledger, accounts, traffic
from migrate.source.traffic import BytePace, Day, Meter
from migrate.source.wire import Wire
from migrate.texts import Texts

HOUR = 3600


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(f"sqlite:///{tmp_path}/ledger.db") as opened:
        opened.write(lambda conn: accounts.enrol(conn, [("taro", "taro@example.com")]))
        yield opened


def kept(ledger: Ledger) -> dict[int, int]:
    ledger.settle()
    with ledger.read() as conn:
        return traffic.hours(conn, 1)


def test_bytes_are_spread_over_time() -> None:
    now = 100.0
    pace = BytePace(1000, lambda: now)
    assert pace.took(10) == 0.0  # too short to wait for
    assert pace.took(1990) == pytest.approx(2.0)
    assert pace.took(500) == pytest.approx(2.5)  # by another connection
    now = 102.5
    assert pace.took(1000) == pytest.approx(1.0)
    now = 200.0  # what was not used is not saved up
    assert pace.took(1000) == pytest.approx(1.0)


def test_a_day_is_counted_over_all_runs(ledger: Ledger) -> None:
    now = 1000.0 * HOUR
    day = DailyBytes(ledger, 1, "taro", lambda: now)
    meter = Meter(None, day)
    assert day.days(1 << 40) == 0
    day.at_most(10_000_000)
    assert [day.days(size) for size in (0, 10_000_000, 10_000_001, 35_000_000)] == [0, 0, 1, 3]
    meter.took(4_000_000)
    assert kept(ledger) == {}
    meter.took(1_000_000)
    assert kept(ledger) == {1000: 5_000_000}
    now += HOUR
    meter.took(4_000_000)
    meter.check()
    meter.ended(1_000_000)
    with pytest.raises(DayUsedUp):
        meter.check()
    assert kept(ledger) == {1000: 5_000_000, 1001: 5_000_000}
    again = DailyBytes(ledger, 1, "taro", lambda: now)  # of the next run
    again.check()  # before it is known what the server allows
    again.at_most(10_000_000)
    with pytest.raises(DayUsedUp) as caught:
        again.check()
    assert (caught.value.code, caught.value.exit_code) == ("source-day-used", EXIT_PENDING)
    assert (caught.value.params["used"], caught.value.params["most"]) == (10, 10)
    for lang in ("en", "ja"):
        cause, cure = explain(caught.value, Texts(lang))
        assert "10 MB" in cause and str(caught.value.params["at"]) in cure
    now = 1024.5 * HOUR
    with pytest.raises(DayUsedUp):
        again.check()
    now = 1025.0 * HOUR
    again.check()
    meter = Meter(None, again)
    meter.ended(7)
    assert kept(ledger) == {1000: 5_000_000, 1001: 5_000_000, 1025: 7}
    now = 1030.0 * HOUR
    meter.ended(1)
    assert kept(ledger) == {1025: 7, 1030: 1}


def test_without_a_limit_there_is_none(ledger: Ledger) -> None:
    day = DailyBytes(ledger, 1, "taro")
    day.at_most(0)
    day.add(1 << 40)
    day.check()
    Meter().check()
    assert Meter().took(1 << 40) == 0.0


def test_a_connection_is_cut_first_and_counted_out_once(tmp_path: Path) -> None:
    told: list[object] = []
    day = SimpleNamespace(add=told.append, keep=lambda: told.append("kept"))
    imap: Any = SimpleNamespace(file=BytesIO(), shutdown=lambda: told.append("cut"))
    wire = Wire(imap, tmp_path, 1, lambda _: False, Meter(None, cast(Day, day)))
    wire.close()
    wire.close()
    assert told == ["cut", 0, "kept"]


@pytest.mark.parametrize(
    ("hours", "free"),
    [
        ({}, 50.5),
        ({50: 4}, 50.5),
        ({50: 10}, 75.0),
        ({30: 2, 40: 2, 50: 6}, 75.0),
        ({30: 3, 40: 3, 50: 4}, 65.0),
        ({10: 99, 49: 5, 50: 5}, 74.0),
    ],
)
def test_when_half_of_it_is_free_again(hours: dict[int, int], free: float) -> None:
    assert free_at(hours, 10, 50.5 * HOUR) == free * HOUR
