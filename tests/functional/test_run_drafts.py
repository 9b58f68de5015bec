"""What lies in the drafts folder becomes a draft that can be written on, or is accounted for."""

from __future__ import annotations

import sqlite3
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from migrate.demo.imap import embedded_imap
from migrate.demo.mail import SampleMessage
from migrate.gmail.upload import DRAFT_LIMIT
from migrate.sandbox.embed import Running
from migrate.texts import Texts
from tests.sandboxes import running

from .memory_source import LIMITS, ONE_BY_ONE, TARGET, Copied, Mail, mail, run
from .migration import Gmail, Migration, Stored, faults, stats
from .test_run_verify import Scene, summary

CREATE = "gmail.users.drafts.create"
SHELF = "Drafts (imported)"


def drafts(gmail: Gmail) -> dict[str, str]:
    """Id of the message → id of the draft."""
    listed = gmail.call("drafts?maxResults=500").get("drafts", ())
    return {each["message"]["id"]: each["id"] for each in listed}


def by_number(gmail: Gmail) -> dict[int, Stored]:
    """Of messages of `mail`."""
    return {
        int(each.raw.partition(b"Subject: Number ")[2].partition(b"\r")[0]): each
        for each in gmail.messages()
    }


def test_the_real_command(sandbox: Running, tmp_path: Path) -> None:
    place = [
        (1, "Drafts"), (2, "Drafts"), (2, "INBOX"), (3, "INBOX"), (4, "Drafts"), (4, "Drafts"),
    ]  # fmt: skip
    content = [
        SampleMessage(folder, mail(number).raw, frozenset({"\\Seen"}), mail(number).date)
        for number, folder in place
    ]
    with embedded_imap(content, "taro@example.jp", "secret") as imap:
        migration = Migration(tmp_path / "move").write(
            f"imaps://{imap.host}:{imap.port}",
            imap.ca_file,
            sandbox,
            {("taro@example.jp", TARGET): "secret"},
        )
        done = migration("run", "--json")
        assert done.code == 0, done.said
        totals = {key: value for key, value in done.json["totals"].items() if value}
        assert totals == {"source": 6, "imported": 4, "merged": 2}
        gmail = Gmail(sandbox, TARGET)
        found, real = by_number(gmail), drafts(gmail)
        assert {number for number, each in found.items() if each.id in real} == {1, 4}
        assert {number: each.labels for number, each in found.items()} == {
            1: {"DRAFT"}, 2: {"INBOX"}, 3: {"INBOX"}, 4: {"DRAFT"},
        }  # fmt: skip
        verified = migration("verify", "--deep", "--json")
        assert (verified.code, verified.json["differences"]) == (0, []), verified.said
        asked = stats(sandbox)["requests"][CREATE]
        assert migration("run", "--json").code == 0
        assert stats(sandbox)["requests"][CREATE] == asked == 2


def one_draft(
    monkeypatch: pytest.MonkeyPatch,
    directory: Path,
    sandbox: Running,
    more: str = LIMITS,
    target: str = "",
) -> Copied:
    copied = run(monkeypatch, directory, sandbox, {"Drafts": [mail(1)]}, more, target)
    assert copied.errors == []
    assert copied.counts() == {"imported": 1}
    return copied


@pytest.mark.parametrize("given", [{"target": 'scopes = "minimal"'},
                                   {"more": f'[policy]\ndrafts = "label"\n{LIMITS}'}])  # fmt: skip
def test_as_messages(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running, given: Mapping[str, str]
) -> None:
    copied = one_draft(monkeypatch, tmp_path / "move", sandbox, **given)
    (there,) = copied.gmail.messages()
    assert there.labels == {SHELF}
    assert there.raw.endswith(mail(1).raw)
    assert drafts(copied.gmail) == {}


@pytest.mark.parametrize(("over", "real"), [(0, True), (1, False)])
def test_up_to_35_mib(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running, over: int, real: bool
) -> None:
    raw = mail(1).raw
    content = {"Drafts": [Mail(raw.ljust(DRAFT_LIMIT + over, b"x"), frozenset())]}
    (tmp_path / "move" / "state" / "spool").mkdir(mode=0o700, parents=True)
    copied = run(monkeypatch, tmp_path / "move", sandbox, content)
    assert (copied.errors, copied.counts()) == ([], {"imported": 1})
    (there,) = copied.gmail.messages()
    assert there.labels == ({"DRAFT"} if real else {SHELF, "UNREAD"})
    assert bool(drafts(copied.gmail)) == real


REFUSALS: Mapping[str, Mapping[str, Any]] = {
    "an attachment": {"status": 400, "message": "Invalid attachment."},
    "no reason": {"status": 400, "message": "Request contains an invalid argument."},
}


@pytest.mark.parametrize("why", REFUSALS)
def test_a_draft_that_gmail_refuses_is_a_message(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running, why: str
) -> None:
    faults(sandbox, {"method": CREATE, **REFUSALS[why]})
    copied = one_draft(monkeypatch, tmp_path / "move", sandbox)
    (there,) = copied.gmail.messages()
    assert there.labels == {SHELF}


def test_a_draft_that_gmail_takes_in_no_way_is_quarantined(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    refusal = REFUSALS["an attachment"]
    methods = (CREATE, "gmail.users.messages.import")
    faults(sandbox, *({"method": method, **refusal} for method in methods))
    copied = run(monkeypatch, tmp_path / "move", sandbox, {"Drafts": [mail(1)]})
    assert (copied.errors, copied.counts()) == ([], {"quarantined": 1})
    (kept,) = copied.document.quarantine or []
    assert kept.code == "gmail-attachment"


AFTER: Mapping[str, Mapping[str, Any]] = {
    "error 500": {"status": 500},
    "dropped": {"drop": True},
    "cut off": {"truncate": True},
}


@pytest.mark.parametrize("kept", ["1", "1000000"])
@pytest.mark.parametrize("what", AFTER)
def test_made_although_gmail_failed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kept: str, what: str
) -> None:
    """Found again, by the history or without it; three versions share a Message-ID."""
    same = {"Message-ID": "<draft@example.com>"}
    content = {"Drafts": [mail(number, **same) for number in range(3)]}
    with running(tmp_path / "sandbox", TARGET, extra=["--history-kept", kept]) as sandbox:
        faults(sandbox, {"method": CREATE, "nth": [1, 3], "when": "after", **AFTER[what]})
        copied = run(monkeypatch, tmp_path / "move", sandbox, content)
        assert stats(sandbox)["fault_hits"] == [2]
        assert (copied.errors, copied.counts()) == ([], {"imported": 3})
        assert len(drafts(copied.gmail)) == len(by_number(copied.gmail)) == 3
        assert not (Scene(copied, content, monkeypatch).verify().differences)


def test_a_draft_that_its_owner_writes_on_or_throws_away_is_no_difference(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    content = {"Drafts": [mail(1)]}
    scene = Scene(one_draft(monkeypatch, tmp_path / "move", sandbox), content, monkeypatch)
    gmail = scene.copied.gmail
    (draft,) = drafts(gmail).values()
    raw = urlsafe_b64encode(b"Subject: Number 9\r\n\r\nwritten on\r\n").decode()
    gmail.call(f"drafts/{draft}", "PUT", {"message": {"raw": raw}})
    assert summary(scene.verify().differences) == []
    # A copy found later finds the draft too.
    content["Papers"] = [mail(1)]
    again = run(monkeypatch, tmp_path / "move", sandbox, content)
    assert (again.errors, again.counts()) == ([], {"imported": 1, "merged": 1})
    assert list(by_number(gmail)) == [9]
    gmail.call(f"drafts/{draft}", "DELETE")
    document = scene.verify()
    assert summary(document.differences) == []
    assert Texts("en")("report.note.changed", n=1) in document.notes


def test_a_draft_that_is_lost_is_a_difference(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    """Behind the sandbox's back: what its owner throws away stands in the history."""
    content = {"Drafts": [mail(1)], "Papers": [mail(1)]}
    scene = Scene(
        run(monkeypatch, tmp_path / "move", sandbox, {"Drafts": content["Drafts"]}),
        content,
        monkeypatch,
    )
    again = run(monkeypatch, tmp_path / "move", sandbox, content)
    assert again.counts() == {"imported": 1, "merged": 1}
    with closing(sqlite3.connect(sandbox.key_file.parent / "sandbox.db")) as db:
        db.execute("DELETE FROM messages")
        db.commit()
    found = summary(scene.verify().differences)
    assert found == [("Drafts", 1, "missing"), ("Papers", 1, "missing")]


def test_the_owners_own_drafts_are_not_taken_for_ours(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    """One of the same Message-ID was there; ours is answered with an error and not stored."""
    gmail = Gmail(sandbox, TARGET)
    raw = urlsafe_b64encode(mail(1, "mine").raw).decode()
    gmail.call("drafts", "POST", {"message": {"raw": raw}})
    faults(sandbox, {"method": CREATE, "nth": 1, "status": 500})
    copied = run(monkeypatch, tmp_path / "move", sandbox, {"Drafts": [mail(1)]}, ONE_BY_ONE)
    assert (copied.errors, copied.counts()) == ([], {"imported": 1})
    assert len(drafts(gmail)) == 2


def test_a_draft_that_answers_is_in_the_conversation(sandbox: Running, tmp_path: Path) -> None:
    def answer(number: int, *ids: str, subject: str = "Re: Plans") -> SampleMessage:
        fields = f"References: {' '.join(ids)}\r\nIn-Reply-To: {ids[-1]}\r\n" if ids else ""
        raw = (
            f"From: taro@example.jp\r\nDate: {number} Feb 2024 09:00:00 +0000\r\n"
            f"Message-ID: <{number}@x>\r\nSubject: {subject}\r\n{fields}\r\nText {number}\r\n"
        )
        folder = "INBOX" if number < 3 else "Drafts"
        return SampleMessage(folder, raw.encode(), frozenset(), mail(1).date)

    content = [
        answer(1, subject="Plans"),
        answer(2, "<1@x>"),
        answer(3, "<1@x>", "<2@x>"),
        answer(4, "<1@x>", "<lost@x>"),
        answer(5, "<elsewhere@x>"),
        answer(6),
    ]
    with embedded_imap(content[::-1], "taro@example.jp", "secret") as imap:
        migration = Migration(tmp_path / "move").write(
            f"imaps://{imap.host}:{imap.port}",
            imap.ca_file,
            sandbox,
            {("taro@example.jp", TARGET): "secret"},
        )
        done = migration("run", "--json")
    assert done.code == 0, done.said
    gmail = Gmail(sandbox, TARGET)
    thread = {
        each.raw.partition(b"\r\n\r\n")[2]: gmail.call(f"messages/{each.id}")["threadId"]
        for each in gmail.messages()
    }
    of = [thread[f"Text {number}\r\n".encode()] for number in range(1, 7)]
    assert of[0] == of[1] == of[2] == of[3]
    assert len(drafts(gmail)) == 4
    assert len(set(of)) == 3
