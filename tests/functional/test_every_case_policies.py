"""One small mailbox, moved under one policy after the other: each message ends as the policy says.

The mailbox lies in a real Dovecot; each migration goes into a mailbox of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from migrate.sandbox.embed import Running
from tests.sandboxes import running

from .dovecot import Dovecot
from .every_case.case import INBOX, Case, Place, letter, place
from .every_case.outcome import uploaded
from .every_case.seeding import lying, seed
from .migration import FAST, Done, Gmail, Migration, Stored, faults

pytestmark = pytest.mark.dovecot

USER = "policies"
CREATE = "gmail.users.labels.create"


def cases() -> Iterator[Case]:
    keywords = place("INBOX", "\\Seen", "\\Answered", "$Forwarded", "Custom")
    spots: dict[str, tuple[Place, ...]] = {
        "plain": (INBOX,),
        "keywords": (keywords,),
        "deleted": (place("INBOX", "\\Seen", "\\Deleted"),),
        "half-deleted": (place("INBOX", "\\Seen", "\\Deleted"), place("Lists", "\\Seen")),
        "sent": (place("Sent", "\\Seen"),),
        "draft": (place("Drafts", "\\Seen"),),
        "junk": (place("Junk", "\\Seen"),),
        "trash": (place("Trash", "\\Seen"),),
        "deep": (place("Projects/A/Deep/Deeper", "\\Seen"),),
        "beside": (place("Projects/A/Deep/Other", "\\Seen"),),
        "shallow": (place("Projects/B", "\\Seen"),),
        "muted": (place("Muted", "\\Seen"),),
    }
    for name, places in spots.items():
        yield Case(name, letter(name), places)
    yield Case("two-froms", b"From: bob@example.com\r\n" + letter("two-froms"))
    yield Case("no-from", letter("no-from", From=None, Sender="Sue <sue@example.com>"))


@dataclass(frozen=True)
class Moved:
    migration: Migration
    ran: Done
    gmail: Gmail

    @cached_property
    def there(self) -> dict[str, frozenset[str]]:
        """Name of a case → the labels of its message in Gmail."""
        return self.look()

    def look(self) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for one in self.gmail.messages():
            name = re.search(rb"This is ([\w-]+)\.", one.raw)
            assert name, one.raw
            assert name[1].decode() not in found
            found[name[1].decode()] = one.labels
        return found

    @cached_property
    def ended(self) -> dict[str, int]:
        """The classes that are not empty; the sums close for every folder."""
        for account in self.ran.json["accounts"]:
            for part in (account, *account["folders"]):
                totals = part["totals"]
                assert totals["source"] == sum(totals.values()) - totals["source"]
        return {name: count for name, count in self.ran.json["totals"].items() if count}

    def skips(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for each in self.ran.json["skips"]:
            found[each["rule"]] = found.get(each["rule"], 0) + each["count"]
        return found


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("policies") / "sandbox") as server:
        yield server


@pytest.fixture(scope="module")
def seeded(dovecot: Dovecot) -> Dovecot:
    dovecot.add_user(USER)
    seed(dovecot, USER, lying(cases()))
    dovecot.seed_public("Policy News", [(letter("public"), (), INBOX_DATE)])
    return dovecot


INBOX_DATE = Case("", b"").arrived


def write(
    directory: Path,
    dovecot: Dovecot,
    sandbox: Running,
    more: str = "",
    source: str = "",
    user: str = USER,
) -> tuple[Migration, Gmail]:
    target = f"{directory.name}@example.org"
    migration = Migration(directory)
    url = f"imaps://{dovecot.host}:{dovecot.imaps_port}"
    migration.write(url, dovecot.ca, sandbox, {(user, target): "secret"}, FAST + more)
    if source:
        file = directory / "migration.toml"
        file.write_text(file.read_text().replace("[target]", f"{source}\n[target]"))
    return migration, Gmail(sandbox, target)


def move(directory: Path, dovecot: Dovecot, sandbox: Running, more: str, source: str = "") -> Moved:
    migration, gmail = write(directory, dovecot, sandbox, more, source)
    ran = migration("run", "--json")
    assert ran.code in (0, 3), ran.said
    assert migration("verify", "--deep", "--json").json["differences"] == []
    return Moved(migration, ran, gmail)


def test_labels_for_everything(tmp_path: Path, seeded: Dovecot, sandbox: Running) -> None:
    more = """
[labels]
prefix = "Old mail"
depth = 2
rename = [{ pattern = "^Projects/A/", replace = "Customers/" }]
keywords = { "$Forwarded" = "Passed on", "\\\\Answered" = "Answered", "*" = "Keywords" }
[policy]
trash = "trash"
junk = "label"
deleted = "trash"
drafts = "label"
refused = "repair"
"""
    moved = move(tmp_path / "labels", seeded, sandbox, more)
    of_keywords = {"Passed on", "Answered", "Keywords/Custom"}
    assert moved.there == {
        "plain": {"INBOX"},
        "keywords": {"INBOX", *(f"Old mail/{each}" for each in of_keywords)},
        "deleted": {"TRASH"},
        "half-deleted": {"Old mail/Lists"},
        "sent": {"SENT"},
        "draft": {"Old mail/Drafts"},
        "junk": {"Old mail/Junk"},
        "trash": {"TRASH"},
        "deep": {"Old mail/Customers/Deep"},
        "beside": {"Old mail/Customers/Deep"},
        "shallow": {"Old mail/Projects/B"},
        "muted": {"Old mail/Muted"},
        "two-froms": {"INBOX"},
        "no-from": {"INBOX"},
    }
    assert moved.ended == {"source": 15, "imported": 14, "merged": 1}
    assert moved.ran.code == 0
    mended = {each["uid"]: each for each in moved.ran.json["repairs"] if each["field"] == "From"}
    assert sorted(each["why"] for each in mended.values()) == ["missing", "several"]
    raws = [uploaded(one.raw) for one in moved.gmail.messages()]
    (sue,) = [raw for raw in raws if b"This is no-from." in raw]
    assert sue.count(b"From:") == 1
    assert b"From: <sue@example.com>\r\n" in sue
    (bob,) = [raw for raw in raws if b"This is two-froms." in raw]
    taken_back = re.sub(rb"(?m)^From: [^\r]*\r\n", b"", bob, count=1)
    original = b"From: bob@example.com\r\n" + letter("two-froms")
    assert taken_back.replace(b"X-Mailhaul-Original-From", b"From") == original


def test_as_little_as_possible(tmp_path: Path, seeded: Dovecot, sandbox: Running) -> None:
    more = """
[labels]
flatten = true
exclude = ["lists"]
[policy]
trash = "skip"
junk = "skip"
deleted = "copy"
drafts = "skip"
"""
    moved = move(tmp_path / "little", seeded, sandbox, more)
    assert moved.there == {
        "plain": {"INBOX"},
        "keywords": {"INBOX"},
        "deleted": {"INBOX"},
        "half-deleted": {"INBOX"},
        "sent": {"SENT"},
        "deep": {"Projects - A - Deep - Deeper"},
        "beside": {"Projects - A - Deep - Other"},
        "shallow": {"Projects - B"},
        "muted": {"Muted (imported)"},
    }
    assert moved.ended == {"source": 15, "imported": 9, "skipped": 4, "quarantined": 2}
    assert moved.skips() == {"trash": 1, "junk": 1, "drafts": 1, "excluded": 1}
    assert moved.ran.code == 3


def test_what_was_refused_arrives_on_request(
    tmp_path: Path, seeded: Dovecot, sandbox: Running
) -> None:
    moved = move(tmp_path / "retried", seeded, sandbox, '[labels]\ninclude = ["INBOX"]\n')
    assert moved.ended["quarantined"] == 2
    kept = [moved.migration.directory / each["file"] for each in moved.ran.json["quarantine"]]
    assert all(each.is_file() for each in kept)
    unchanged = moved.migration("retry", "--json")
    assert unchanged.json["totals"] == moved.ran.json["totals"]
    retried = moved.migration("retry", "--class", "gmail-from-count", "--repair", "--json")
    assert retried.code == 0, retried.said
    assert retried.json["totals"]["quarantined"] == 0
    assert retried.json["totals"]["imported"] == moved.ended["imported"] + 2
    names = ("plain", "keywords", "no-from", "two-froms")
    assert moved.look() == {name: {"INBOX"} for name in names}
    assert not any(each.exists() or each.with_suffix(".txt").exists() for each in kept)
    assert moved.migration("verify", "--deep", "--json").json["differences"] == []


def test_a_note_stands_where_a_message_is_missing(
    tmp_path: Path, seeded: Dovecot, sandbox: Running
) -> None:
    more = '[labels]\ninclude = ["INBOX"]\n[policy]\nplaceholder = "message"\n'
    moved = move(tmp_path / "noted", seeded, sandbox, more)
    assert moved.ended["quarantined"] == 2
    kept = [Path(each["file"]).name for each in moved.ran.json["quarantine"]]

    def notes() -> list[Stored]:
        return [one for one in moved.gmail.messages() if b"\r\n\r\nThis is " not in one.raw]

    assert len(notes()) == 2
    for note in notes():
        assert "INBOX" in note.labels
        assert sum(name in text(note.raw) for name in kept) == 1
    again = moved.migration("run", "--json")
    assert again.json["totals"] == moved.ran.json["totals"]
    assert len(notes()) == 2
    retried = moved.migration("retry", "--repair", "--json")
    assert retried.code == 0, retried.said
    assert [note.labels - {"UNREAD"} for note in notes()] == [{"TRASH"}] * 2
    assert moved.migration("verify", "--deep", "--json").json["differences"] == []


def text(raw: bytes) -> str:
    """All that a mail program shows."""
    made = message_from_bytes(uploaded(raw), policy=policy.default)
    body = made.get_body(("plain",))
    assert body
    return f"{made['Subject']}\n{body.get_content()}"


@pytest.fixture(scope="module")
def filtered(dovecot: Dovecot) -> Dovecot:
    old = datetime(2010, 3, 4, tzinfo=UTC)
    large = "This is large.\r\n" + ("x" * 70 + "\r\n") * 100
    seen = [
        Case("plain", letter("plain")),
        Case("large", letter("large", large)),
        Case("private", letter("private"), (place("INBOX", "\\Seen", "$Private"),)),
        Case("old", letter("old", Date="Thu, 04 Mar 2010 00:00:00 +0000")),
        Case("undated", letter("undated", Date=None), arrived=old),
    ]
    dovecot.add_user("filtered")
    seed(dovecot, "filtered", lying(seen))
    return dovecot


ALL = {"plain", "large", "private", "old", "undated"}


@pytest.mark.parametrize(
    ("rule", "setting", "left_out"),
    [
        ("filter-since", "since = 2015-01-01", {"old", "undated"}),
        ("filter-before", "before = 2015-01-01", {"plain", "large", "private"}),
        ("filter-min-size", "min_size = 5000", ALL - {"large"}),
        ("filter-max-size", "max_size = 5000", {"large"}),
        ("filter-search", 'search = "UNKEYWORD $Private"', {"private"}),
    ],
)
def test_what_a_filter_leaves_out_is_skipped(
    tmp_path: Path, filtered: Dovecot, sandbox: Running, rule: str, setting: str, left_out: set[str]
) -> None:
    more = f"[filters]\n{setting}\n"
    migration, gmail = write(tmp_path / rule, filtered, sandbox, more, user="filtered")
    ran = migration("run", "--json")
    assert ran.code == 0, ran.said
    moved = Moved(migration, ran, gmail)
    assert set(moved.there) == ALL - left_out
    assert moved.ended["imported"] == len(ALL - left_out)
    assert moved.skips() == {rule: len(left_out)}
    # Without the filter, the rest follows.
    file = migration.directory / "migration.toml"
    file.write_text(file.read_text().replace(more, ""))
    after = migration("run", "--json")
    assert after.json["totals"]["imported"] == len(ALL), after.said
    assert set(moved.look()) == ALL


def test_folders_of_others_only_when_asked(
    tmp_path: Path, seeded: Dovecot, sandbox: Running
) -> None:
    def folders(name: str, source: str) -> set[str]:
        migration, _ = write(tmp_path / name, seeded, sandbox, source=source)
        (account,) = migration("plan", "--json").json["accounts"]
        return {each["name"] for each in account["folders"]}

    alone = folders("alone", "")
    assert not any(each.startswith("Public") for each in alone)
    asked = folders("asked", 'namespaces = ["personal", "shared"]')
    assert "Public/Policy News" in asked
    assert alone < asked


def test_no_refused_label_costs_a_message(
    tmp_path: Path, seeded: Dovecot, sandbox: Running
) -> None:
    """Gmail refuses names that nobody knew it keeps: every second one, also the stand-ins."""
    refusal = {"status": 400, "message": "Invalid label name", "reason": "invalidArgument"}
    faults(sandbox, {"method": CREATE, "every": 2, **refusal})
    try:
        moved = move(tmp_path / "refused", seeded, sandbox, "")
    finally:
        faults(sandbox)
    assert moved.ended == {"source": 15, "imported": 11, "skipped": 2, "quarantined": 2}
    told: dict[str, Any] = {each["label"]: each for each in moved.ran.json["renames"]}
    refused = {label for label, each in told.items() if each["reason"] == "refused"}
    assert refused
    given = {label for found in moved.there.values() for label in found}
    assert {each for each in refused if each} <= set(moved.gmail.labels().values())
    assert given - {"INBOX", "SENT", "DRAFT", "SPAM"} <= set(moved.gmail.labels().values())
