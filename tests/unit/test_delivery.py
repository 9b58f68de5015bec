"""What a delivery knows before the ledger does, and that it stops when the ledger takes no more."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from migrate.delivery import Delivery, Job
from migrate.errors import FetchRefused
from migrate.labels import LabelRules
from migrate.ledger import Ledger
from migrate.ledger.claims import Bundle, Occurrence
from migrate.ledger.outcomes import Known
from migrate.ledger.writer import LeaseLost
from tests.unit.ledgers import opened, put, put_folder, rows, take


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with opened(tmp_path) as ledger:
        yield ledger


def delivery(ledger: Ledger) -> Delivery:
    nothing: Any = SimpleNamespace(readable=True, mailbox=None)
    job = Job(
        take(ledger),
        "run",
        {},
        LabelRules(),
        0,
        0,
        True,
        "quarantine",
        Path("quarantine"),
        lambda: None,
    )
    return Delivery(ledger, nothing, job)


def refused(ledger: Ledger, uid: int) -> tuple[Bundle, dict[int, FetchRefused]]:
    """A bundle of one message that the source does not hand out."""
    key = rows(ledger)[uid].id
    one = Occurrence(key, 1, uid, frozenset(), None, 0, None, "c")
    return Bundle("c", (one,), None, 0, False), {key: FetchRefused("source-no-body")}


def test_after_a_lost_lease_nothing_more_is_delivered(ledger: Ledger) -> None:
    """Another process may already be asking Gmail about what we have in hand."""
    mine = delivery(ledger)
    folder_id = put_folder(ledger, take(ledger))
    for uid in (1, 2):
        put(ledger, take(ledger), folder_id, uid)
    mine.deliver(*refused(ledger, 1))  # its outcome is only queued: nobody knows yet
    ledger.settle()
    with pytest.raises(LeaseLost):
        mine.deliver(*refused(ledger, 2))
    assert {row.state for row in rows(ledger).values()} == {"pending"}


def test_an_outcome_that_is_not_on_disk_is_known_with_its_last_labels(ledger: Ledger) -> None:
    mine = delivery(ledger)
    go = threading.Event()
    held = ledger.post(lambda _: go.wait(20))
    first = Known("s", "<1@x>", "g", "t", frozenset({"A"}))
    other = Known("o", "<1@x>", "h", "t", frozenset())
    last = Known("s", "<1@x>", "g", "t", frozenset({"A", "B"}))
    for known in (first, other, last):
        mine._memory.remember(known, "<1@x>", ledger.post(lambda _: None))
    try:
        assert mine._memory.find("s", "<1@x>") == [last, other]
        assert mine._memory.ids(["g", "h", "x"]) == {"g", "h"}
    finally:
        go.set()
    held.result(20)
    ledger.settle()
    assert mine._memory.find("s", "<1@x>") == []
