"""Predictions: what they rest on, which are better, and what the set of all messages tells."""

from __future__ import annotations

import stat
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, update

from migrate.filters import Filters
from migrate.forecast import Forecast, Foretold, predictor
from migrate.labels import LabelRules
from migrate.ledger import Ledger, deep
from migrate.ledger.order import Order
from migrate.ledger.shared import mark_shared_ids
from migrate.ledger.tables import occurrence
from migrate.plan.cache import renew
from migrate.scan import Look, scan
from migrate.source import Listed, Part
from tests.unit.ledgers import PAIR, rows, take
from tests.unit.scanned import Desk, FakeSource, listed

BY = predictor(mend_from=False)
ACCEPTED, SHARED = ("accepted", False), "message-id-shared"
PLAIN = b"From: a@x\r\nMessage-ID: <1@x>\r\nDate: Fri, 21 Nov 2025 09:55:06 +0000\r\n"


def one(uid: int, more: bytes = b"", size: int = 1000, *names: str) -> Listed:
    parts = tuple(Part("application/octet-stream", name, "base64", 10) for name in names)
    return listed(uid, header=PLAIN + more + b"\r\n", size=size, parts=parts)


def source(*messages: Listed) -> FakeSource:
    return FakeSource(Work=list(messages))


def test_attachments_are_asked_for_only_when_wanted(desk: Desk) -> None:
    part = Part("application/octet-stream", "setup.exe", "base64", 10)
    source = FakeSource(Work=[listed(1, parts=(part,)), listed(2, parts=())])
    desk.scan(source, structure=True)
    desk.scan(source)
    assert source.asked == [True]
    assert rows(desk.ledger)[1].predicted == "attachment-blocked"


def test_one_message_id_and_other_sizes_or_fields(desk: Desk) -> None:
    desk.scan(source(one(1), one(2)))
    assert desk.predicted() == {1: ACCEPTED, 2: ACCEPTED}
    desk.scan(source(one(1), one(2), one(3, size=1001)))
    assert set(desk.predicted().values()) == {(SHARED, False)}
    desk.scan(source(one(1), one(2)))
    assert {desk.predicted()[uid] for uid in (1, 2)} == {ACCEPTED}
    desk.scan(source(one(1), one(4, b"Subject: other\r\n")))
    assert {desk.predicted()[uid] for uid in (1, 4)} == {(SHARED, False)}


def test_one_message_id_and_other_sizes(desk: Desk) -> None:
    head = b"From: a@x\r\nMessage-ID: <1@x>\r\nDate: Fri, 21 Nov 2025 09:55:06 +0000\r\n\r\n"
    alone = head.replace(b"<1@x>", b"<2@x>")
    messages = [listed(1, header=head), listed(2, header=head, size=7), listed(3, header=alone)]
    desk.scan(FakeSource(Work=messages))
    found = {uid: (row.predicted, row.certain) for uid, row in rows(desk.ledger).items()}
    shared = ("message-id-shared", False)
    assert found == {1: shared, 2: shared, 3: ("accepted", False)}


def test_bytes_decide_where_they_are_known(desk: Desk) -> None:
    """The server's size may be wrong: equal bytes are copies, whatever it says."""
    desk.scan(source(one(1), one(2, size=7)))
    assert desk.predicted() == {1: (SHARED, False), 2: (SHARED, False)}
    ids = [row.id for _, row in sorted(rows(desk.ledger).items())]

    def learn(*digests: str) -> int:
        """How many uploads are to come."""
        for key, digest in zip(ids, digests, strict=True):
            known = update(occurrence).where(occurrence.c.id == key).values(digest=digest)
            desk.ledger.write(partial(Connection.execute, statement=known))
        desk.ledger.write(lambda conn: mark_shared_ids(conn, desk.account.id))
        with desk.ledger.read() as conn:
            return deep.imports(conn, desk.account.id)

    assert learn("aa", "aa") == 1
    assert desk.predicted() == {1: ACCEPTED, 2: ACCEPTED}
    assert learn("aa", "bb") == 2
    assert desk.predicted() == {1: (SHARED, True), 2: (SHARED, True)}


def test_a_refusal_says_more_than_a_shared_id(desk: Desk) -> None:
    nobody = listed(2, header=b"Message-ID: <1@x>\r\n\r\n", size=1)
    desk.scan(source(one(1), nobody))
    assert desk.predicted() == {1: (SHARED, False), 2: ("from-missing", True)}


@pytest.fixture
def forecast(tmp_path: Path) -> Callable[..., Forecast]:
    """Of a scan cache in which three messages of Work were scanned and two of them read."""

    def made(validity: int = 7, *, remembered: bool = False) -> Forecast:
        cache = tmp_path / "scan-cache.db"
        renew(tmp_path / "no-ledger.db", cache, BY)
        blocked = one(3, b"", 1000, "setup.exe")
        with Ledger(f"sqlite:///{cache}") as planned:
            there = source(one(1), one(2, b"Subject: s\r\n"), blocked)
            there.validity["Work"] = validity
            look = Look(LabelRules(), Filters(), Order(), structure=True)
            scan(there, planned, take(planned), look)
            ids = {uid: row.id for uid, row in rows(planned).items()}
            read = [
                deep.Read(ids[1], "attachment-blocked", True, "aa"),
                deep.Read(ids[2], "source-unreadable", True, None),
            ]
            planned.write(lambda conn: deep.note(conn, read, BY))
        return Forecast(cache, *PAIR, BY, remembered=remembered)

    return made


BLOCKED, UNREADABLE = ("attachment-blocked", True), ("source-unreadable", True)


def test_what_the_plan_has_learnt_counts_in_the_run(
    desk: Desk, forecast: Callable[..., Forecast]
) -> None:
    """For what the run knew before and for what is new to it."""
    content = source(one(1), one(4, b"Subject: t\r\n"))
    desk.scan(content)
    content.messages["Work"] += source(one(2), one(3)).messages["Work"]
    desk.scan(content, forecast=forecast())
    found = desk.predicted()
    assert (found[1], found[2], found[3]) == (BLOCKED, UNREADABLE, BLOCKED)
    assert [rows(desk.ledger)[uid].digest for uid in (1, 2, 3)] == ["aa", None, None]


def test_what_has_its_end_keeps_what_was_expected_of_it(
    desk: Desk, forecast: Callable[..., Forecast]
) -> None:
    content = source(one(1))
    desk.scan(content)
    done = update(occurrence).values(state="imported")
    desk.ledger.write(lambda conn: conn.execute(done))
    desk.scan(content, forecast=forecast())
    assert desk.predicted() == {1: ACCEPTED}


def test_the_next_plan_takes_over_what_was_learnt_and_does_not_ask_again(
    desk: Desk, forecast: Callable[..., Forecast], tmp_path: Path
) -> None:
    content = source(one(1), one(2, b"Subject: s\r\n"), one(3, b"Subject: t\r\n"))
    learnt = forecast(remembered=True)
    desk.scan(source(one(3)), forecast=learnt, structure=True)
    assert desk.predicted() == {3: ACCEPTED}  # scanned by the plan that fills this cache
    renew(tmp_path / "no-ledger.db", learnt.cache, BY)
    content = source(one(1), one(2, b"Subject: s\r\n"), one(3))
    desk.scan(content, forecast=learnt, structure=True)
    found = desk.predicted()
    assert (found[1], found[2], found[3]) == (BLOCKED, UNREADABLE, BLOCKED)
    assert content.asked == [False]
    content.messages["Work"].append(one(4, b"Subject: u\r\n", 1000, "x.exe"))
    desk.scan(content, forecast=learnt, structure=True)
    assert content.asked == [False, True]
    assert desk.predicted()[4][0] == "attachment-blocked"


def test_a_uid_means_nothing_in_a_folder_that_was_rebuilt(
    desk: Desk, forecast: Callable[..., Forecast]
) -> None:
    desk.scan(source(one(1)), forecast=forecast(8))
    assert desk.predicted() == {1: ACCEPTED}


def test_another_predictor_looks_for_itself(
    desk: Desk, forecast: Callable[..., Forecast], tmp_path: Path
) -> None:
    """Another version, or another policy for what Gmail refuses."""
    other = replace(forecast(remembered=True), predictor=predictor(mend_from=True))
    content = source(one(1), one(3, b"", 1000, "x.exe"))
    desk.scan(content, forecast=other, structure=True)
    assert (desk.predicted()[1], content.asked) == (ACCEPTED, [True])
    # What it finds replaces what the other one had found.
    for _ in range(2):
        renew(tmp_path / "no-ledger.db", other.cache, other.predictor)
        with Ledger(f"sqlite:///{other.cache}") as planned:
            look = Look(LabelRules(), Filters(), Order(), other, structure=True)
            scan(content, planned, take(planned), look)
    assert content.asked == [True, True, False]
    assert other.of(b"Work", 7, [1]) == {1: Foretold(*ACCEPTED)}


@pytest.mark.parametrize("content", [b"", b"no database at all, but a file " * 40])
def test_a_cache_that_is_none_does_no_harm(desk: Desk, tmp_path: Path, content: bytes) -> None:
    cache = tmp_path / "scan-cache.db"
    cache.write_bytes(content)
    desk.scan(source(one(1)), forecast=Forecast(cache, *PAIR, BY))
    assert desk.predicted() == {1: ACCEPTED}
    renew(tmp_path / "no-ledger.db", cache, BY)
    desk.scan(source(one(1)), forecast=Forecast(cache, *PAIR, BY))
    assert desk.predicted() == {1: ACCEPTED}


def test_what_was_read_outlives_the_plan(forecast: Callable[..., Forecast], tmp_path: Path) -> None:
    learnt = forecast()
    for _ in range(2):
        renew(tmp_path / "no-ledger.db", learnt.cache, BY)
        found = learnt.of(b"Work", 7, [1, 2, 3])
        assert found == {
            1: Foretold(*BLOCKED, "aa"),
            2: Foretold(*UNREADABLE),
            3: Foretold(*BLOCKED),
        }
    assert [each.name for each in tmp_path.iterdir() if "new" in each.name] == []
    assert stat.S_IMODE(learnt.cache.stat().st_mode) == 0o600
