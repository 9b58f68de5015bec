"""A source that does not show everything: noted, and nothing that is known is given up for it."""

from __future__ import annotations

import pytest

from migrate.cli.common import outcome
from migrate.errors import EXIT_DIFFERS
from migrate.ledger import claims
from migrate.report.document import Totals
from migrate.report.gather import gather
from migrate.source import Provider
from migrate.texts import Texts
from tests.unit.ledgers import PAIR, rows
from tests.unit.scanned import Desk, FakeSource, listed


def content() -> FakeSource:
    return FakeSource(Work=[listed(1), listed(2)], Other=[listed(3)])


@pytest.mark.parametrize("how", ["refused", "hidden"])
def test_a_folder_that_does_not_open_keeps_what_is_known(desk: Desk, how: str) -> None:
    desk.scan(content())
    broken = content()
    broken.messages["Work"] = [listed(9)]
    broken.messages["Other"].append(listed(4))
    getattr(broken, how).add("Work")
    assert list(desk.scan(broken).values()) == ["Other"]
    assert desk.errors() == {"Work": "source-folder-refused"}
    assert desk.states() == dict.fromkeys([1, 2, 3, 4], "pending")
    assert desk.totals() == Totals(source=4, pending=4)
    desk.scan(content())
    assert desk.errors() == {}
    assert set(desk.states()) == {1, 2, 3}


def test_a_folder_that_never_opened_is_named_and_read_once_it_does(desk: Desk) -> None:
    broken = content()
    broken.refused = {"Work"}
    desk.scan(broken)
    assert desk.errors() == {"Work": "source-folder-refused"}
    assert outcome(desk.document()) == EXIT_DIFFERS  # of a plan, too
    assert desk.totals() == Totals(source=1, pending=1)
    assert list(desk.scan(content()).values()) == ["Work", "Other"]
    assert desk.errors() == {}
    assert desk.totals() == Totals(source=3, pending=3)


def test_a_closed_folder_that_is_left_out_is_no_problem(desk: Desk) -> None:
    """To exclude it is the cure."""
    desk.scan(content())
    broken = content()
    broken.refused = {"Work"}
    for _ in range(2):
        desk.scan(broken, exclude=["Work"])
        assert desk.errors() == {}
        assert desk.totals() == Totals(source=3, skipped=2, pending=1)
    assert desk.claim() == [3]


def test_what_a_torn_list_lacks_is_not_gone(desk: Desk) -> None:
    desk.scan(content())
    torn = FakeSource(Other=[listed(3)])
    torn.unlisted = ("W…",)
    assert list(desk.scan(torn).values()) == ["Other"]
    assert desk.errors() == {"W…": "source-unlisted"}
    assert not desk.document().complete
    assert desk.totals() == Totals(source=3, pending=3)
    desk.scan(FakeSource(Other=[listed(3)]))
    assert desk.errors() == {}
    assert desk.totals() == Totals(source=1, pending=1)


def test_a_folder_with_as_many_messages_as_the_server_ever_shows_is_told(desk: Desk) -> None:
    """But not of one that is left out: nobody wants what it hides."""
    source = content()
    source.provider = Provider("yahoo", "Yahoo", ceiling=2)
    assert list(desk.scan(source).values()) == ["Work", "Other"]
    assert desk.errors() == {"Work": "source-ceiling"}
    desk.scan(source, exclude=["Work"])
    assert desk.errors() == {}
    desk.scan(source)
    source.messages["Work"].pop()
    desk.scan(source)
    assert desk.errors() == {}


def test_without_uidvalidity_every_look_begins_anew(desk: Desk) -> None:
    source = content()
    source.validity = {"Work": 0, "Other": 7}
    desk.scan(source)
    first = set(desk.claim())
    assert first == {1, 2, 3}
    source.messages["Work"] = [listed(1, header=b"From: b@x\r\nMessage-ID: <new@x>\r\n\r\n")]
    for _ in range(2):
        desk.scan(source)
        assert desk.totals() == Totals(source=2, pending=2)
    with desk.ledger.read() as conn:
        open_ones = claims.doubts(conn, desk.account.id)
    assert [each.uid for bundle in open_ones for each in bundle.occurrences] == [3]
    assert desk.claim() == [1]
    assert rows(desk.ledger)[1].bundle == "<new@x>"


def test_a_folder_that_does_not_open_keeps_what_is_known_of_it(desk: Desk) -> None:
    source = FakeSource(Work=[listed(1)], Other=[listed(5)], New=[listed(7)])
    source.refused = {"New"}
    assert sorted(desk.scan(source).values()) == ["Other", "Work"]
    source.refused = {"Work", "New"}
    assert list(desk.scan(source).values()) == ["Other"]
    assert desk.totals() == Totals(source=2, pending=2)
    with desk.ledger.read() as conn:
        lines = gather(conn, "plan", None, Texts("en"), [PAIR]).accounts[0].refused
    assert [(each.name, each.totals.source) for each in lines] == [("New", 0), ("Work", 1)]
    assert all(each.error and "NO" in each.error["cause"] for each in lines)
    source.refused = set()
    assert sorted(desk.scan(source).values()) == ["New", "Other", "Work"]
    assert desk.totals() == Totals(source=3, pending=3)
    with desk.ledger.read() as conn:
        assert not gather(conn, "plan", None, Texts("en"), [PAIR]).accounts[0].refused


def test_a_list_that_breaks_off_takes_no_folder_for_gone(desk: Desk) -> None:
    source = FakeSource(Work=[listed(1)], Other=[listed(5)])
    desk.scan(source)
    broken = FakeSource(Work=[listed(1)])
    broken.unlisted = ("Bad…",)
    desk.scan(broken)
    assert desk.totals() == Totals(source=2, pending=2)
    with desk.ledger.read() as conn:
        document = gather(conn, "run", None, Texts("en"), [PAIR])
    assert [each.name for each in document.accounts[0].refused] == ["Bad…"]
    desk.scan(FakeSource(Work=[listed(1)]))
    assert desk.totals() == Totals(source=1, pending=1)
    with desk.ledger.read() as conn:
        assert not gather(conn, "run", None, Texts("en"), [PAIR]).accounts[0].refused


def test_as_many_messages_as_a_server_ever_shows(desk: Desk) -> None:
    source = FakeSource(Work=[listed(1), listed(2)], Other=[listed(5)])
    source.provider = Provider("yahoo", "Yahoo", ceiling=2)
    assert len(desk.scan(source)) == 2
    with desk.ledger.read() as conn:
        (line,) = gather(conn, "run", None, Texts("en"), [PAIR]).accounts[0].refused
    assert line.error is not None
    assert (line.name, line.error["code"]) == ("Work", "source-ceiling")
