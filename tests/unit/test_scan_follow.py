"""What changed at the source: flags, what came, what went, what was moved or made anew."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from migrate.ledger import outcomes, scanning
from migrate.ledger.outcomes import Outcome
from migrate.ledger.tables import folder, message, occurrence
from migrate.report.document import Totals
from tests.unit.ledgers import RUN, rows
from tests.unit.scanned import Desk, FakeSource, listed


def _copied(desk: Desk, **ends: Any) -> None:
    """Everything that is pending is in Gmail, each message by its UID's hundreds; `ends` differ."""
    desk.claim()
    same: dict[str, list[int]] = {}
    for row in rows(desk.ledger).values():
        if row.state == "intended":
            same.setdefault(row.bundle, []).append(row.id)
    values = {"state": "imported", "gmail_id": "g", "thread_id": "t"} | ends
    found = [
        Outcome(
            account_id=desk.account.id,
            sha256=bundle,
            size=1000,
            run_id=RUN,
            occurrences=(
                (first, values["state"], values.get("reason")),
                *((each, "merged", "copy") for each in others),
            ),
            **values,
        )
        for bundle, (first, *others) in same.items()
    ]
    desk.ledger.write(lambda conn: outcomes.record(conn, found))


def _stale(desk: Desk) -> set[str]:
    with desk.ledger.read() as conn:
        return set(conn.scalars(select(message.c.sha256).where(message.c.stale.is_(True))))


def _classes(desk: Desk) -> list[tuple[int, str, str | None]]:
    """(UID, class, reason) of what the source has now."""
    with desk.ledger.read() as conn:
        query = (
            select(occurrence.c.uid, occurrence.c.state, occurrence.c.reason)
            .where(occurrence.c.gone.is_(False))
            .order_by(occurrence.c.folder_id, occurrence.c.uid)
        )
        return [(row.uid, row.state, row.reason) for row in conn.execute(query)]


@pytest.mark.parametrize("modseq", [None, 5])
def test_other_flags_make_a_copied_message_stale_and_a_pending_one_not(
    desk: Desk, modseq: int | None
) -> None:
    source = FakeSource(Work=[listed(1), listed(2)])
    source.modseq = modseq
    desk.scan(source)
    _copied(desk)
    source.messages["Work"].append(listed(3))
    source.modseq = modseq and modseq + 1
    desk.scan(source)
    assert _stale(desk) == set()
    source.messages["Work"] = [listed(1), listed(2, "\\Seen"), listed(3, "\\Flagged", "\\Seen")]
    source.modseq = modseq and modseq + 2
    desk.scan(source)
    assert {uid: row.flags for uid, row in rows(desk.ledger).items()} == {
        1: "",
        2: "\\Seen",
        3: "\\Flagged \\Seen",
    }
    assert _stale(desk) == {"<2@x>"}
    assert source.since[-1] == (modseq and modseq + 1)


def test_a_folder_in_which_nothing_happened_is_not_opened(desk: Desk) -> None:
    source = FakeSource(Work=[listed(1)], Other=[listed(2)], Out=[listed(3)])
    source.modseq = 5
    first = desk.scan(source, exclude=["Out"])
    assert source.opened == ["Work", "Other"]
    assert desk.scan(source, exclude=["Out"]) == first
    assert source.opened == ["Work", "Other"]
    desk.filters = type(desk.filters)(skip_deleted=True, max_size=10)
    desk.scan(source, exclude=["Out"])
    assert desk.reasons() == {1: "filter-max-size", 2: "filter-max-size"}
    assert source.opened == ["Work", "Other"]
    source.validity["Other"] = 8
    desk.scan(source, exclude=["Out"])
    assert source.opened == ["Work", "Other", "Other"]
    desk.scan(source)
    assert source.opened[3:] == ["Out"]
    assert desk.totals().source == 3


def test_what_the_server_did_not_hand_out_is_looked_for_again(desk: Desk) -> None:
    source = FakeSource(Work=[listed(1)])
    source.modseq = 5
    (key,) = desk.scan(source)
    desk.ledger.write(lambda conn: scanning.mark_gone(conn, key, [1]))
    desk.scan(source)
    assert desk.totals() == Totals(source=1, pending=1)


def test_what_is_gone_or_back_or_has_another_label_is_stale(desk: Desk) -> None:
    source = FakeSource(Work=[listed(1), listed(2)], Other=[listed(3)])
    desk.scan(source)
    _copied(desk)
    assert _stale(desk) == set()
    source.messages["Work"] = [listed(1)]
    desk.scan(source)
    assert _stale(desk) == {"<2@x>"}
    source.messages = {"Work": [listed(1)]}
    desk.scan(source)
    assert _stale(desk) == {"<2@x>", "<3@x>"}
    with desk.ledger.read() as conn:
        assert conn.scalars(select(folder.c.seen).where(folder.c.gone)).all() == [None]


def test_after_another_uidvalidity_known_mail_keeps_its_class(desk: Desk) -> None:
    twin = listed(2).header
    source = FakeSource(Work=[listed(1), listed(2), listed(3, header=twin)])
    desk.scan(source)
    _copied(desk)
    before = desk.totals()
    assert before == Totals(source=3, imported=2, merged=1)
    source.messages["Work"] = [listed(11, header=listed(1).header), *source.messages["Work"][1:]]
    source.validity["Work"] = 8
    desk.scan(source)
    assert desk.totals() == before
    assert _classes(desk) == [
        (2, "imported", None),
        (3, "merged", "copy"),
        (11, "imported", None),
    ]
    assert _stale(desk) == {"<1@x>", "<2@x>"}


@pytest.mark.parametrize(
    "changed",
    [
        {"size": 1001},
        {"internal_date": None},
        {"header": listed(1).header.replace(b"a@x", b"b@x")},
    ],
)
def test_what_is_not_quite_the_same_is_fetched(desk: Desk, changed: dict[str, Any]) -> None:
    source = FakeSource(Work=[listed(1)])
    desk.scan(source)
    _copied(desk)
    source.messages["Work"], source.validity["Work"] = [listed(1, **changed)], 8
    desk.scan(source)
    assert desk.totals() == Totals(source=1, pending=1)


def test_more_of_the_same_than_before_may_be_something_else(desk: Desk) -> None:
    source = FakeSource(Work=[listed(1)])
    desk.scan(source)
    _copied(desk)
    same = listed(2, header=listed(1).header)
    source.messages["Work"], source.validity["Work"] = [listed(1), same], 8
    desk.scan(source)
    assert desk.totals() == Totals(source=2, pending=2)


def test_a_moved_message_is_known_by_its_emailid_alone(desk: Desk) -> None:
    source = FakeSource(
        Work=[listed(1, email_id="e1"), listed(2)], Other=[listed(3, email_id="e3")]
    )
    desk.scan(source)
    _copied(desk)
    source.messages["Other"] += [
        listed(11, email_id="e1", header=listed(1).header),
        listed(12, header=listed(2).header),
        listed(13, email_id="e3", header=listed(3).header),
    ]
    source.messages["Work"] = []
    desk.scan(source)
    assert _classes(desk) == [
        (3, "imported", None),
        (11, "imported", None),
        (12, "pending", None),
        (13, "merged", "copy"),
    ]


def test_what_gmail_refused_is_not_sent_again_for_a_new_uidvalidity(desk: Desk) -> None:
    source = FakeSource(Work=[listed(1)])
    desk.scan(source)
    _copied(desk, state="quarantined", reason="gmail-invalid", gmail_id=None, thread_id=None)
    source.validity["Work"] = 8
    desk.scan(source)
    assert _classes(desk) == [(1, "quarantined", "gmail-invalid")]
    assert _stale(desk) == set()


def test_a_copy_takes_the_class_of_what_is_gone_and_gives_it_back(desk: Desk) -> None:
    twin = listed(2, header=listed(1).header)
    source = FakeSource(Work=[listed(1)], Other=[twin])
    desk.scan(source)
    _copied(desk)
    assert _classes(desk) == [(1, "imported", None), (2, "merged", "copy")]
    source.messages["Work"] = []
    desk.scan(source)
    assert _classes(desk) == [(2, "imported", None)]
    source.messages["Work"] = [listed(1)]
    desk.scan(source)
    assert _classes(desk) == [(1, "imported", None), (2, "merged", "copy")]


def test_a_moved_message_that_was_fetched_keeps_its_class_too(desk: Desk) -> None:
    source = FakeSource(Work=[listed(1)], Other=[])
    desk.scan(source)
    _copied(desk)
    source.messages = {"Work": [], "Other": [listed(2, header=listed(1).header)]}
    desk.scan(source)
    assert _classes(desk) == [(2, "pending", None)]
    desk.claim()
    key = next(row.id for row in rows(desk.ledger).values() if row.uid == 2)
    ends = ((key, "merged", "copy"),)
    mine = desk.account.id
    desk.ledger.write(
        lambda conn: outcomes.add_copies(conn, mine, "<1@x>", frozenset({"Other"}), ends)
    )
    assert _classes(desk) == [(2, "imported", None)]
