"""A refused label never costs a message: what stands in, and what the ledger knows of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from migrate import labelling
from migrate.errors import TargetError
from migrate.gmail.api import Label, Mailbox
from migrate.gmail.errors import Conflict, LabelRefused, MessageRefused
from migrate.labelling import COMMON, Labels
from migrate.labels import flat, label_key
from migrate.ledger import Ledger
from migrate.ledger import labels as noted
from migrate.ledger.labels import LabelRow
from tests.unit.ledgers import RUN, opened, take


class FakeMailbox:
    """Labels by name; refuses what the test says."""

    def __init__(self, *names: str) -> None:
        self.names = {f"Label_{number}": name for number, name in enumerate(names)}
        self.refused: dict[str, Exception] = {}
        self.always: Exception | None = None
        self.asked: list[str] = []

    def labels(self) -> list[Label]:
        system = [Label("INBOX", "INBOX", True)]
        return [*system, *(Label(key, name, False) for key, name in self.names.items())]

    def create_label(self, name: str) -> Label:
        self.asked.append(name)
        if error := self.always or self.refused.get(name):
            raise error
        if label_key(name) in map(label_key, self.names.values()):
            raise Conflict("exists")
        gmail_id = f"Label_{100 + len(self.asked)}"
        self.names[gmail_id] = name
        return Label(gmail_id, name, False)


INVALID = LabelRefused("Invalid label name", None)
FULL = MessageRefused("gmail-refused", detail="400 Too many labels")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with opened(tmp_path) as ledger:
        yield ledger


def labels(ledger: Ledger, mailbox: FakeMailbox) -> Labels:
    return Labels(cast(Mailbox, mailbox), ledger, take(ledger), RUN)


def row(ledger: Ledger, name: str) -> LabelRow:
    with ledger.read() as conn:
        return noted.known(conn, 1)[label_key(name)]


def named(mailbox: FakeMailbox, gmail_id: str | None) -> str | None:
    return mailbox.names[gmail_id] if gmail_id else None


def test_labels_are_made_once_with_those_above_them(ledger: Ledger) -> None:
    mailbox = FakeMailbox("a")
    ours = labels(ledger, mailbox)
    assert named(mailbox, ours.id("A/b/c")) == "A/b/c"
    assert ours.id("a/B/C") == ours.id("A/b/c")
    assert mailbox.asked == ["A/b", "A/b/c"]
    assert ours.ids(frozenset({"INBOX", "UNREAD"})) == {"INBOX", "UNREAD"}
    assert row(ledger, "A/b").stand_in is row(ledger, "A/b").refused is None


def test_the_upper_labels_come_first(ledger: Ledger) -> None:
    mailbox = FakeMailbox()
    labels(ledger, mailbox).prepare(["a/b/c", "d", "e/f"])
    assert mailbox.asked == ["a", "d", "e", "a/b", "e/f", "a/b/c"]


@pytest.mark.parametrize("error", [INVALID, Conflict("a-b and a/b"), FULL])
def test_another_name_stands_in(ledger: Ledger, error: Exception) -> None:
    mailbox = FakeMailbox()
    mailbox.refused = {"Gelezen": error}
    ours = labels(ledger, mailbox)
    assert named(mailbox, ours.id("Gelezen")) == "Gelezen (imported)"
    found = row(ledger, "Gelezen")
    assert (found.name, found.stand_in) == ("Gelezen", "Gelezen (imported)")
    assert found.refused
    again = labels(ledger, mailbox)
    assert again.id("gelezen") == ours.id("Gelezen")
    assert len(mailbox.asked) == 2


def test_below_a_stand_in_the_folders_keep_their_place(ledger: Ledger) -> None:
    mailbox = FakeMailbox()
    mailbox.refused = dict.fromkeys(["Gelezen", "Gelezen/oud"], INVALID)
    ours = labels(ledger, mailbox)
    assert named(mailbox, ours.id("Gelezen/oud")) == "Gelezen (imported)/oud"


def test_stand_ins_of_two_folders_are_two(ledger: Ledger) -> None:
    mailbox = FakeMailbox("a")
    for above in ("a/^", "a/~"):
        names = [above, f"{above} (imported)", flat(above), f"{above}/x"]
        mailbox.refused |= dict.fromkeys(names, INVALID)
    ours = labels(ledger, mailbox)
    assert named(mailbox, ours.id("a/^/x")) == "a/x"
    assert named(mailbox, ours.id("a/~/x")) == flat("a/~/x")


def test_a_stand_in_takes_no_other_folders_name(ledger: Ledger) -> None:
    mailbox = FakeMailbox()
    mailbox.refused = {"Gelezen": INVALID}
    ours = labels(ledger, mailbox)
    ours.prepare(["Gelezen", "gelezen (imported)"])
    assert named(mailbox, ours.id("Gelezen")) == flat("Gelezen")
    assert named(mailbox, ours.id("gelezen (imported)")) == "gelezen (imported)"


def test_the_nearest_label_above_stands_in(ledger: Ledger) -> None:
    name = "a/^b/c"
    mailbox = FakeMailbox("a")
    mailbox.refused = dict.fromkeys(
        ["a/^b", "a/^b (imported)", flat("a/^b"), name, "a/c", flat(name)], INVALID
    )
    ours = labels(ledger, mailbox)
    assert named(mailbox, ours.id(name)) == "a"
    assert row(ledger, name).stand_in == "a"
    assert row(ledger, name).refused == "Invalid label name"


def test_one_label_for_all_that_has_none_above(ledger: Ledger) -> None:
    mailbox = FakeMailbox()
    for name in ("^a", "^b"):
        mailbox.refused |= dict.fromkeys([name, f"{name} (imported)", flat(name)], INVALID)
    ours = labels(ledger, mailbox)
    assert {named(mailbox, ours.id(name)) for name in ("^a", "^b")} == {COMMON}
    assert ours.ids(frozenset({"^a", "^b", "INBOX"})) == {ours.id("^a"), "INBOX"}


def test_in_the_last_resort_mail_goes_without(ledger: Ledger) -> None:
    mailbox = FakeMailbox()
    mailbox.always = FULL
    ours = labels(ledger, mailbox)
    assert ours.ids(frozenset({"x", "INBOX"})) == {"INBOX"}
    found = row(ledger, "x")
    assert (found.gmail_id, found.stand_in, found.refused) == (None, "", "400 Too many labels")


def test_gmail_is_not_asked_for_ever_for_what_it_does_not_give(ledger: Ledger) -> None:
    mailbox = FakeMailbox("a")
    mailbox.always = FULL
    ours = labels(ledger, mailbox)
    ours.prepare([f"a/{number}" for number in range(200)])
    assert len(mailbox.asked) == 9
    assert named(mailbox, ours.id("a/199")) == "a"
    mailbox.always = None
    assert named(mailbox, labels(ledger, mailbox).id("b")) == "b"


def test_the_limit_of_labels(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """The upper ones and one for the rest are had first; Gmail is not asked beyond the limit."""
    monkeypatch.setattr(labelling, "LABELS_AT_MOST", 5)
    mailbox = FakeMailbox()
    ours = labels(ledger, mailbox)
    ours.prepare(["a/b", "a/b/c", "d/e", "f", "g"])
    assert list(mailbox.names.values()) == [COMMON, "a", "d", "f"]
    assert len(mailbox.asked) == 4
    found = {name: named(mailbox, ours.id(name)) for name in ("a/b/c", "d/e", "f", "g")}
    assert found == {"a/b/c": "a", "d/e": "d", "f": "f", "g": COMMON}


def test_what_concerns_the_account_is_raised(ledger: Ledger) -> None:
    mailbox = FakeMailbox()
    mailbox.always = TargetError("target-missing-scope")
    with pytest.raises(TargetError):
        labels(ledger, mailbox).id("x")


def test_an_answer_that_was_lost(ledger: Ledger) -> None:
    """The client asks again and is told that the label exists."""
    mailbox = FakeMailbox()
    ours = labels(ledger, mailbox)
    mailbox.names["Label_7"] = "x"
    assert ours.id("x") == "Label_7"
    assert row(ledger, "x") == LabelRow("x", "x", "Label_7")


def test_a_deleted_label_is_made_again_once(ledger: Ledger) -> None:
    mailbox = FakeMailbox()
    ours = labels(ledger, mailbox)
    old = str(ours.id("a/b"))
    assert ours.renew(old) == old
    assert ours.ids(frozenset({"a/b"})) == {old}
    del mailbox.names[old]
    new = ours.renew(old)
    assert named(mailbox, new) == "a/b"
    assert new != old
    assert ours.ids(frozenset({"a/b"})) == {new}
    assert ours.renew(old) == ours.id("A/B") == new
    assert row(ledger, "a/b").gmail_id == new
    assert ours.renew("Label_nobodys") is None


def test_a_label_that_somebody_renamed_is_still_ours(ledger: Ledger) -> None:
    mailbox = FakeMailbox()
    made = str(labels(ledger, mailbox).id("a"))
    mailbox.names[made] = "b"
    assert labels(ledger, mailbox).id("a") == made
