"""Claiming: in the order people expect, copies together, and a doubt keeps what it needs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from migrate.ledger import Ledger, claims, scanning
from migrate.ledger.accounts import Account
from migrate.ledger.claims import Bundle
from migrate.ledger.order import Direction, Order, put_in_order, waiting
from tests.unit.ledgers import RUN, explained, opened, overheard, put, put_folder, rows, take


class Desk:
    """A ledger with one account and one folder."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.account: Account = take(ledger)
        self.folder = put_folder(ledger, self.account)

    def put(self, uid: int, **columns: Any) -> None:
        put(self.ledger, self.account, columns.pop("folder", self.folder), uid, **columns)

    def order(self, order: Order | None = None, **ranks: int) -> None:
        """`ranks`: of folders, `f1` is that of the id 1."""
        by_id = {int(key[1:]): rank for key, rank in ranks.items()}
        wanted = order or Order()
        self.ledger.write(lambda conn: put_in_order(conn, self.account.id, wanted, by_id))

    def claim(
        self,
        messages: int = 100,
        size: int = 10**9,
        history: str | None = "5",
        **more: Any,
    ) -> list[Bundle]:
        return self.ledger.write(
            lambda conn: claims.claim(
                conn, self.account.id, RUN, history, messages=messages, size=size, **more
            )
        )

    def doubts(self) -> list[Bundle]:
        with self.ledger.read() as conn:
            return claims.doubts(conn, self.account.id)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened(tmp_path) as ledger:
        yield Desk(ledger)


def uids(bundles: list[Bundle]) -> list[list[int]]:
    return [[each.uid for each in bundle.occurrences] for bundle in bundles]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("newest-first", [[1], [5], [4], [2], [3]]),
        ("oldest-first", [[1], [5], [2], [3], [4]]),
    ],
)
def test_conversations_by_date_and_inside_them_the_oldest_first(
    desk: Desk, order: Direction, expected: list[list[int]]
) -> None:
    desk.put(1, at=10)
    desk.put(2, at=20)
    desk.put(3, at=30, conversation="<2@x>")
    desk.put(4, at=40)
    # The newest of all answers the oldest of all: one conversation, begun first, alive last.
    desk.put(5, at=50, conversation="<1@x>")
    desk.order(Order(order))
    assert uids(desk.claim()) == expected


def test_conversations_that_meet_are_one(desk: Desk) -> None:
    """3 answers 2, whose own References are cut to 1: all three belong together."""
    desk.put(1, at=1)
    desk.put(2, at=2, conversation="<1@x>")
    desk.put(3, at=9, conversation="<2@x>")
    desk.put(4, at=5)
    desk.order()
    found = desk.claim()
    assert uids(found) == [[1], [2], [3], [4]]
    assert len({each.conversation for each in found[:3]}) == 1


def test_an_answer_never_comes_before_what_it_answers_whatever_its_date(desk: Desk) -> None:
    """Clocks lie, and so do the dates of mail that was moved between servers."""
    desk.put(1, at=90, depth=0)
    desk.put(2, at=10, depth=1, conversation="<1@x>")
    desk.put(3, at=5, depth=2, conversation="<1@x>")
    desk.order()
    assert uids(desk.claim()) == [[1], [2], [3]]


def test_a_chain_of_which_each_names_only_the_one_before_it_comes_in_its_order(desk: Desk) -> None:
    """Many mailers write In-Reply-To and no References, or cut the front of References off."""
    desk.put(1, at=90, depth=0)
    for uid in range(2, 8):
        desk.put(uid, at=50 - uid, depth=1, conversation=f"<{uid - 1}@x>")
    desk.put(8, at=1, depth=2, conversation="<5@x>")
    desk.order()
    assert [uid for [uid] in uids(desk.claim(messages=3))] == [1, 2, 3]
    desk.put(9, at=0, depth=1, conversation="<8@x>")
    desk.order()
    assert [uid for [uid] in uids(desk.claim())] == [4, 5, 6, 8, 7, 9]


def test_conversations_of_folders_that_come_first_come_first_and_whole(desk: Desk) -> None:
    papers, inbox = (put_folder(desk.ledger, desk.account, each) for each in ("Papers", "In"))
    desk.put(1, at=1, folder=papers)
    desk.put(2, at=2)
    desk.put(3, at=30)
    desk.put(4, at=4, folder=inbox)
    desk.put(5, at=5, conversation="<1@x>")
    desk.order(None, **{f"f{inbox}": 0, f"f{papers}": 1})
    assert uids(desk.claim()) == [[4], [1], [5], [3], [2]]


def test_a_cut_by_date_leaves_whole_conversations_for_later(desk: Desk) -> None:
    desk.put(1, at=10)
    desk.put(2, at=20)
    desk.put(3, at=100, conversation="<1@x>")
    desk.put(4, at=99)
    desk.order(Order(since=100))
    assert uids(desk.claim()) == [[1], [3]]
    assert desk.claim() == []
    with desk.ledger.read() as conn:
        assert waiting(conn, [desk.account.id]) == 2
    desk.put(5, at=101, conversation="<2@x>")  # a late answer wakes an old conversation
    desk.order(Order(since=100))
    assert uids(desk.claim()) == [[2], [5]]
    desk.order()
    assert uids(desk.claim()) == [[4]]
    with desk.ledger.read() as conn:
        assert waiting(conn, [desk.account.id]) == 0


def test_references_that_point_at_each_other_end(desk: Desk) -> None:
    desk.put(1, conversation="<2@x>")
    desk.put(2, conversation="<1@x>")
    desk.order()
    assert sorted(uids(desk.claim())) == [[1], [2]]


def test_all_copies_come_with_the_first_of_them(desk: Desk) -> None:
    other = put_folder(desk.ledger, desk.account, "Other")
    for uid in range(1, 6):
        desk.put(uid)
    desk.put(105, folder=other, bundle="<5@x>", at=0)
    desk.order()
    (bundle,) = desk.claim(messages=1)
    assert {each.uid for each in bundle.occurrences} == {5, 105}
    assert uids(desk.claim(messages=2)) == [[4], [3]]


def test_a_claim_is_bounded_by_bytes_but_never_empty(desk: Desk) -> None:
    for uid in range(1, 6):
        desk.put(uid, size=600)
    desk.order()
    assert uids(desk.claim(size=100)) == [[5]]
    assert uids(desk.claim(size=1200)) == [[4], [3]]


def test_nothing_is_claimed_twice_nor_what_is_closed_or_gone(desk: Desk) -> None:
    desk.put(1)
    desk.put(2, state="skipped")
    desk.put(3, gone=True)
    desk.put(4, state="imported")
    desk.put(5, bundle="<1@x>", gone=True)
    desk.order()
    assert uids(desk.claim()) == [[1]]
    assert desk.claim() == []


def test_a_doubt_keeps_the_history_and_time_of_its_slice(desk: Desk) -> None:
    for uid in range(1, 5):
        desk.put(uid)
    desk.order()
    first, second = desk.claim(messages=2, history="100"), desk.claim(history=None)
    assert not any(each.doubt for each in first + second)
    doubts = desk.doubts()
    assert uids(doubts) == [[4], [3], [2], [1]]
    assert [each.history_id for each in doubts] == ["100", "100", None, None]
    assert [each.since for each in doubts] == [each.since for each in first + second]
    assert all(each.doubt for each in doubts)


def test_copies_that_different_slices_claimed_are_different_doubts(desk: Desk) -> None:
    desk.put(1)
    desk.order()
    desk.claim(history="100")
    desk.put(2, bundle="<1@x>")
    desk.order()
    desk.claim(history="200")
    assert [(each.history_id, len(each.occurrences)) for each in desk.doubts()] == [
        ("100", 1),
        ("200", 1),
    ]


def test_what_is_released_is_pending_again_and_what_is_closed_stays_closed(desk: Desk) -> None:
    desk.put(1)
    desk.put(2)
    desk.order()
    ids = [each.id for bundle in desk.claim() for each in bundle.occurrences]
    desk.put(3, state="imported")
    closed = rows(desk.ledger)[3].id
    desk.ledger.write(lambda conn: claims.release(conn, [*ids, closed]))
    assert {uid: row.state for uid, row in rows(desk.ledger).items()} == {
        1: "pending",
        2: "pending",
        3: "imported",
    }
    assert desk.doubts() == []
    assert uids(desk.claim()) == [[2], [1]]


def test_a_doubt_knows_that_it_was_to_be_mended(desk: Desk) -> None:
    for uid, mend in ((1, True), (2, False)):
        desk.put(uid)
        desk.order()
        assert [each.mend for each in desk.claim(mend=mend)] == [mend]
    found = {each.occurrences[0].uid: each.mend for each in desk.doubts()}
    assert found == {1: True, 2: False}


def test_a_folder_that_does_not_open_is_not_claimed_not_even_for_a_copy(desk: Desk) -> None:
    other = put_folder(desk.ledger, desk.account, "Other")
    desk.put(1, bundle="<1@x>")
    desk.put(2, bundle="<1@x>", folder=other)
    desk.put(3, folder=other)
    desk.order()
    assert uids(desk.claim(without={other})) == [[1]]
    assert sorted(uids(desk.claim())) == [[2], [3]]


def test_a_doubt_about_what_is_gone_passes_to_what_may_be_the_same(desk: Desk) -> None:
    """Its folder was made anew, or renamed, between the upload and the outcome."""
    for uid, bundle in ((1, "<a>"), (2, "<b>"), (3, "<d>")):
        desk.put(uid, bundle=bundle, fields=uid)
    desk.order()
    desk.claim(history="5")
    elsewhere = put_folder(desk.ledger, desk.account, "Elsewhere")
    for uid, bundle, fields in ((7, "<a>", 1), (8, "<c>", 1), (9, "<d>", 4)):
        desk.put(uid, bundle=bundle, fields=fields, folder=elsewhere)
    desk.order()
    gone = partial(scanning.mark_gone, folder_id=desk.folder, uids=[1, 3])
    desk.ledger.write(lambda conn: gone(conn))
    for _ in range(2):
        desk.ledger.write(lambda conn: claims.hand_over(conn, desk.account.id))
        doubts = desk.doubts()
        assert sorted(uids(doubts)) == [[2], [7]]
        assert {each.history_id for each in doubts} == {"5"}
    fresh = desk.claim(history="6")
    assert sorted(uids(fresh)) == [[8], [9]]
    # Of the same Message-ID, and another message: Gmail may hold what nobody knows of.
    assert {each.occurrences[0].uid: each.shadowed for each in fresh} == {8: False, 9: True}


def test_what_a_slice_costs_does_not_grow_with_what_is_pending(desk: Desk) -> None:
    """Of its statements one reads by the order of copying, up to its limit; the others must not."""
    desk.put(1, bundle="<a>")
    desk.order()
    with overheard(desk.ledger) as sent:
        assert desk.claim()
    plans = explained(desk.ledger, [each for each in sent if "occurrence" in each[0]])
    by_order = [statement for statement, plan in plans if "seq>?" in plan]
    assert len(plans) >= 2
    assert [" LIMIT " in each.replace("\n", " ") for each in by_order] == [True]


def test_slices_of_any_size_are_the_same_few_statements(desk: Desk) -> None:
    """SQLite's driver keeps 128 of them for each connection, with the values they had last."""
    for uid in range(1, 40):
        desk.put(uid)
    desk.order()
    texts: set[frozenset[str]] = set()
    for count in range(5, 9):
        with overheard(desk.ledger) as said:
            claimed = desk.claim(messages=count)
            assert len(claimed) == count
            given_back = [each.occurrences[0].id for each in claimed]
            desk.ledger.write(partial(claims.release, occurrence_ids=given_back))
        texts.add(frozenset(statement for statement, _ in said))
    assert len(texts) == 1
    assert {row.state for row in rows(desk.ledger).values()} == {"pending"}
