"""Filters in the ledger: decided at every scan anew, as long as a message has no end."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import update

from migrate.filters import Filters, start_of
from migrate.ledger.tables import occurrence
from migrate.report.document import Totals
from tests.unit.ledgers import rows
from tests.unit.scanned import NOW, Desk, FakeSource, listed


def test_filters_are_followed_when_they_change(desk: Desk) -> None:
    source = FakeSource(
        Work=[listed(1, size=50), listed(2, "$Private"), listed(3, "\\Deleted"), listed(4)]
    )
    desk.filters = Filters(min_size=100, search="KEYWORD $Private", skip_deleted=True)
    desk.scan(source)
    reasons = {uid: row.reason for uid, row in rows(desk.ledger).items()}
    assert reasons == {1: "filter-min-size", 2: None, 3: "deleted", 4: "filter-search"}
    assert desk.totals() == Totals(source=4, skipped=3, pending=1)
    desk.filters = Filters(max_size=500)
    desk.scan(source)
    reasons = {uid: row.reason for uid, row in rows(desk.ledger).items()}
    assert reasons == dict.fromkeys((2, 3, 4), "filter-max-size") | {1: None}
    assert desk.claim() == [1]
    desk.filters = Filters(min_size=100)
    desk.scan(source)
    assert desk.states() == {1: "intended", 2: "pending", 3: "pending", 4: "pending"}


def test_a_message_is_filtered_by_the_date_that_gmail_will_show(desk: Desk) -> None:
    old = b"From: a@x\r\nMessage-ID: <1@x>\r\nDate: Fri, 21 Nov 1997 09:55:06 -0600\r\n\r\n"
    desk.filters = Filters(since=NOW.timestamp())
    desk.scan(FakeSource(Work=[listed(1, header=old), listed(2)]))
    found = rows(desk.ledger)
    assert (found[1].reason, found[1].dated) == ("filter-since", 880127706)
    assert (found[2].reason, found[2].dated) == (None, NOW.timestamp())


def dated(uid: int, day: str, *flags: str) -> Any:
    header = f"From: a@x\r\nMessage-ID: <{uid}@x>\r\nDate: {day} 2025 00:00:00 +0000\r\n\r\n"
    return listed(uid, *flags, header=header.encode())


def source() -> FakeSource:
    return FakeSource(
        Work=[dated(1, "31 Jan"), dated(2, "01 Feb"), dated(3, "02 Feb", "\\Deleted")]
    )


def test_the_date_is_the_one_that_gmail_will_show(desk: Desk) -> None:
    """Not the old server's, of 2026, but where it repairs a Date."""
    broken = listed(4, header=b"From: a@x\r\nDate: yesterday\r\n\r\n")
    unknown = listed(5, header=b"From: a@x\r\n\r\n", internal_date=None)
    desk.filters = Filters(since=start_of(date(2025, 2, 1)), before=start_of(date(2026, 1, 1)))
    content = source()
    content.messages["Work"] += [broken, unknown]
    desk.scan(content)
    assert desk.reasons() == {1: "filter-since", 2: None, 3: None, 4: "filter-before", 5: None}
    assert desk.claim() == [2, 3, 5]


def test_the_next_scan_follows_other_filters(desk: Desk) -> None:
    desk.filters = Filters(skip_deleted=True, since=start_of(date(2025, 2, 1)))
    desk.scan(source())
    assert desk.reasons() == {1: "filter-since", 2: None, 3: "deleted"}
    assert {line.rule: line.count for line in desk.document().skips or ()} == {
        "filter-since": 1,
        "deleted": 1,
    }
    desk.filters = Filters(before=start_of(date(2025, 2, 1)))
    desk.scan(source())
    assert desk.reasons() == {1: None, 2: "filter-before", 3: "filter-before"}
    desk.filters = Filters(max_size=999)
    desk.scan(source())
    assert set(desk.reasons().values()) == {"filter-max-size"}
    assert (desk.totals().skipped, desk.claim()) == (3, [])
    desk.filters = Filters()
    desk.scan(source())
    assert desk.totals().pending == 3
    assert desk.claim() == [1, 2, 3]


def test_what_has_its_end_or_is_in_doubt_stays(desk: Desk) -> None:
    desk.filters = Filters()
    desk.scan(source())
    assert desk.claim() == [1, 2, 3]
    done = update(occurrence).where(occurrence.c.uid == 1).values(state="imported")
    desk.ledger.write(lambda conn: conn.execute(done))
    desk.filters = Filters(max_size=1)
    desk.scan(source())
    assert desk.states() == {1: "imported", 2: "intended", 3: "intended"}


def test_what_was_too_large_comes_back_only_when_its_policy_changes(desk: Desk) -> None:
    desk.filters = Filters()
    desk.scan(source())
    left = update(occurrence).where(occurrence.c.uid == 1)
    desk.ledger.write(lambda conn: conn.execute(left.values(state="skipped", reason="oversize")))
    desk.filters = Filters()
    desk.scan(source())
    assert desk.reasons()[1] == "oversize"
    desk.filters = Filters(skip_oversize=False)
    desk.scan(source())
    assert desk.reasons()[1] is None
    assert desk.claim() == [1, 2, 3]
