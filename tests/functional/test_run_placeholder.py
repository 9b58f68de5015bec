"""`[policy] placeholder`: a note stands where a quarantined message should be."""

from __future__ import annotations

import email
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default
from functools import partial
from pathlib import Path

import pytest

from migrate.demo.imap import embedded_imap
from migrate.demo.mail import SampleMessage
from migrate.engine import Retry
from migrate.ledger import placeholders
from migrate.notes.placeholder import Notes
from migrate.sandbox.embed import Running
from tests.sandboxes import running

from .memory_source import LIMITS, TARGET, Mail, mail, run
from .migration import Migration, Stored
from .test_run_verify import Scene

NOTES = '[policy]\nplaceholder = "message"\n'
STARRED = frozenset({"\\Flagged"})
NOBODY = mail(2, From="(nobody)", Subject="=?utf-8?B?5b6h6KaL56mN?= \u202efdp")
FLAGGED = Mail(NOBODY.raw, STARRED, NOBODY.date)
UNREADABLE = Mail(mail(3, Subject="Damaged").raw, refused=True, date=mail(3).date)
CONTENT = {"INBOX": [mail(1), FLAGGED], "Work": [NOBODY, UNREADABLE]}
PREFIX = "[mailhaul] Missing message: "


@pytest.fixture
def doubling(tmp_path: Path) -> Iterator[Running]:
    """Gmail as it would be if it did not merge by Message-ID."""
    with running(tmp_path / "sandbox", TARGET, extra=["--assume", "dedupe=off"]) as server:
        yield server


def parsed(stored: Stored) -> EmailMessage:
    message = email.message_from_bytes(stored.raw, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def notes(stored: list[Stored]) -> dict[str, Stored]:
    """Of what lies in a mailbox: the notes, by the subject they tell."""
    found = {}
    for each in stored:
        subject = str(parsed(each)["Subject"])
        if subject.startswith(PREFIX):
            name = subject.removeprefix(PREFIX)
            assert name not in found, "doubled"
            found[name] = each
    return found


def test_it_stands_at_the_place_of_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    copied = run(monkeypatch, tmp_path / "move", sandbox, CONTENT, NOTES + LIMITS)
    assert (copied.errors, copied.counts()) == ([], {"imported": 1, "quarantined": 3})
    found = notes(copied.gmail.messages())
    assert set(found) == {"御見積 ⟨U+202E⟩fdp", "Damaged"}
    refused, unreadable = found["御見積 ⟨U+202E⟩fdp"], found["Damaged"]
    assert refused.labels == {"INBOX", "Work", "STARRED"}
    assert unreadable.labels == {"Work"}
    assert [each.date // 1000 for each in (refused, unreadable)] == [
        seconds(one) for one in (NOBODY, UNREADABLE)
    ]
    text = parsed(refused).get_content()
    kept = {each.file for each in copied.document.quarantine or [] if each.file}
    assert len(kept) == 1
    for said in ("From: (nobody)", "INBOX (UID 2)", "Work (UID 1)", *kept):
        assert said in text
    assert "NO [SERVERBUG] damaged" in parsed(unreadable).get_content()
    assert Scene(copied, CONTENT, monkeypatch).verify().differences == []
    again = run(monkeypatch, tmp_path / "move", sandbox, CONTENT, NOTES + LIMITS)
    assert again.counts() == copied.counts()
    assert len(again.gmail.messages()) == 3


def seconds(one: Mail) -> int:
    return int(email.message_from_bytes(one.raw, policy=default)["Date"].datetime.timestamp())


def test_it_goes_to_trash_once_the_message_arrives(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    run(monkeypatch, tmp_path / "move", sandbox, CONTENT, NOTES + LIMITS)
    handed = {"INBOX": CONTENT["INBOX"], "Work": [NOBODY, Mail(UNREADABLE.raw)]}
    mend = Retry(None, mend=True)
    copied = run(monkeypatch, tmp_path / "move", sandbox, handed, NOTES + LIMITS, retry=mend)
    assert copied.counts() == {"imported": 3, "merged": 1}
    found = notes(copied.gmail.messages())
    assert len(found) == 2
    for each in found.values():
        assert "TRASH" in each.labels
        assert "INBOX" not in each.labels
    assert copied.document.notes == []


def test_without_the_policy_there_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    copied = run(monkeypatch, tmp_path / "move", sandbox, CONTENT)
    assert notes(copied.gmail.messages()) == {}


def test_with_minimal_scopes_it_stays_and_the_report_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    minimal = 'scopes = "minimal"'
    content = {"INBOX": [NOBODY]}
    first = run(monkeypatch, tmp_path / "move", sandbox, content, NOTES + LIMITS, minimal)
    assert (first.counts(), first.document.notes) == ({"quarantined": 1}, [])
    mend = Retry(None, mend=True)
    copied = run(
        monkeypatch, tmp_path / "move", sandbox, content, NOTES + LIMITS, minimal, retry=mend
    )
    assert copied.counts() == {"imported": 1}
    (note,) = notes(copied.gmail.messages()).values()
    assert "TRASH" not in note.labels
    assert len(copied.document.notes) == 1


@pytest.mark.parametrize("stored", [1, 2])
def test_a_crash_doubles_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, doubling: Running, stored: int
) -> None:
    """The process dies when the note number `stored` is in Gmail and not in the ledger."""
    write, calls = Notes._write, 0

    def die(self: Notes, op: partial[None]) -> None:
        nonlocal calls
        calls += op.func is placeholders.brought
        if calls == stored:
            raise RuntimeError("dead")
        write(self, op)

    with monkeypatch.context() as dying:
        dying.setattr(Notes, "_write", die)
        first = run(monkeypatch, tmp_path / "move", doubling, CONTENT, NOTES + LIMITS)
    assert [error.code for error in first.errors] == ["unexpected"]
    assert len(notes(first.gmail.messages())) == stored
    copied = run(monkeypatch, tmp_path / "move", doubling, CONTENT, NOTES + LIMITS)
    assert copied.errors == []
    assert len(notes(copied.gmail.messages())) == 2
    mend = Retry(None, mend=True)
    last = run(monkeypatch, tmp_path / "move", doubling, CONTENT, NOTES + LIMITS, retry=mend)
    trashed = [each for each in notes(last.gmail.messages()).values() if "TRASH" in each.labels]
    assert len(trashed) == 1, "the ledger knows the note that was adopted"


def test_the_real_command_and_the_text_beside_the_file(sandbox: Running, tmp_path: Path) -> None:
    content = [SampleMessage("INBOX", NOBODY.raw, NOBODY.flags, NOBODY.date)]
    with embedded_imap(content, "taro@example.jp", "secret") as imap:
        migration = Migration(tmp_path / "move").write(
            f"imaps://{imap.host}:{imap.port}",
            imap.ca_file,
            sandbox,
            {("taro@example.jp", TARGET): "secret"},
            NOTES + LIMITS,
        )
        done = migration("run", "--lang", "ja")
        assert done.code == 3, done.said
        (text,) = migration.directory.glob("quarantine/*/*.txt")
        assert "御見積 ⟨U+202E⟩fdp" in text.read_text(encoding="utf-8")
        assert text.with_suffix(".eml").read_bytes() == NOBODY.raw
        assert migration("retry", "--repair", "--json").code == 0
        assert not list(migration.directory.glob("quarantine/*/*"))
