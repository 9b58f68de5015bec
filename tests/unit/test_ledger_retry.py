"""What of the quarantine is given back, and what stays as it is."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from migrate.ledger import Ledger, accounts, claims, outcomes, retry
from migrate.ledger.accounts import Account
from tests.unit.ledgers import RUN, opened, put, put_folder, rows, take

FROM, FILE = "gmail-from-count", "gmail-attachment"


@pytest.fixture
def account(tmp_path: Path) -> Iterator[tuple[Ledger, Account]]:
    """1 to 3 are quarantined, 4 as well, but gone, 5 and 6 have other ends."""
    with opened(tmp_path) as ledger:
        account = take(ledger)
        here = put_folder(ledger, account)
        for uid, code in ((1, FROM), (2, FROM), (3, FILE)):
            put(ledger, account, here, uid, state="quarantined", reason=code, detail="said")
        put(ledger, account, here, 4, state="quarantined", reason=FROM, gone=True)
        put(ledger, account, here, 5, state="skipped", reason=FROM)
        put(ledger, account, here, 6, state="imported", reason=FROM)
        yield ledger, account


def pending(ledger: Ledger) -> list[int]:
    found = rows(ledger)
    assert all(row.reason is None and row.detail is None
               for row in found.values() if row.state == "pending")  # fmt: skip
    return sorted(uid for uid, row in found.items() if row.state == "pending")


@pytest.mark.parametrize(
    ("code", "expected"), [(None, [1, 2, 3]), (FROM, [1, 2]), (FILE, [3]), ("other", [])]
)
def test_by_code(account: tuple[Ledger, Account], code: str | None, expected: list[int]) -> None:
    ledger, mine = account
    count = ledger.write(lambda conn: retry.reopen(conn, mine.id, code))
    assert (count, pending(ledger)) == (len(expected), expected)


def test_only_what_this_run_put_there(account: tuple[Ledger, Account]) -> None:
    ledger, mine = account
    ledger.write(lambda conn: accounts.start_run(conn, "run-2", {}))
    for uid, run in ((7, RUN), (8, "run-2")):
        put(ledger, mine, rows(ledger)[1].folder_id, uid, state="pending", seq=uid)
        ledger.write(
            partial(
                claims.claim,
                account_id=mine.id,
                run_id=run,
                history_id=None,
                messages=1,
                size=1,
            )
        )
        ids = [rows(ledger)[uid].id]
        ledger.write(partial(outcomes.close_unread, occurrence_ids=ids, why=(FROM, "said")))
    assert ledger.write(lambda conn: retry.reopen(conn, mine.id, FROM, RUN)) == 1
    assert pending(ledger) == [7]


def test_what_there_is(account: tuple[Ledger, Account]) -> None:
    ledger, mine = account
    with ledger.read() as conn:
        assert retry.quarantined(conn, [mine.id]) == {(mine.id, FROM): 2, (mine.id, FILE): 1}
        assert retry.quarantined(conn, []) == {}
