"""Which notes are wanted, which are no longer, and whose they are."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from migrate.ledger import Ledger, outcomes, placeholders
from migrate.ledger.accounts import Account
from migrate.ledger.outcomes import Outcome
from migrate.ledger.placeholders import Absent
from migrate.ledger.retry import reopen
from tests.unit import ledgers


def refuse(
    ledger: Ledger, account: Account, digest: str, *uids: int, state: str = "quarantined"
) -> None:
    rows = ledgers.rows(ledger)
    ends = tuple((rows[uid].id, state, "gmail-attachment") for uid in uids)
    outcome = Outcome(account.id, digest, 9, state, ends, ledgers.RUN, reason="gmail-attachment")
    ledger.write(lambda conn: outcomes.record(conn, [outcome]))


def absent(ledger: Ledger, account: Account) -> list[Absent]:
    with ledger.read() as conn:
        return placeholders.absent(conn, account.id)


def outdated(ledger: Ledger, account: Account) -> list[str]:
    with ledger.read() as conn:
        return placeholders.outdated(conn, [account.id])


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[tuple[Ledger, Account]]:
    """UIDs 1 and 2 are copies of what Gmail refuses, 3 is not handed out, 4 is imported."""
    with ledgers.opened(tmp_path) as ledger:
        account = ledgers.take(ledger)
        work = ledgers.put_folder(ledger, account)
        for uid in (1, 2, 3, 4):
            ledgers.put(ledger, account, work, uid, flags="\\Seen a")
        refuse(ledger, account, "a" * 64, 1, 2)
        unread = ledgers.rows(ledger)[3].id
        ledger.write(lambda conn: outcomes.close_unread(conn, [unread], ("source-x", "NO")))
        refuse(ledger, account, "b" * 64, 4, state="imported")
        yield ledger, account


def test_one_for_each_message_and_one_for_what_has_no_bytes(scene: tuple[Ledger, Account]) -> None:
    ledger, account = scene
    unread, refused = absent(ledger, account)
    assert [each.uid for each in refused.copies] == [1, 2]
    assert (refused.sha256, refused.code) == ("a" * 64, "gmail-attachment")
    assert refused.copies[0].flags == {"\\Seen", "a"}
    assert (unread.sha256, unread.code, unread.detail) == (None, "source-x", "NO")
    assert [each.uid for each in unread.copies] == [3]


def test_a_note_that_was_brought_is_wanted_no_more_and_is_ours(
    scene: tuple[Ledger, Account],
) -> None:
    ledger, account = scene
    for number, each in enumerate(absent(ledger, account)):
        ledger.write(partial(placeholders.brought, missing=each, gmail_id=f"note{number}"))
    assert absent(ledger, account) == []
    assert outdated(ledger, account) == []
    with ledger.read() as conn:
        mine = outcomes.ours(conn, account.id, ["note0", "note1", "other"])
    assert mine == {"note0", "note1"}, "not somebody's mail that was there before us"


def test_it_is_outdated_once_its_message_has_another_end_and_not_while_that_is_open(
    scene: tuple[Ledger, Account],
) -> None:
    ledger, account = scene
    unread, refused = absent(ledger, account)
    ledger.write(lambda conn: placeholders.brought(conn, unread, "note-u"))
    ledger.write(lambda conn: placeholders.brought(conn, refused, "note-r"))
    ledger.write(lambda conn: reopen(conn, account.id, None))
    assert outdated(ledger, account) == []
    refuse(ledger, account, "a" * 64, 1, 2, state="imported")
    assert outdated(ledger, account) == ["note-r"]
    refuse(ledger, account, "c" * 64, 3)
    assert outdated(ledger, account) == ["note-r", "note-u"], "it has bytes now, and another note"
    for gmail_id in ("note-r", "note-u"):
        ledger.write(partial(placeholders.removed, account_id=account.id, gmail_id=gmail_id))
    assert outdated(ledger, account) == []
    assert [each.sha256 for each in absent(ledger, account)] == ["c" * 64]
