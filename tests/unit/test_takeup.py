"""The baseline and the catching up, with a mailbox that only lists and remembers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import select

from migrate import takeup
from migrate.errors import TargetError
from migrate.gmail.api import Change, Mailbox, Profile
from migrate.gmail.errors import NotFound
from migrate.ledger import Ledger, outcomes
from migrate.ledger.outcomes import Outcome
from migrate.ledger.tables import baseline
from migrate.ledger.writer import LeaseLost
from tests.unit.ledgers import RUN, opened, take


class FakeMailbox:
    def __init__(self, *ids: str) -> None:
        self.there, self.history = list(ids), 10
        self.log: list[tuple[int, str, bool]] = []
        self.expired = self.broken = False
        self.listings = 0

    def arrive(self, gmail_id: str) -> None:
        self.there.append(gmail_id)
        self.touch(gmail_id, added=True)

    def touch(self, gmail_id: str, *, added: bool = False) -> None:
        self.history += 1
        self.log.append((self.history, gmail_id, added))

    def profile(self) -> Profile:
        return Profile("a@example.com", len(self.there), str(self.history))

    def ids(self) -> Iterator[str]:
        self.listings += 1
        yield from self.there
        if self.broken:
            raise TargetError("target-unreachable")

    def changes(self, since: str) -> Iterator[Change]:
        if self.expired:
            raise NotFound
        for at, gmail_id, added in self.log:
            if at > int(since):
                yield Change(gmail_id, added, frozenset())


class Desk:
    def __init__(self, ledger: Ledger, mailbox: FakeMailbox) -> None:
        self.ledger, self.mailbox = ledger, mailbox
        self.box = cast(Mailbox, mailbox)

    def baseline(self) -> None:
        takeup.take_baseline(self.ledger, take(self.ledger), self.box)

    def catch_up(self) -> None:
        takeup.catch_up(self.ledger, take(self.ledger), self.box)

    def bring(self, gmail_id: str) -> None:
        """One of ours goes into the mailbox and the ledger."""
        account = take(self.ledger)
        outcome = Outcome(
            account_id=account.id,
            sha256=gmail_id,
            size=1,
            state="imported",
            occurrences=(),
            run_id=RUN,
            gmail_id=gmail_id,
            thread_id="t",
        )
        self.ledger.write(lambda conn: outcomes.record(conn, [outcome]))
        self.mailbox.arrive(gmail_id)

    def before_us(self) -> set[str]:
        with self.ledger.read() as conn:
            return set(conn.scalars(select(baseline.c.gmail_id)))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened(tmp_path) as ledger:
        yield Desk(ledger, FakeMailbox("a", "b"))


def test_the_baseline_is_all_that_is_there_and_where_its_history_begins(desk: Desk) -> None:
    desk.mailbox.there = [f"m{n}" for n in range(1234)]
    desk.baseline()
    assert desk.before_us() == set(desk.mailbox.there)
    account = take(desk.ledger)
    assert account.history_id == "10"
    assert account.baseline_at is not None


def test_what_arrives_during_the_listing_falls_into_the_next_catching_up(desk: Desk) -> None:
    listing = desk.mailbox.ids

    def ids() -> Iterator[str]:
        yield from list(listing())
        desk.mailbox.arrive("late")

    desk.mailbox.ids = ids  # type: ignore[method-assign]
    desk.baseline()
    assert desk.before_us() == {"a", "b"}
    desk.catch_up()
    assert desk.before_us() == {"a", "b", "late"}


def test_a_baseline_that_broke_off_is_none_and_is_taken_again(desk: Desk) -> None:
    desk.mailbox.broken = True
    with pytest.raises(TargetError):
        desk.baseline()
    assert take(desk.ledger).baseline_at is None
    desk.mailbox.broken = False
    desk.baseline()
    assert desk.before_us() == {"a", "b"}


def test_ours_never_count_as_there_before_us(desk: Desk) -> None:
    desk.baseline()
    desk.bring("ours")
    desk.mailbox.arrive("theirs")
    desk.mailbox.touch("moved")
    desk.catch_up()
    assert desk.before_us() == {"a", "b", "theirs"}
    assert take(desk.ledger).history_id == str(desk.mailbox.history)
    assert desk.mailbox.listings == 1


def test_an_expired_history_means_listing_all_again(desk: Desk) -> None:
    desk.baseline()
    desk.bring("ours")
    desk.mailbox.arrive("theirs")
    desk.mailbox.expired = True
    desk.catch_up()
    assert desk.mailbox.listings == 2
    assert desk.before_us() == {"a", "b", "theirs"}


def test_without_any_history_all_is_listed(desk: Desk) -> None:
    desk.catch_up()
    assert desk.before_us() == {"a", "b"}


def test_who_lost_the_lease_writes_no_baseline(desk: Desk) -> None:
    old = take(desk.ledger)
    take(desk.ledger)
    with pytest.raises(LeaseLost):
        takeup.take_baseline(desk.ledger, old, desk.box)
    assert desk.before_us() == set()
