"""A pass over stale messages: what is asked of Gmail, what is noted before, what is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import select, update

from migrate.delta import Delta, following
from migrate.delta.history import History
from migrate.errors import BrakeError
from migrate.gmail.api import Change, Found, Label, Profile
from migrate.gmail.errors import LabelRefused, NotFound
from migrate.labelling import Labels
from migrate.labels import LabelRules
from migrate.ledger import Ledger, accounts, outcomes
from migrate.ledger.outcomes import Outcome
from migrate.ledger.tables import change, folder, message, occurrence
from migrate.ledger.writer import LeaseLost
from migrate.sending import Target
from tests.unit.ledgers import RUN, opened, put, put_folder, take


class FakeGmail:
    """Messages as sets of label ids; user labels have the id of their name."""

    def __init__(self) -> None:
        self.there: dict[str, set[str]] = {}
        self.made = ["Work", "Home"]
        self.log: list[Change] = []
        self.asked: list[str] = []
        self.expired = False
        self.on_write: Callable[[], None] = lambda: None

    def profile(self) -> Profile:
        return Profile("a@example.com", len(self.there), str(len(self.log) + 10))

    def labels(self) -> list[Label]:
        return [Label(each, each, False) for each in self.made]

    def create_label(self, name: str) -> Label:
        self.made.append(name)
        return Label(name, name, False)

    def get(self, gmail_id: str) -> Found:
        self.asked.append(f"get {gmail_id}")
        if gmail_id not in self.there:
            raise NotFound
        return Found(gmail_id, "t", frozenset(self.there[gmail_id]), 0)

    def changes(self, since: str) -> Iterator[Change]:
        if self.expired:
            raise NotFound
        yield from self.log[int(since) - 10 :]

    def modify(self, gmail_id: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> None:
        self.asked.append(f"modify {gmail_id}")
        self.on_write()
        if gmail_id not in self.there:
            raise NotFound
        if not {*add, *remove} <= {*self.made, "INBOX", "SPAM", "TRASH", "STARRED", "UNREAD"}:
            raise LabelRefused("Invalid label", None)
        self.there[gmail_id] = (self.there[gmail_id] | set(add)) - set(remove)

    def batch_modify(
        self, gmail_ids: Sequence[str], *, add: Sequence[str] = (), remove: Sequence[str] = ()
    ) -> None:
        self.asked.append(f"batch {len(gmail_ids)}")
        if not set(gmail_ids) <= self.there.keys():
            raise NotFound
        for each in gmail_ids:
            self.modify(each, add=add, remove=remove)

    def user(self, gmail_id: str, *, add: str = "", remove: str = "") -> None:
        added, removed = frozenset(add.split()), frozenset(remove.split())
        self.there[gmail_id] = (self.there[gmail_id] | added) - removed
        self.log.append(Change(gmail_id, False, added, removed))

    def erase(self, gmail_id: str) -> None:
        del self.there[gmail_id]
        self.log.append(Change(gmail_id, False, frozenset(), deleted=True))


class Desk:
    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.gmail, self.account = ledger, FakeGmail(), take(ledger)
        self.work = put_folder(ledger, self.account, "Work")
        self.home = put_folder(ledger, self.account, "Home")
        self.rules = LabelRules()
        ledger.write(lambda conn: accounts.set_changes(conn, self.account.id, "10"))
        self._uid = 0

    def arrive(self, gmail_id: str, *folders: int, **outcome: Any) -> None:
        """A message that was copied from `folders`, read."""
        ends = []
        for each in folders:
            self._uid += 1
            put(self.ledger, self.account, each, self._uid, flags="\\Seen", state="imported")
            ends.append((self.occurrences(uid=self._uid)[0].id, "imported", None))
        names = {self.work: "Work", self.home: "Home"}
        labels = frozenset(names[each] for each in folders)
        made: dict[str, Any] = {
            "account_id": self.account.id,
            "sha256": f"{gmail_id}{self._uid}",
            "size": 1,
            "state": "imported",
            "occurrences": tuple(ends),
            "run_id": RUN,
            "header_id": f"<{self._uid}@x>",
            "gmail_id": gmail_id,
            "thread_id": "t",
            "labels": labels,
        }
        record = Outcome(**(made | outcome))
        self.ledger.write(lambda conn: outcomes.record(conn, [record]))
        self.gmail.there.setdefault(gmail_id, set()).update(labels)

    def source(self, gmail_id: str, **values: Any) -> None:
        """Something about all occurrences of a message changed."""
        mine = select(message.c.id).where(message.c.gmail_id == gmail_id)
        where = occurrence.c.message_id.in_(mine)
        self.ledger.write(
            lambda conn: (
                conn.execute(update(occurrence).where(where).values(**values)),
                conn.execute(
                    update(message).where(message.c.gmail_id == gmail_id).values(stale=True)
                ),
            )
        )

    def occurrences(self, **where: Any) -> Sequence[Any]:
        with self.ledger.read() as conn:
            return conn.execute(select(occurrence).filter_by(**where)).all()

    def row(self, gmail_id: str) -> Any:
        with self.ledger.read() as conn:
            return conn.execute(select(message).filter_by(gmail_id=gmail_id)).first()

    def changes(self) -> list[tuple[str, str, list[str], list[str]]]:
        with self.ledger.read() as conn:
            rows = conn.execute(select(change).order_by(change.c.id))
            return [(each.gmail_id, each.what, each.added, each.removed) for each in rows]

    @property
    def delta(self) -> Delta:
        labels = Labels(cast(Any, self.gmail), self.ledger, self.account, RUN)
        target = SimpleNamespace(mailbox=self.gmail, labels=labels)
        job = SimpleNamespace(account=self.account, run_id=RUN, rules=self.rules)
        return Delta(self.ledger, cast(Target, target), cast(Any, job))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened(tmp_path) as ledger:
        yield Desk(ledger)


def test_a_change_is_noted_before_it_is_made(desk: Desk) -> None:
    desk.arrive("g1", desk.work)
    desk.source("g1", flags="\\Seen \\Flagged")
    noted: list[Any] = []
    desk.gmail.on_write = lambda: noted.extend(desk.changes())
    desk.delta.follow()
    assert noted == [("g1", "labels", ["STARRED"], [])]
    assert desk.gmail.there["g1"] == {"Work", "STARRED"}
    assert (desk.row("g1").labels, desk.row("g1").stale) == (["STARRED", "Work"], False)
    assert desk.gmail.asked == ["modify g1"], "nobody touched it: nobody has to look"


def test_killed_after_the_act(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.arrive("g1", desk.work)
    desk.source("g1", flags="\\Seen \\Flagged")
    with monkeypatch.context() as patch:
        patch.setattr(Delta, "settle", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            desk.delta.follow()
    # Our own write stands in the history.
    desk.gmail.log.append(Change("g1", False, frozenset({"STARRED"})))
    desk.delta.follow()
    assert desk.gmail.there["g1"] == {"Work", "STARRED"}
    assert desk.row("g1").labels == ["STARRED", "Work"]
    assert desk.gmail.asked == ["modify g1", "get g1"]
    assert len(desk.changes()) == 1


def test_a_lost_lease_writes_nothing_to_gmail(desk: Desk) -> None:
    desk.arrive("g1", desk.work)
    desk.source("g1", flags="\\Seen \\Flagged")
    delta = desk.delta
    take(desk.ledger, force=True)
    with pytest.raises(LeaseLost):
        delta.follow()
    assert desk.gmail.there["g1"] == {"Work"}


def test_who_is_not_stale_is_not_asked_about(desk: Desk) -> None:
    desk.arrive("g1", desk.work)
    desk.gmail.user("g1", add="STARRED")
    desk.delta.follow()
    assert desk.gmail.asked == []


def test_equal_changes_go_together(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "_PIECE", 15)
    for number in range(30):
        desk.arrive(f"g{number}", desk.work)
        desk.source(f"g{number}", flags="\\Seen \\Flagged")
    desk.delta.follow()
    assert [each for each in desk.gmail.asked if each.startswith("batch")] == ["batch 15"] * 2
    assert all(labels == {"Work", "STARRED"} for labels in desk.gmail.there.values())


def test_one_that_is_gone_does_not_spoil_the_others(desk: Desk) -> None:
    for number in range(12):
        desk.arrive(f"g{number}", desk.work)
        desk.source(f"g{number}", flags="\\Seen \\Flagged")
    del desk.gmail.there["g3"]  # a moment ago: history does not tell yet
    desk.delta.follow()
    assert all(labels == {"Work", "STARRED"} for labels in desk.gmail.there.values())
    assert desk.row("g3").kept == {"why": "gone", "labels": []}
    assert (desk.row("g3").labels, desk.row("g3").touched) == (["Work"], True)


def test_a_label_that_the_user_deleted_is_not_made_again_for_what_had_it(desk: Desk) -> None:
    desk.arrive("g1", desk.work)
    desk.gmail.made.remove("Work")
    desk.gmail.user("g1", remove="Work")
    desk.source("g1", flags="\\Seen \\Flagged")
    desk.delta.follow()
    assert desk.gmail.there["g1"] == {"STARRED"}
    assert desk.gmail.made == ["Home"]
    assert desk.row("g1").kept == {"why": "labels", "labels": ["Work"]}


def test_messages_that_gmail_merged_are_one(desk: Desk) -> None:
    desk.arrive("g1", desk.work)
    desk.arrive("g1", desk.home)
    first = desk.occurrences(folder_id=desk.work)[0]
    gone = update(occurrence).where(occurrence.c.id == first.id).values(gone=True)
    stale = update(message).where(message.c.id == first.message_id).values(stale=True)
    desk.ledger.write(lambda conn: (conn.execute(gone), conn.execute(stale)))
    desk.delta.follow()
    assert desk.gmail.there["g1"] == {"Home"}
    desk.delta.mirror([])
    assert desk.gmail.there["g1"] == {"Home"}, "one of the two lives"


def test_what_lies_where_nobody_looks_is_not_deleted(desk: Desk) -> None:
    desk.arrive("g1", desk.work)
    desk.arrive("g2", desk.home)
    rule = update(folder).where(folder.c.id == desk.work).values(rule="excluded", label=None)
    desk.ledger.write(lambda conn: conn.execute(rule))
    desk.source("g1", gone=True)
    desk.delta.follow()
    desk.delta.mirror([])
    assert desk.gmail.there["g1"] == {"Work"}
    assert not desk.row("g1").deleted


@pytest.mark.parametrize("state", ["pending", "skipped", "quarantined"])
def test_what_may_have_been_moved_is_not_deleted(desk: Desk, state: str) -> None:
    desk.arrive("g1", desk.work)
    put(desk.ledger, desk.account, desk.home, 99, bundle="<1@x>", state=state)
    desk.source("g1", gone=True)
    desk.delta.follow()
    desk.delta.mirror(["Work"])
    assert desk.gmail.there["g1"] == {"Work"}
    assert not desk.row("g1").deleted
    assert bool(desk.row("g1").stale) == (state == "pending")


def test_drafts_are_left_alone(desk: Desk) -> None:
    desk.arrive("g1", desk.work, draft_id="r1")
    desk.arrive("g2", desk.work)
    desk.source("g1", flags="\\Flagged")
    desk.delta.follow()
    assert desk.gmail.asked == []
    desk.source("g1", gone=True)
    desk.delta.follow()
    desk.delta.mirror([])
    assert desk.gmail.asked == []
    assert desk.row("g1").kept == {"why": "draft", "labels": []}


def test_nothing_is_mirrored_while_a_folder_is_closed(desk: Desk) -> None:
    desk.arrive("g1", desk.work)
    desk.arrive("g2", desk.work)
    closed = update(folder).where(folder.c.id == desk.home)
    desk.ledger.write(lambda conn: conn.execute(closed.values(problem="source-folder")))
    desk.source("g1", gone=True)
    desk.delta.follow()
    desk.delta.mirror([])
    assert desk.gmail.there["g1"] == {"Work"}
    desk.ledger.write(lambda conn: conn.execute(closed.values(problem=None)))
    desk.delta.mirror([])
    assert desk.gmail.there["g1"] == {"Work", "TRASH"}
    assert desk.changes() == [("g1", "trashed", ["TRASH"], [])]


def test_killed_after_the_move_to_trash(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.arrive("g1", desk.work)
    desk.arrive("g2", desk.work)
    desk.source("g1", gone=True)
    desk.delta.follow()
    with monkeypatch.context() as patch:
        patch.setattr(Delta, "settle", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        delta = desk.delta
        patch.setattr(delta, "_spare", lambda: None)
        with pytest.raises(KeyboardInterrupt):
            delta.mirror([])
    assert "TRASH" in desk.gmail.there["g1"]
    desk.gmail.log.append(Change("g1", False, frozenset({"TRASH"})))
    desk.delta.mirror([])
    assert (desk.row("g1").kept, desk.row("g1").labels) == (None, ["TRASH", "Work"])
    desk.source("g1", gone=False)
    desk.delta.follow()
    assert desk.gmail.there["g1"] == {"Work"}


def test_what_was_changed_a_moment_ago_is_not_trashed(desk: Desk) -> None:
    desk.arrive("g1", desk.work)
    desk.arrive("g2", desk.work)
    desk.source("g1", gone=True)
    desk.delta.follow()
    desk.gmail.user("g1", add="STARRED")
    desk.delta.mirror([])
    assert desk.gmail.there["g1"] == {"Work", "STARRED"}
    assert desk.row("g1").kept == {"why": "changed", "labels": []}


def test_an_emptied_folder_brakes_before_anything_is_trashed(desk: Desk) -> None:
    desk.arrive("g1", desk.work)
    desk.arrive("g2", desk.work)
    desk.arrive("g3", desk.home)
    desk.source("g1", gone=True)
    desk.source("g3", gone=True)
    desk.delta.follow()
    with pytest.raises(BrakeError) as refused:
        desk.delta.mirror(["Work"])
    assert refused.value.params == {"folder": "Home", "count": 1, "others": 0}
    assert desk.changes() == []
    desk.delta.mirror(["home"])
    assert {gmail_id for gmail_id, *_ in desk.changes()} == {"g1", "g3"}


def test_a_folder_that_was_made_anew_brakes(desk: Desk) -> None:
    desk.arrive("g1", desk.work)
    put_folder(desk.ledger, desk.account, "Work", validity=2)
    desk.source("g1", gone=True)
    desk.delta.follow()
    with pytest.raises(BrakeError):
        desk.delta.mirror([])


def test_an_older_uidvalidity_is_no_reason_to_brake(desk: Desk) -> None:
    desk.arrive("g1", desk.work)
    anew = put_folder(desk.ledger, desk.account, "Work", validity=2)
    again = {"message_id": desk.row("g1").id, "state": "merged", "bundle": "<1@x>"}
    put(desk.ledger, desk.account, anew, 1, **again)
    put(desk.ledger, desk.account, anew, 2, bundle="<2@x>", state="imported")
    desk.source("g1", gone=True)
    desk.delta.follow()
    desk.delta.mirror([])
    assert "TRASH" in desk.gmail.there["g1"]


def test_gmail_emptied_its_trash_and_the_message_is_back(desk: Desk) -> None:
    desk.arrive("g1", desk.work)
    desk.arrive("g2", desk.work)
    desk.source("g1", gone=True)
    desk.delta.follow()
    desk.delta.mirror([])
    desk.gmail.erase("g1")
    desk.source("g1", gone=False)
    desk.delta.follow()
    assert [each.state for each in desk.occurrences(message_id=desk.row("g1").id)] == ["pending"]


def test_our_own_writes_are_nobody_elses(desk: Desk) -> None:
    desk.arrive("g1", desk.work)
    desk.arrive("g2", desk.work)
    labels = Labels(cast(Any, desk.gmail), desk.ledger, desk.account, RUN)
    history = History(desk.ledger, desk.account, labels)
    history.told(
        [
            Change("g1", True, frozenset()),
            Change("g1", False, frozenset({"Work", "IMPORTANT", "CATEGORY_FORUMS"})),
            Change("g2", False, frozenset(), frozenset({"Work"})),
            Change("stranger", False, frozenset({"STARRED"})),
        ]
    )
    assert [bool(desk.row(each).touched) for each in ("g1", "g2")] == [False, True]


def test_a_ledger_that_never_followed_is_unsure_of_everything(desk: Desk) -> None:
    desk.arrive("g1", desk.work)
    desk.ledger.write(lambda conn: accounts.set_changes(conn, desk.account.id, cast(str, None)))
    desk.gmail.there["g1"] = set()
    desk.source("g1", flags="\\Seen \\Flagged")
    desk.delta.follow()
    assert desk.gmail.there["g1"] == {"STARRED"}
