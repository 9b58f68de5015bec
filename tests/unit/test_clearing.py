"""What leaves the quarantine, and what stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from migrate.body import Body
from migrate.clearing import clear
from migrate.ledger import Ledger, accounts, outcomes
from migrate.ledger.outcomes import Outcome
from migrate.quarantine import keep, path
from tests.unit.ledgers import RUN, opened, take

TARGET = "taro@example.com"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with opened(tmp_path) as ledger:
        yield ledger


def put(ledger: Ledger, account_id: int, sha256: str, state: str) -> None:
    outcome = Outcome(account_id, sha256, 1, state, (), RUN)
    ledger.write(lambda conn: outcomes.record(conn, [outcome]))


def test_only_what_is_quarantined_for_nobody_goes(ledger: Ledger, tmp_path: Path) -> None:
    """Two accounts go to one target; the ledger knows nothing of a file that somebody put there."""
    account = take(ledger)
    one = account.id
    (other,) = ledger.write(lambda conn: accounts.enrol(conn, [("hanako", TARGET)])).values()
    quarantine = tmp_path / "quarantine"
    states = {
        "arrived": [(one, "imported")],
        "refused": [(one, "quarantined")],
        "for one": [(one, "imported"), (other, "quarantined")],
        "for both": [(one, "merged"), (other, "present")],
        "left out": [(one, "skipped")],
        "unknown": [],
    }
    digests = {name: f"{number}" * 64 for number, name in enumerate(states)}
    for name, found in states.items():
        file = keep(quarantine, TARGET, digests[name], Body(b"x"))
        file.with_suffix(".txt").touch()
        for account_id, state in found:
            put(ledger, account_id, digests[name], state)
    clear(ledger, account, quarantine, None, lambda: None)
    files = {
        name: [(quarantine / path(TARGET, digest)).with_suffix(each).exists() for each in SUFFIXES]
        for name, digest in digests.items()
    }
    gone, kept = [False, False], [True, True]
    assert files == {
        "arrived": gone,
        "refused": kept,
        "for one": kept,
        "for both": gone,
        "left out": gone,
        "unknown": kept,
    }


SUFFIXES = (".eml", ".txt")
