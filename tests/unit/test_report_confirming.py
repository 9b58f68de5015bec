"""Predicted against actual: what agrees, what is a surprise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from migrate.ledger import Ledger, outcomes
from migrate.ledger.accounts import Account
from migrate.ledger.outcomes import Outcome
from migrate.message import Repair
from migrate.report.confirming import End, confirm, judge
from migrate.report.document import Confirmed, Surprise
from tests.unit import ledgers

IN, OUT = "imported", "quarantined"
DATE, ID, FROM = {"date_mended": True}, {"id_mended": True}, {"from_mended": True}
BOTH = DATE | ID


@pytest.mark.parametrize(
    ("predicted", "certain", "state", "reason", "known", "actual", "agrees"),
    [
        ("accepted", False, IN, None, {}, "accepted", True),
        ("accepted", False, IN, None, DATE, "date-repaired", False),
        ("accepted", False, OUT, "gmail-attachment", {}, "attachment-blocked", True),
        ("accepted", True, OUT, "gmail-attachment", {}, "attachment-blocked", False),
        ("accepted", False, OUT, "gmail-from-invalid", {}, "from-invalid", False),
        ("accepted", False, OUT, "gmail-refused", {}, "gmail-refused", False),
        ("accepted", False, OUT, "source-unreadable", {}, "source-unreadable", False),
        ("accepted", False, "skipped", "oversize", {}, "oversize", False),
        ("message-id-shared", True, IN, None, {}, "accepted", True),
        ("message-id-shared", False, "merged", "copy", {}, "accepted", True),
        ("message-id-shared", True, OUT, "gmail-attachment", {}, "attachment-blocked", True),
        ("message-id-shared", False, IN, None, DATE, "date-repaired", False),
        ("source-unreadable", True, OUT, "source-no-body", {}, "source-unreadable", True),
        ("source-unreadable", True, OUT, "gmail-refused", {}, "gmail-refused", False),
        ("source-unreadable", True, IN, None, {}, "accepted", False),
        ("from-missing", True, OUT, "gmail-from-count", {}, "from-missing", True),
        ("from-several", True, OUT, "gmail-from-count", {}, "from-several", True),
        ("from-missing", True, OUT, "gmail-from-invalid", {}, "from-invalid", False),
        ("from-missing", True, OUT, "gmail-attachment", {}, "attachment-blocked", True),
        ("from-missing", True, OUT, "gmail-keeps-failing", {}, "gmail-keeps-failing", False),
        ("from-missing", True, IN, None, {}, "accepted", False),
        ("from-missing", True, IN, None, FROM, "from-repaired", True),
        ("from-repaired", True, IN, None, FROM, "from-repaired", True),
        ("from-repaired", True, IN, None, {}, "accepted", False),
        ("from-invalid", False, IN, None, DATE, "date-repaired", True),
        ("empty", False, OUT, "gmail-from-count", {}, "empty", True),
        ("oversize", False, "skipped", "oversize", {}, "oversize", True),
        ("oversize", False, OUT, "gmail-too-large", {}, "oversize", True),
        ("oversize", False, IN, None, {}, "accepted", True),
        ("attachment-blocked", True, IN, None, {}, "accepted", False),
        ("attachment-archive", False, IN, None, {}, "accepted", True),
        ("attachment-archive", False, OUT, "gmail-attachment", {}, "attachment-blocked", True),
        ("attachment-archive", False, OUT, "gmail-from-count", {}, "from-missing", False),
        (
            "date-repaired",
            True,
            IN,
            None,
            BOTH,
            "date-repaired",
            True,
        ),
        ("message-id-repaired", True, IN, None, ID, "message-id-repaired", True),
        ("message-id-repaired", True, IN, None, DATE, "date-repaired", False),
        ("date-repaired", True, OUT, "gmail-attachment", {}, "attachment-blocked", True),
        ("date-unknown", True, IN, None, {"undated": True}, "date-unknown", True),
        ("date-unknown", True, "merged", "copy", DATE, "date-repaired", True),
        ("date-unknown", True, IN, None, {}, "accepted", False),
    ],
)
def test_judge(
    predicted: str,
    certain: bool,
    state: str,
    reason: str | None,
    known: dict[str, bool],
    actual: str,
    agrees: bool,
) -> None:
    assert judge(End(predicted, certain, state, reason, **known)) == (actual, agrees)


def _ended(ledger: Ledger, account: Account, uid: int, state: str, **rest: Any) -> None:
    """The occurrence at `uid` gets an end, in a message of its own."""
    row = ledgers.rows(ledger)[uid]
    reason = rest.get("reason")
    outcome = Outcome(
        account.id, f"{uid:064}", 1, state, ((row.id, state, reason),), ledgers.RUN, **rest
    )
    ledger.write(lambda conn: outcomes.record(conn, [outcome]))


def test_confirm_counts_by_verdict_and_names_each_surprise(tmp_path: Path) -> None:
    with ledgers.opened(tmp_path) as ledger:
        account = ledgers.take(ledger)
        work = ledgers.put_folder(ledger, account)
        for uid in (1, 2, 3):
            ledgers.put(ledger, account, work, uid, predicted="accepted", certain=False)
        ledgers.put(ledger, account, work, 4, predicted="date-repaired")
        ledgers.put(ledger, account, work, 5, predicted="from-missing")
        ledgers.put(ledger, account, work, 6, predicted="accepted", certain=False)
        ledgers.put(ledger, account, work, 7, predicted=None)
        ledgers.put(
            ledger, account, work, 8, predicted="accepted", state="skipped", reason="deleted"
        )
        dated = Repair("Date", "never", "now", "unparsable")
        _ended(ledger, account, 1, IN, date=1)
        _ended(ledger, account, 2, IN, date=1)
        _ended(ledger, account, 3, OUT, reason="gmail-refused", detail="no")
        _ended(ledger, account, 4, IN, date=1, repairs=(dated,))
        _ended(ledger, account, 5, IN, date=1)
        _ended(ledger, account, 7, IN, date=1)
        with ledger.read() as conn:
            confirmed, surprises = confirm(conn, [account.id])
            nothing = confirm(conn, [])
    assert confirmed == [
        Confirmed("accepted", "gmail-refused", 1, agrees=False),
        Confirmed("from-missing", "accepted", 1, agrees=False),
        Confirmed("accepted", "accepted", 2, agrees=True),
        Confirmed("date-repaired", "date-repaired", 1, agrees=True),
    ]
    assert surprises == [
        Surprise("taro", "Work", 3, "accepted", "gmail-refused"),
        Surprise("taro", "Work", 5, "from-missing", "accepted"),
    ]
    assert nothing == ([], [])


def test_a_draft_has_no_date_of_its_own(tmp_path: Path) -> None:
    with ledgers.opened(tmp_path) as ledger:
        account = ledgers.take(ledger)
        work = ledgers.put_folder(ledger, account)
        ledgers.put(ledger, account, work, 1, predicted="accepted", certain=False)
        _ended(ledger, account, 1, IN, draft_id="r1")
        with ledger.read() as conn:
            assert confirm(conn, [account.id]) == (
                [Confirmed("accepted", "accepted", 1, agrees=True)],
                [],
            )
