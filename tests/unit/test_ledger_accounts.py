"""The lease, the baseline and the labels of an account."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select, update

from migrate.errors import TargetError
from migrate.ledger import Ledger, accounts, labels
from migrate.ledger.labels import LabelRow
from migrate.ledger.owner import me
from migrate.ledger.tables import account as table
from migrate.ledger.tables import baseline, label
from tests.unit.ledgers import PAIR, RUN, opened, take
from tests.unit.test_ledger_owner import another


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with opened(tmp_path) as ledger:
        yield ledger


def hold(ledger: Ledger, owner: str, seconds: float = 60) -> int:
    """Somebody else's lease on the account; returns its fence."""
    held = take(ledger, force=True)
    values = {"lease_owner": owner, "lease_until": time.time() + seconds}
    ledger.write(lambda conn: conn.execute(update(table).values(**values)) and None)
    return held.fence


def again(ledger: Ledger, *, force: bool = False) -> int | None:
    """The fence of a new lease, None when it is refused."""
    taken = ledger.write(lambda conn: accounts.take(conn, 1, force=force))
    return taken.fence if taken else None


def test_a_living_process_keeps_its_lease(ledger: Ledger) -> None:
    with another() as owner:
        hold(ledger, owner)
        assert again(ledger) is None


def test_a_dead_process_loses_it_at_once(ledger: Ledger) -> None:
    with another() as owner:
        fence = hold(ledger, owner)
    assert again(ledger) == fence + 1


@pytest.mark.parametrize("place", ["other-boot/pid:[1]", "host.example/2a"])
def test_of_another_place_nothing_is_known_until_the_lease_runs_out(
    ledger: Ledger, place: str
) -> None:
    hold(ledger, f"{place}/1/5/abc")
    assert again(ledger) is None
    fence = hold(ledger, f"{place}/1/5/abc", seconds=-1)
    assert again(ledger) == fence + 1


def test_a_copy_of_the_ledger_is_taken_by_force(ledger: Ledger) -> None:
    fence = hold(ledger, "elsewhere/x/1/5/abc")
    assert again(ledger, force=True) == fence + 1


def test_every_lease_has_a_higher_fence(ledger: Ledger) -> None:
    fences = []
    for _ in range(3):
        held = take(ledger)
        fences.append(held.fence)
        ledger.write(lambda conn: accounts.release(conn, 1, "done"))
    assert fences == sorted(set(fences))


def test_only_the_holder_renews(ledger: Ledger) -> None:
    def until() -> float:
        with ledger.read() as conn:
            return float(conn.scalar(select(table.c.lease_until)) or 0)

    for owner, older, renewed in (("x", 0, False), (me(), 1, False), (me(), 0, True)):
        fence = hold(ledger, owner, seconds=5)
        before = until()
        found = ledger.write(partial(accounts.renew, leases=[(1, fence - older)]))
        assert (until() > before, set(found) == {1}) == (renewed, renewed)
    assert found[1].wall == until()


def test_releasing_says_how_the_account_stands_and_taking_forgets_the_error(
    ledger: Ledger,
) -> None:
    take(ledger)
    ledger.write(lambda conn: accounts.release(conn, 1, "failed", TargetError("code", a="b")))
    with ledger.read() as conn:
        row = conn.execute(select(table)).one()
    assert (row.state, row.error_code, row.error_params) == ("failed", "code", {"a": "b"})
    assert (row.lease_owner, row.lease_until) == (None, None)
    take(ledger)
    with ledger.read() as conn:
        row = conn.execute(select(table)).one()
    assert (row.state, row.error_code, row.error_params) == ("running", None, None)


def test_enrolling_twice_gives_the_same_ids(ledger: Ledger) -> None:
    other = ("hanako", "hanako@example.com")
    first = ledger.write(lambda conn: accounts.enrol(conn, [PAIR, other]))
    moved = (PAIR[0], "elsewhere@example.com")
    second = ledger.write(lambda conn: accounts.enrol(conn, [other, moved, PAIR]))
    assert second == first | {moved: max(first.values()) + 1}


def test_the_baseline_is_a_set(ledger: Ledger) -> None:
    take(ledger)
    for ids in (["a", "b", "a"], ["b", "c"], []):
        ledger.write(lambda conn, ids=ids: accounts.add_baseline(conn, 1, ids))  # type: ignore[misc]
    with ledger.read() as conn:
        assert sorted(conn.scalars(select(baseline.c.gmail_id))) == ["a", "b", "c"]
        assert accounts.in_baseline(conn, 1, ["a", "x", "c"]) == {"a", "c"}
        assert accounts.in_baseline(conn, 2, ["a"]) == set()


def test_the_time_of_the_baseline_stays_when_its_history_moves_on(ledger: Ledger) -> None:
    assert take(ledger).baseline_at is None
    ledger.write(lambda conn: accounts.set_history(conn, 1, "5"))
    first = take(ledger)
    ledger.write(lambda conn: accounts.set_history(conn, 1, "9"))
    second = take(ledger)
    assert (first.history_id, second.history_id) == ("5", "9")
    assert first.baseline_at == second.baseline_at is not None


def test_a_label_is_noted_before_it_is_made_and_after(ledger: Ledger) -> None:
    take(ledger)
    row = LabelRow("work", "Work")
    for each in (row, replace(row, gmail_id="Label_7")):
        ledger.write(partial(labels.note, account_id=1, row=each, run_id=RUN))
        with ledger.read() as conn:
            assert labels.known(conn, 1) == {"work": each}
            assert conn.scalar(select(label.c.run_id)) == RUN
    other = replace(row, gmail_id="Label_1", stand_in="Other", refused="400")
    ledger.write(partial(labels.note, account_id=1, row=other, run_id=None))
    with ledger.read() as conn:
        assert labels.known(conn, 1) == {"work": other}
        assert conn.scalar(select(label.c.run_id)) is None


def test_a_learnt_pace_is_known_to_the_next_run_for_a_day(ledger: Ledger) -> None:
    mine = take(ledger)
    assert mine.pace is None
    ledger.write(lambda conn: accounts.set_pace(conn, mine.id, 41.5), mine.lease)
    assert take(ledger, force=True).pace == 41.5
    yesterday = time.time() - 25 * 3600
    ledger.write(lambda conn: conn.execute(update(table).values(pace_at=yesterday)) and None)
    assert take(ledger, force=True).pace is None
    ledger.write(lambda conn: accounts.set_pace(conn, mine.id, None))
    assert take(ledger, force=True).pace is None
