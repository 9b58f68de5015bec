"""The scan against a source that changes between two looks."""

from __future__ import annotations

from migrate.ledger import claims, scanning, totals
from migrate.report.document import Totals
from migrate.report.gather import predictions
from tests.unit.ledgers import PAIR, rows
from tests.unit.scanned import NOW, Desk, FakeSource, listed


def test_a_second_look_sees_only_what_is_new_and_what_is_gone(desk: Desk) -> None:
    source = FakeSource(Work=[listed(1), listed(2), listed(4)])
    assert list(desk.scan(source).values()) == ["Work"]
    assert desk.told == [3]
    source.messages["Work"] = [listed(2), listed(3), listed(9)]
    desk.scan(source)
    assert desk.told == [3, 2]
    assert set(desk.states()) == {2, 3, 9}
    assert desk.totals() == Totals(source=3, pending=3)
    assert desk.claim() == [2, 3, 9]


def test_a_new_folder_takes_no_label_away(desk: Desk) -> None:
    source = FakeSource(work=[listed(1)])
    desk.scan(source)
    source.messages["WORK"], source.validity["WORK"] = [listed(2)], 7
    desk.scan(source)
    with desk.ledger.read() as conn:
        found = {each.name: each.label for each in scanning.folders(conn, desk.account.id)}
    assert found["work"] == "work"
    assert str(found["WORK"]).startswith("WORK (")


def test_a_look_that_finds_nothing_changed_writes_nothing_new(desk: Desk) -> None:
    source = FakeSource(Work=[listed(1)])
    first = desk.scan(source)
    assert desk.scan(source) == first
    assert desk.told == [1]


def test_more_than_one_piece(desk: Desk) -> None:
    desk.scan(FakeSource(Work=[listed(uid) for uid in range(1, 1202)]))
    assert desk.told == [500, 500, 201]
    assert desk.totals().pending == 1201


def test_a_new_uidvalidity_makes_every_message_new(desk: Desk) -> None:
    source = FakeSource(Work=[listed(1), listed(2)])
    before = desk.scan(source)
    desk.claim()
    source.validity["Work"] = 8
    after = desk.scan(source)
    assert set(before) & set(after) == set()
    assert desk.totals() == Totals(source=2, pending=2)
    with desk.ledger.read() as conn:
        assert [each.uidvalidity for each in scanning.folders(conn, desk.account.id)] == [8]
        assert totals.open_count(conn, desk.account.id) == 2
        assert claims.doubts(conn, desk.account.id) == []


def test_messages_and_folders_that_come_back_keep_their_history(desk: Desk) -> None:
    """A server may hide a message or a folder for a while; the UID still means the same."""
    source = FakeSource(Work=[listed(1), listed(2)], Other=[listed(3)])
    desk.scan(source)
    assert desk.claim() == [1, 2, 3]
    hidden = FakeSource(Work=[listed(1)])
    desk.scan(hidden)
    assert desk.totals().source == 1
    desk.scan(source)
    assert desk.states() == {1: "intended", 2: "intended", 3: "intended"}
    assert desk.claim() == []
    source.validity["Work"] = 8
    desk.scan(source)
    source.validity["Work"] = 7
    desk.scan(source)
    assert desk.totals() == Totals(source=3, pending=3)


def test_deleted_messages_are_skipped_by_a_named_rule(desk: Desk) -> None:
    desk.scan(FakeSource(Work=[listed(1, "\\Deleted", "\\Seen"), listed(2, "\\Seen")]))
    assert desk.states() == {1: "skipped", 2: "pending"}
    assert rows(desk.ledger)[1].reason == "deleted"
    assert desk.totals() == Totals(source=2, skipped=1, pending=1)
    assert desk.claim() == [2]


def test_a_folder_that_a_rule_leaves_out_is_counted_and_not_scanned(desk: Desk) -> None:
    source = FakeSource(Work=[listed(1)], Old=[listed(5), listed(6)], All=[listed(1)])
    source.attributes["All"] = "\\all"
    assert list(desk.scan(source, exclude=["Old"]).values()) == ["Work"]
    assert desk.totals() == Totals(source=4, skipped=3, pending=1)
    with desk.ledger.read() as conn:
        rules = {each.name: each.rule for each in scanning.folders(conn, desk.account.id)}
        assert totals.left_out(conn, desk.account.id) == 3
    assert rules == {"Work": None, "Old": "excluded", "All": "virtual"}


def test_a_folder_that_is_left_out_later_is_counted_once_and_not_claimed(desk: Desk) -> None:
    source = FakeSource(Work=[listed(1)], Old=[listed(5), listed(6)])
    desk.scan(source)
    desk.scan(source, exclude=["Old"])
    assert desk.totals() == Totals(source=3, skipped=2, pending=1)
    assert desk.claim() == [1]
    desk.scan(source)
    assert desk.totals() == Totals(source=3, pending=3)
    assert desk.claim() == [5, 6]


def test_a_folder_without_messages_of_its_own_is_no_folder(desk: Desk) -> None:
    source = FakeSource(Work=[], Parent=[])
    source.attributes["Parent"] = "\\noselect"
    assert list(desk.scan(source).values()) == ["Work"]
    assert desk.totals() == Totals()


def test_a_message_of_which_the_scan_learns_nothing_is_copied_all_the_same(desk: Desk) -> None:
    source = FakeSource(Work=[listed(1), listed(2)])
    source.silent = {2}
    desk.scan(source)
    assert desk.totals() == Totals(source=2, pending=2)
    assert desk.claim() == [1, 2]


def test_what_a_copy_is_known_by(desk: Desk) -> None:
    """Equal Message-ID, else equal size and header fields; EMAILID decides at the fetch."""
    bare = b"From: a@x\r\nSubject: s\r\n\r\n"
    source = FakeSource(
        Work=[listed(1), listed(2, header=bare), listed(3, header=bare, size=5)],
        Other=[listed(101, header=listed(1).header, size=9), listed(102, header=bare)],
    )
    desk.scan(source)
    bundle = {uid: row.bundle for uid, row in rows(desk.ledger).items()}
    assert bundle[1] == bundle[101] == "<1@x>"
    assert bundle[2] == bundle[102] != bundle[3]


def test_a_date_that_is_none_counts_as_the_oldest(desk: Desk) -> None:
    dated = b"From: a@x\r\nDate: Fri, 21 Nov 1997 09:55:06 -0600\r\n\r\n"
    desk.scan(
        FakeSource(
            Work=[
                listed(1),
                listed(2, internal_date=None, header=dated),
                listed(3, internal_date=None, header=b"\xff\x00 nonsense"),
            ]
        )
    )
    at = {uid: row.at for uid, row in rows(desk.ledger).items()}
    assert at == {1: int(NOW.timestamp()), 2: 880127706, 3: 0}


def test_a_verdict_that_nobody_has_seen_from_gmail_is_not_called_certain(desk: Desk) -> None:
    date = b"Date: Fri, 21 Nov 2025 09:55:06 +0000\r\nMessage-ID: <1@x>\r\n\r\n"
    senders = [b"From: (unknown sender)\r\n", b"From: Anna Example\r\n", b"From: Ann\r\n", b""]
    messages = [listed(uid, header=each + date) for uid, each in enumerate(senders, 1)]
    desk.scan(FakeSource(INBOX=messages))
    with desk.ledger.read() as conn:
        found = {(each.verdict, each.certain, each.count) for each in predictions(conn, [PAIR])}
    assert found == {
        ("from-invalid", True, 1),
        ("from-invalid", False, 2),
        ("from-missing", True, 1),
    }
