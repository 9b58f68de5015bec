"""The scan against a source that changes between two looks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from migrate.errors import FolderRefused
from migrate.filters import Filters
from migrate.forecast import Forecast
from migrate.labels import LabelRules
from migrate.ledger import Ledger, claims, deep, scanning, totals
from migrate.ledger.accounts import Account
from migrate.report.document import Totals
from migrate.report.gather import gather, predictions
from migrate.scan import Look, scan
from migrate.source import Fetched, Folder, FolderState, Listed, Part, Provider
from migrate.texts import Texts
from tests.unit.ledgers import PAIR, RUN, folder, opened, rows, take

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def listed(uid: int, *flags: str, **changes: Any) -> Listed:
    values: dict[str, Any] = {
        "internal_date": NOW,
        "size": 1000,
        "email_id": None,
        "header": f"From: a@x\r\nMessage-ID: <{uid}@x>\r\n\r\n".encode(),
    }
    return Listed(uid=uid, flags=frozenset(flags), **(values | changes))


class FakeSource:
    """Folders by name with UIDVALIDITY and messages; `silent` are listed but yield nothing."""

    def __init__(self, **folders: list[Listed]) -> None:
        self.messages: dict[str, list[Listed]] = folders
        self.validity = dict.fromkeys(folders, 7)
        self.attributes: dict[str, str] = {}
        self.silent: set[int] = set()
        self.unlisted: tuple[str, ...] = ()
        self.refused: set[str] = set()
        self.provider = Provider("unknown", "")
        self.asked: list[bool] = []
        self._open = ""

    def search(self, criteria: str) -> set[int]:
        """As if the criteria were `KEYWORD …`."""
        return {each.uid for each in self.messages[self._open] if criteria.split()[1] in each.flags}

    def folders(self) -> list[Folder]:
        return [folder(name, *self.attributes.get(name, "").split()) for name in self.messages]

    def examine(self, folder: Folder) -> FolderState:
        if folder.name in self.refused:
            raise FolderRefused("source-folder-refused", folder=folder.name, answer="NO")
        self._open = folder.name
        return FolderState(self.validity[folder.name], len(self.messages[folder.name]))

    def uids(self) -> list[int]:
        return sorted(each.uid for each in self.messages[self._open])

    def scan(self, uids: Sequence[int], *, structure: bool = False) -> Iterator[Listed]:
        self.asked.append(structure)
        for each in self.messages[self._open]:
            if each.uid in uids and each.uid not in self.silent:
                yield each

    def fetch(self, wanted: Sequence[tuple[int, int]]) -> Iterator[Fetched]:
        raise AssertionError("the scan fetches no body")

    def close(self) -> None:
        pass


class Desk:
    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.account = ledger, take(ledger)
        self.told: list[int] = []
        self.filters = Filters(skip_deleted=True)

    def scan(
        self, source: FakeSource, *, exclude: Sequence[str] = (), **look: Any
    ) -> dict[int, str]:
        """Ledger id → name of the folders that are copied."""
        found = scan(
            source,
            self.ledger,
            self.account,
            Look(LabelRules(exclude=tuple(exclude)), self.filters, "newest-first", **look),
            self.told.append,
        )
        return {key: mapped.folder.name for key, mapped in found.items()}

    def totals(self) -> Totals:
        with self.ledger.read() as conn:
            whole = gather(conn, "plan", None, Texts("en"), [PAIR]).totals
        assert whole.closed
        return whole

    def states(self) -> dict[int, str]:
        return {uid: row.state for uid, row in rows(self.ledger).items() if not row.gone}

    def claim(self) -> list[int]:
        account: Account = self.account
        found = self.ledger.write(
            lambda conn: claims.claim(conn, account.id, RUN, None, messages=100, size=10**9)
        )
        return sorted(each.uid for bundle in found for each in bundle.occurrences)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened(tmp_path) as ledger:
        yield Desk(ledger)


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


def test_filters_are_followed_when_they_change(desk: Desk) -> None:
    source = FakeSource(
        Work=[listed(1, size=50), listed(2, "$Private"), listed(3, "\\Deleted"), listed(4)]
    )
    desk.filters = Filters(min_size=100, search="KEYWORD $Private", skip_deleted=True)
    desk.scan(source)
    reasons = {uid: row.reason for uid, row in rows(desk.ledger).items()}
    assert reasons == {1: "filter-min-size", 2: None, 3: "deleted", 4: "filter-search"}
    assert desk.totals() == Totals(source=4, skipped=3, pending=1)
    desk.filters = Filters(max_size=500)
    desk.scan(source)
    reasons = {uid: row.reason for uid, row in rows(desk.ledger).items()}
    assert reasons == dict.fromkeys((2, 3, 4), "filter-max-size") | {1: None}
    assert desk.claim() == [1]
    desk.filters = Filters(min_size=100)
    desk.scan(source)
    assert desk.states() == {1: "intended", 2: "pending", 3: "pending", 4: "pending"}


def test_a_message_is_filtered_by_the_date_that_gmail_will_show(desk: Desk) -> None:
    old = b"From: a@x\r\nMessage-ID: <1@x>\r\nDate: Fri, 21 Nov 1997 09:55:06 -0600\r\n\r\n"
    desk.filters = Filters(since=NOW.timestamp())
    desk.scan(FakeSource(Work=[listed(1, header=old), listed(2)]))
    found = rows(desk.ledger)
    assert (found[1].reason, found[1].dated) == ("filter-since", 880127706)
    assert (found[2].reason, found[2].dated) == (None, NOW.timestamp())


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


def test_attachments_are_asked_for_only_when_wanted(desk: Desk) -> None:
    part = Part("application/octet-stream", "setup.exe", "base64", 10)
    source = FakeSource(Work=[listed(1, parts=(part,)), listed(2, parts=())])
    desk.scan(source, structure=True)
    desk.scan(source)
    assert source.asked == [True]
    assert rows(desk.ledger)[1].predicted == "attachment-blocked"


def test_one_message_id_and_other_sizes(desk: Desk) -> None:
    head = b"From: a@x\r\nMessage-ID: <1@x>\r\nDate: Fri, 21 Nov 2025 09:55:06 +0000\r\n\r\n"
    alone = head.replace(b"<1@x>", b"<2@x>")
    messages = [listed(1, header=head), listed(2, header=head, size=7), listed(3, header=alone)]
    desk.scan(FakeSource(Work=messages))
    found = {uid: (row.predicted, row.certain) for uid, row in rows(desk.ledger).items()}
    shared = ("message-id-shared", False)
    assert found == {1: shared, 2: shared, 3: ("accepted", False)}


def test_what_the_plan_has_learnt_counts_in_the_run(desk: Desk, tmp_path: Path) -> None:
    cache = tmp_path / "scan-cache.db"
    source = FakeSource(Work=[listed(1), listed(2), listed(3)])
    forecast = Forecast(cache, *PAIR)
    desk.scan(FakeSource(Work=[listed(1)]), forecast=forecast)
    with Ledger(f"sqlite:///{cache}") as planned:
        account = take(planned)
        look = Look(LabelRules(), Filters(), "newest-first")
        scan(source, planned, account, look)
        found = [
            deep.Read(row.id, "attachment-blocked", uid == 2, None)
            for uid, row in rows(planned).items()
            if uid < 3
        ]
        planned.write(lambda conn: deep.note(conn, found))
    desk.scan(source, forecast=forecast)
    verdicts = {uid: (row.predicted, row.certain) for uid, row in rows(desk.ledger).items()}
    blocked = "attachment-blocked"
    assert verdicts == {1: (blocked, False), 2: (blocked, True), 3: ("date-repaired", True)}
