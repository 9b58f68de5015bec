"""A Gmail that is not as assumed, a server that numbers anew, too many of everything."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.sandboxes import running

from .every_case.case import Case, letter
from .every_case.embedded import Outcome, Places
from .every_case.odd_server import Box, Odd
from .every_case.outcome import is_from, uploaded
from .every_case.strange import boxes, strange
from .migration import Done

_AGAINST = [
    *("attachments=off", "sent-draft=refuse", "future-date=now", "missing-message-id=add"),
    *("dedupe=content", "label-spaces=refuse", "label-length=60", "conflict-reason=duplicate"),
]
_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)|\0")


@pytest.fixture(scope="module")
def odd() -> list[tuple[Case, Odd]]:
    return list(strange())


def places(directory: Path, *assume: str) -> Iterator[Places]:
    extra = [word for each in assume for word in ("--assume", each)]
    with running(directory / "sandbox", extra=extra) as sandbox:
        yield Places(sandbox, directory)


@pytest.fixture
def as_assumed(tmp_path: Path) -> Iterator[Places]:
    yield from places(tmp_path)


@pytest.fixture
def refusing(tmp_path: Path) -> Iterator[Places]:
    yield from places(tmp_path, *_AGAINST, "nul=refuse", "bare-newlines=refuse")


@pytest.fixture
def changing(tmp_path: Path) -> Iterator[Places]:
    yield from places(tmp_path, *_AGAINST, "nul=strip", "bare-newlines=crlf")


def codes(odd: list[tuple[Case, Odd]], outcome: Outcome) -> Mapping[str, str | None]:
    """Name → why it is in quarantine, of all that lies in INBOX."""
    found = outcome.states()
    ends = {case.name: found["INBOX", uid] for uid, (case, _) in enumerate(odd, 1)}
    assert {state for state, _ in ends.values()} <= {"imported", "quarantined"}
    return {name: code for name, (state, code) in ends.items() if state == "quarantined"}


def differences(verified: Done) -> set[tuple[int, str]]:
    """(UID, what) beside the folder that does not open."""
    found = [each for each in verified.json["differences"] if each["folder"] != "Broken"]
    assert {each["folder"] for each in found} <= {"INBOX"}
    return {(each["uid"], each["what"]) for each in found}


def test_a_gmail_that_takes_no_bare_line_ends(
    refusing: Places, odd: list[tuple[Case, Odd]]
) -> None:
    with refusing.place(boxes(odd)) as place:
        outcome = place.run()
        verified = place.migration("verify", "--deep", "--json")
    assert outcome.errors == []
    assert outcome.document.totals.closed
    assert outcome.document.totals.pending == 0
    bare = {case.name for case, one in odd if _BARE.search(one.raw)}
    assert len(bare) > 6
    source = {case.name: case.code for case, _ in odd if case.code}
    assert codes(odd, outcome) == source | dict.fromkeys(bare, "gmail-refused")
    kept = outcome.kept()
    for uid, (case, one) in enumerate(odd, 1):
        if case.name in bare:
            assert kept["INBOX", uid] == one.raw
    assert differences(verified) == set()


def test_a_gmail_that_changes_bytes_is_found_out(
    changing: Places, odd: list[tuple[Case, Odd]]
) -> None:
    with changing.place(boxes(odd)) as place:
        outcome = place.run()
        verified = place.migration("verify", "--deep", "--json")
    assert outcome.errors == []
    assert outcome.document.totals.closed
    assert codes(odd, outcome) == {case.name: case.code for case, _ in odd if case.code}
    changed = {uid for uid, (_, one) in enumerate(odd, 1) if _BARE.search(one.raw)}
    # CR CR LF becomes two line ends, so the header ends after its first line.
    (torn,) = [uid for uid, (case, _) in enumerate(odd, 1) if case.name == "crcrlf"]
    assert differences(verified) == {(uid, "bytes") for uid in changed} | {(torn, "date")}
    assert verified.code == 3


def test_a_server_that_numbers_anew_costs_no_message_and_doubles_none(as_assumed: Places) -> None:
    """UIDVALIDITY changes, UIDs too; one message is gone, one is new."""
    old = {number: Odd(letter(f"old-{number}")) for number in range(1, 8)}
    new = {100 + number: odd for number, odd in old.items() if number > 1}
    new[200] = Odd(letter("new"))
    row = b'() "." INBOX'
    with as_assumed.place({b"INBOX": Box(row, old), b"Other": Box(b'() "." Other', old)}) as place:
        first = place.run()
        assert first.document.totals.source == 14
        before = {one.id for one in place.gmail.messages()}
        place.server.boxes[b"INBOX"] = Box(row, new, uidvalidity=8)
        second = place.run()
        after = place.gmail.messages()
        verified = place.migration("verify", "--deep", "--json")
    assert second.errors == []
    assert second.document.totals.closed
    assert second.document.totals.source == 14
    assert second.document.totals.pending == 0
    assert before < {one.id for one in after}
    assert len(after) == len(before) + 1
    raws = [odd.raw for odd in [*old.values(), new[200]]]
    assert sorted(uploaded(one.raw) for one in after) == sorted(raws)
    assert verified.json["differences"] == []
    assert verified.code == 0


def test_one_id_for_two_hundred_messages(as_assumed: Places) -> None:
    """A hundred of them lie in two folders."""
    mail = [Odd(letter(f"same-{number}", Message_ID="<same@example.com>")) for number in range(200)]
    content = {
        b"INBOX": Box(b'() "/" INBOX', dict(enumerate(mail[:150], 1))),
        b"Other": Box(b'() "/" Other', dict(enumerate(mail[50:], 1))),
    }
    with as_assumed.place(content) as place:
        outcome = place.run()
        stored = place.gmail.messages()
    assert outcome.errors == []
    ends = Counter(state for state, _ in outcome.states().values())
    assert ends == {"imported": 200, "merged": 100}
    assert {uploaded(one.raw) for one in stored} == {odd.raw for odd in mail}
    assert len(stored) == 200
    both = [one for one in stored if {"INBOX", "Other"} <= one.labels]
    assert {uploaded(one.raw) for one in both} == {odd.raw for odd in mail[50:150]}


def test_a_message_in_130_folders_has_130_labels(as_assumed: Places) -> None:
    """messages.modify takes 100 at a time."""
    names = [f"Folder {number}" for number in range(130)]
    one = {1: Odd(letter("everywhere"))}
    content = {name.encode(): Box(b'() "/" "%s"' % name.encode(), one) for name in names} | {
        b"INBOX": Box(b'() "/" INBOX', {})
    }
    with as_assumed.place(content) as place:
        outcome = place.run()
        (stored,) = place.gmail.messages()
    assert outcome.errors == []
    assert Counter(state for state, _ in outcome.states().values()) == {
        "imported": 1,
        "merged": 129,
    }
    assert stored.labels == set(names)


def test_what_gmail_had_before_stays_and_gets_the_labels(as_assumed: Places) -> None:
    same, other, draft = letter("same"), letter("other"), letter("draft")
    mail = {1: Odd(same), 2: Odd(other), 3: Odd(draft)}
    content = {
        b"INBOX": Box(b'() "/" INBOX', mail),
        b"Filed": Box(b'() "/" Filed', {1: Odd(same)}),
    }
    with as_assumed.place(content) as place:
        for raw in (same, letter("other", "Other words, same id\r\n")):
            body = {"raw": urlsafe_b64encode(raw).decode(), "labelIds": ["STARRED"]}
            place.gmail.call("messages/import?internalDateSource=dateHeader", "POST", body)
        place.gmail.call("drafts", "POST", {"message": {"raw": urlsafe_b64encode(draft).decode()}})
        outcome = place.run()
        stored = place.gmail.messages()
    assert outcome.errors == []
    ends = {
        uid: state for (folder, uid), (state, _) in outcome.states().items() if folder != "Filed"
    }
    assert ends == {1: "present", 2: "imported", 3: "imported"}
    labels = sorted(sorted(one.labels) for one in stored if uploaded(one.raw) != draft)
    assert labels == [["Filed", "INBOX", "STARRED"], ["INBOX"], ["STARRED"]]
    drafts = sorted(sorted(one.labels) for one in stored if uploaded(one.raw) == draft)
    assert drafts == [["DRAFT"], ["INBOX"]]


def test_a_list_that_breaks_off_at_a_name_loses_no_folder(as_assumed: Places) -> None:
    """The line break in a name comes between; the folder behind it is not listed any more."""
    content = {
        b"INBOX": Box(b'() "/" INBOX', {1: Odd(letter("here"))}),
        b"Other": Box(b'() "/" Other', {1: Odd(letter("there"))}),
    }
    with as_assumed.place(content) as place:
        first = place.run()
        assert first.document.complete
        del place.server.boxes[b"Other"]
        place.server.broken = b'* LIST () "/" "torn\r\nname"\r\n'
        second = place.run()
        stored = place.gmail.messages()
    assert second.errors == []
    assert not second.document.complete
    assert second.document.totals.source == first.document.totals.source == 2
    assert second.document.totals.closed
    (account,) = second.document.accounts
    errors = {line.name: line.error["code"] for line in account.folders if line.error}
    assert set(errors.values()) == {"source-unlisted"}
    assert len(stored) == 2


def test_a_draft_may_lack_what_a_message_needs(as_assumed: Places) -> None:
    """It has not been sent yet: no sender, no date, no id; and it may be as odd as any message."""
    drafts = [
        letter("no-sender", From=None),
        letter("two-senders", X_Last="1\r\nFrom: bob@example.com"),
        letter("bad-sender", From="(none)"),
        letter("nothing-yet", From=None, To=None, Date=None, Message_ID=None),
        letter("nul", b"a\0b", Subject=b"\xff"),
        b"only text",
        b"From someone Tue\r\n" + letter("mbox"),
    ]
    content = {
        b"INBOX": Box(b'() "/" INBOX', {}),
        b"Drafts": Box(b'(\\Drafts) "/" Drafts', {n: Odd(raw) for n, raw in enumerate(drafts, 1)}),
    }
    with as_assumed.place(content) as place:
        outcome = place.run()
        stored = place.gmail.messages()
        verified = place.migration("verify", "--deep", "--json")
    assert outcome.errors == []
    assert {state for state, _ in outcome.states().values()} == {"imported"}
    assert len(stored) == len(drafts)
    assert all(one.labels == {"DRAFT"} for one in stored)
    for uid, raw in enumerate(drafts, 1):
        repairs = outcome.repairs("Drafts", uid)
        # What was all body gets a header, and with it the line that ends one.
        source = b"\r\n" + raw if raw == b"only text" else raw
        assert sum(is_from(source, uploaded(one.raw), repairs) for one in stored) == 1
    assert verified.json["differences"] == []
