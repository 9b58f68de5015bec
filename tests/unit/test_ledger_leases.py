"""Who was stopped past its lease does nothing more once somebody else has taken the account."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from migrate import clock
from migrate.errors import StateError
from migrate.ledger import Ledger, accounts, leases
from migrate.ledger.leases import Lease, Leases
from migrate.ledger.tables import account as table
from migrate.ledger.writer import LeaseLost
from tests.unit.ledgers import PAIR, opened
from tests.unit.test_ledger_writer import PATIENCE, Held, fail


class Clocks:
    """Both clocks that a lease goes by, each as far ahead as one says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.slept = self.set_forward = 0.0
        elapsed, wall = clock.elapsed, time.time
        monkeypatch.setattr(leases, "elapsed", lambda: elapsed() + self.slept)
        monkeypatch.setattr(accounts, "elapsed", lambda: elapsed() + self.slept)
        monkeypatch.setattr(time, "time", lambda: wall() + self.slept + self.set_forward)


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    return Clocks(monkeypatch)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with opened(tmp_path) as ledger:
        yield ledger


@pytest.fixture
def lease(ledger: Ledger, clocks: Clocks) -> Lease:
    ids = ledger.write(lambda conn: accounts.enrol(conn, [PAIR]))
    lease = Leases(ledger).take(ids[PAIR])
    assert lease is not None
    return lease


def take_away(ledger: Ledger) -> None:
    """What another process does when it takes the account."""
    values = {"fence": table.c.fence + 1, "lease_owner": "somebody else"}
    ledger.write(lambda conn: conn.execute(update(table).values(**values)) and None)


def until(ledger: Ledger) -> float:
    with ledger.read() as conn:
        return float(conn.execute(table.select()).one().lease_until)


def test_while_it_is_fresh_the_ledger_is_not_asked(ledger: Ledger, lease: Lease) -> None:
    held = Held(ledger)
    lease.check()
    held.let_go()


@pytest.mark.parametrize("slept", [45.0, 61.0, 7 * 86400.0])
def test_whoever_slept_goes_on_when_nobody_took_the_account(
    ledger: Ledger, lease: Lease, clocks: Clocks, slept: float
) -> None:
    before = until(ledger)
    clocks.slept = slept
    lease.check()
    assert (until(ledger) > before) == (slept > 50)


def test_whoever_slept_stops_when_somebody_took_it(
    ledger: Ledger, lease: Lease, clocks: Clocks
) -> None:
    take_away(ledger)
    clocks.slept = 61
    for _ in range(2):
        with pytest.raises(LeaseLost):
            lease.check()
    assert until(ledger) < time.time()


def test_a_wall_clock_that_is_set_forward_counts_too(
    ledger: Ledger, lease: Lease, clocks: Clocks
) -> None:
    """Others go by it."""
    take_away(ledger)
    clocks.set_forward = 3600
    with pytest.raises(LeaseLost):
        lease.check()


def test_a_wall_clock_that_is_set_back_makes_no_lease_longer(
    ledger: Ledger, lease: Lease, clocks: Clocks
) -> None:
    take_away(ledger)
    clocks.slept, clocks.set_forward = 61, -3600
    with pytest.raises(LeaseLost):
        lease.check()


def test_a_heart_that_finds_it_lost_says_so_at_once(ledger: Ledger, lease: Lease) -> None:
    take_away(ledger)
    leases.renew(ledger, [lease])
    with pytest.raises(LeaseLost):
        lease.check()


def test_the_heart_keeps_all_fresh(
    ledger: Ledger, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "_HEARTBEAT", 0.01)
    pairs = [PAIR, ("hanako", "hanako@example.com")]
    ids = ledger.write(lambda conn: accounts.enrol(conn, pairs))
    beats = []
    beaten = threading.Event()

    def renew(*args: object, of=leases.renew) -> None:  # type: ignore[no-untyped-def]
        of(*args)
        beats.append(args)
        beaten.set()

    monkeypatch.setattr(leases, "renew", renew)
    with Leases(ledger) as held:
        mine = [held.take(each) for each in ids.values()]
        clocks.slept = 55
        beaten.clear()
        assert beaten.wait(PATIENCE)
        beaten.clear()
        assert beaten.wait(PATIENCE)
        blocked = Held(ledger)
        for lease in mine:
            assert lease is not None
            lease.check()
        blocked.let_go()


def test_a_disk_that_is_slower_than_the_lease_holds_the_work_up(
    ledger: Ledger, lease: Lease, clocks: Clocks
) -> None:
    clocks.slept = 61
    held, passed = Held(ledger), threading.Event()

    def work() -> None:
        lease.check()
        passed.set()

    thread = threading.Thread(target=work)
    thread.start()
    assert not passed.wait(0.2)
    held.let_go()
    assert passed.wait(PATIENCE)
    thread.join()


def test_a_ledger_that_takes_no_writes_ends_the_work(
    ledger: Ledger, lease: Lease, clocks: Clocks
) -> None:
    with pytest.raises(StateError):
        ledger.write(fail)
    clocks.slept = 61
    with pytest.raises(StateError, match="ledger-write"):
        lease.check()


def test_what_was_given_back_is_not_renewed(ledger: Ledger, clocks: Clocks) -> None:
    ids = ledger.write(lambda conn: accounts.enrol(conn, [PAIR]))
    held = Leases(ledger)
    lease = held.take(ids[PAIR])
    assert lease is not None
    held.give_back(lease, "done")
    clocks.slept = 61
    with pytest.raises(LeaseLost):
        lease.check()
