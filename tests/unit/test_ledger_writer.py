"""Group commit: what is said to be on disk is there, and nothing is written after a failure."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, insert

from migrate.errors import StateError
from migrate.ledger import Ledger
from migrate.ledger.tables import meta
from migrate.ledger.writer import LeaseLost
from tests.unit.ledgers import opened, take

PATIENCE = 20


def note(key: str) -> Any:
    return lambda conn: conn.execute(insert(meta).values(key=key, value=""))


def keys(directory: Path) -> set[str]:
    """What another process finds on disk."""
    with sqlite3.connect(f"file:{directory / 'ledger.db'}?mode=ro", uri=True) as conn:
        return {row[0] for row in conn.execute("SELECT key FROM meta")}


class Held:
    """Keeps the writer busy until it is let go, so that what is posted meanwhile gathers."""

    def __init__(self, ledger: Ledger) -> None:
        self._begun, self._go = threading.Event(), threading.Event()
        self._done = ledger.post(self._hold)
        assert self._begun.wait(PATIENCE)

    def _hold(self, _: Connection) -> None:
        self._begun.set()
        self._go.wait(PATIENCE)

    def let_go(self) -> None:
        self._go.set()
        self._done.result(PATIENCE)


def test_what_has_gathered_is_one_transaction_in_order(tmp_path: Path) -> None:
    commits: list[object] = []
    ran: list[int] = []
    with opened(tmp_path) as ledger:
        event.listen(ledger._engine, "commit", commits.append)
        held = Held(ledger)
        futures = [ledger.post(lambda _, n=n: ran.append(n)) for n in range(300)]  # type: ignore[misc]
        assert not any(each.done() for each in futures)
        held.let_go()
        for each in futures:
            each.result(PATIENCE)
    assert ran == list(range(300))
    assert len(commits) == 2


def test_write_returns_the_result_when_it_is_on_disk(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        assert ledger.write(lambda _: 7) == 7
        ledger.write(note("there"))
        assert "there" in keys(tmp_path)


def test_closing_writes_what_is_queued(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        held = Held(ledger)
        futures = [ledger.post(note(f"{n}")) for n in range(1500)]
        threading.Timer(0, held.let_go).start()
    assert all(each.done() for each in futures)
    assert {f"{n}" for n in range(1500)} <= keys(tmp_path)


def test_a_fence_keeps_out_only_who_lost_the_lease(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        old = take(ledger)
        new = take(ledger)
        held = Held(ledger)
        mine = ledger.post(note("mine"), new.lease)
        late = ledger.post(note("late"), old.lease)
        anybody = ledger.post(note("anybody"))
        held.let_go()
        with pytest.raises(LeaseLost):
            late.result(PATIENCE)
        mine.result(PATIENCE)
        anybody.result(PATIENCE)
    found = keys(tmp_path)
    assert {"mine", "anybody"} <= found
    assert "late" not in found


def test_an_unknown_account_has_no_lease(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger, pytest.raises(LeaseLost):
        ledger.write(note("x"), (99, 1))


def fail(_: Connection) -> None:
    raise ZeroDivisionError


def test_a_failure_undoes_its_transaction_and_stops_all_later_writes(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        ledger.write(note("before"))
        held = Held(ledger)
        futures: list[Future[Any]] = [ledger.post(note("beside")), ledger.post(fail)]
        held.let_go()
        for each in futures:
            with pytest.raises(StateError) as caught:
                each.result(PATIENCE)
            assert caught.value.code == "ledger-write"
        with pytest.raises(StateError):
            ledger.write(note("after"))
    assert keys(tmp_path) & {"before", "beside", "after"} == {"before"}


def test_the_database_s_own_words_are_in_the_error(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        ledger.write(note("twice"))
        with pytest.raises(StateError, match="UNIQUE") as caught:
            ledger.write(note("twice"))
        assert isinstance(caught.value.params["reason"], sqlite3.IntegrityError)


def test_what_is_written_together_keeps_its_place_among_the_others(tmp_path: Path) -> None:
    ran: list[object] = []

    def together(_: Connection, items: Sequence[int]) -> None:
        ran.append(list(items))

    with opened(tmp_path) as ledger:
        held = Held(ledger)
        futures: list[Future[Any]] = [ledger.post_item(together, n) for n in (1, 2)]
        futures.append(ledger.post(lambda _: ran.append("between")))
        futures.append(ledger.post_item(together, 3))
        held.let_go()
        assert [each.result(PATIENCE) for each in futures] == [None] * 4
    assert futures[0] is futures[1]
    assert ran == [[1, 2], "between", [3]]


def test_an_item_under_a_lost_lease_is_left_out(tmp_path: Path) -> None:
    ran: list[int] = []

    def together(_: Connection, items: Sequence[int]) -> None:
        ran.extend(items)

    with opened(tmp_path) as ledger:
        old = take(ledger)
        new = take(ledger)
        held = Held(ledger)
        late = ledger.post_item(together, 1, old.lease)
        mine = ledger.post_item(together, 2, new.lease)
        held.let_go()
        mine.result(PATIENCE)
        with pytest.raises(LeaseLost):
            late.result(PATIENCE)
    assert ran == [2]
