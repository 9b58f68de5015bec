"""`[policy] notice`: an owner is told once that everything has arrived."""

from __future__ import annotations

import email
import json
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from sqlalchemy import Connection

from migrate.gmail.errors import MessageRefused
from migrate.gmail.upload import Method
from migrate.gmail.upload import Stored as Sent
from migrate.notes.notice import Notice
from migrate.sandbox.embed import Running
from migrate.sending import Letter, Sender
from tests.sandboxes import running

from .memory_source import LIMITS, TARGET, mail, run
from .migration import Stored
from .test_run_verify import Scene

NOTICE = '[policy]\nnotice = "message"\nnotice_contact = "情報システム部 <it@example.jp>"\n'
JAPANESE = NOTICE + 'notice_language = "ja"\nnotice_from = "情報システム部 <it@example.jp>"\n'
CONTENT = {
    "INBOX": [mail(1), mail(2)],
    "案件/A": [mail(2), mail(3)],
    "Sent": [mail(4), mail(5, From="(nobody)")],
}


@pytest.fixture
def sandbox(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Running]:
    """Gmail as it would be if it did not merge by Message-ID."""
    with running(tmp_path / "sandbox", TARGET, extra=["--assume", "dedupe=off"]) as server:
        yield server


def told(stored: list[Stored]) -> list[tuple[Stored, EmailMessage]]:
    """The notices in a mailbox."""
    found = []
    for each in stored:
        parsed = email.message_from_bytes(each.raw, policy=default)
        assert isinstance(parsed, EmailMessage)
        if ".notice@" in str(parsed["Message-ID"]):
            found.append((each, parsed))
    return found


def events(move: Path) -> list[tuple[str, str]]:
    """What the logs of all runs say of notices, and of whom."""
    logs = (move / "state" / "logs").glob("*.jsonl")
    lines = [json.loads(line) for log in logs for line in log.read_text().splitlines()]
    return [(each["event"], each["account"]) for each in lines if "notice" in each["event"]]


def test_an_owner_is_told_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    move = tmp_path / "move"
    pilot = run(monkeypatch, move, sandbox, CONTENT, JAPANESE + LIMITS, limit=1)
    assert told(pilot.gmail.messages()) == [], "something is pending"
    copied = run(monkeypatch, move, sandbox, CONTENT, JAPANESE + LIMITS)
    assert copied.counts() == {"imported": 4, "merged": 1, "quarantined": 1}
    ((stored, notice),) = told(copied.gmail.messages())
    assert stored.labels == {"INBOX", "UNREAD"}
    assert notice["Date"].datetime.timestamp() == stored.date / 1000
    assert str(notice["From"]) == "情報システム部 <it@example.jp>"
    assert notice["Reply-To"].addresses[0].addr_spec == "it@example.jp"
    assert stored.raw.isascii()
    assert notice["Subject"] == "メールの移行が完了しました（source）"
    text = notice.get_content()
    for line in (
        "以前のメールボックスのメール：6 通",
        "このメールボックスにあるメール：5 通",
        "- 1 通：取り込めませんでした。",
        "- 案件/A → 案件/A",
        "- Sent → 送信済み",
        "お問い合わせください：情報システム部 <it@example.jp>",
    ):
        assert line in text
    assert Scene(copied, CONTENT, monkeypatch).verify().differences == []
    again = run(monkeypatch, move, sandbox, CONTENT, JAPANESE + LIMITS)
    assert again.counts() == copied.counts()
    assert len(told(again.gmail.messages())) == 1
    assert events(move) == [("notice-sent", "source")]


def test_a_notice_that_gmail_refuses_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    move, content = tmp_path / "move", {"INBOX": [mail(1)]}
    send = Sender.send

    def refuse(self: Sender, method: Method, letter: Letter, *more: str) -> Sent:
        if ".notice@" in letter.message_id:
            raise MessageRefused("gmail-refused", detail="no")
        return send(self, method, letter, *more)

    with monkeypatch.context() as refusing:
        refusing.setattr(Sender, "send", refuse)
        copied = run(monkeypatch, move, sandbox, content, NOTICE + LIMITS)
    assert (copied.errors, copied.counts()) == ([], {"imported": 1})
    assert told(copied.gmail.messages()) == []
    again = run(monkeypatch, move, sandbox, content, NOTICE + LIMITS)
    assert len(told(again.gmail.messages())) == 1
    assert sorted(events(move)) == [("notice-refused", "source"), ("notice-sent", "source")]


def test_not_while_other_passes_follow(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    move, content = tmp_path / "move", {"INBOX": [mail(1)]}
    watched = run(monkeypatch, move, sandbox, content, NOTICE + LIMITS, last=False)
    assert told(watched.gmail.messages()) == []
    ended = run(monkeypatch, move, sandbox, content, NOTICE + LIMITS)
    ((_, notice),) = told(ended.gmail.messages())
    assert notice["Subject"] == "Your mail from source is here"
    assert "Not here" not in notice.get_content()


def test_a_crash_doubles_none_and_an_undo_takes_it_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    move, content = tmp_path / "move", {"INBOX": [mail(1)]}

    def die(_: Notice, op: Callable[[Connection], None]) -> None:
        raise RuntimeError("dead")

    with monkeypatch.context() as dying:
        dying.setattr(Notice, "_record", die)
        first = run(monkeypatch, move, sandbox, content, NOTICE + LIMITS)
    assert [error.code for error in first.errors] == ["unexpected"]
    ((sent, _),) = told(first.gmail.messages())
    copied = run(monkeypatch, move, sandbox, content, NOTICE + LIMITS)
    assert copied.errors == []
    assert [each.id for each, _ in told(copied.gmail.messages())] == [sent.id]
    undone = copied.migration("undo", "last")
    assert undone.code == 0, undone.said
    ((trashed, _),) = told(copied.gmail.messages())
    assert "TRASH" in trashed.labels
    again = run(monkeypatch, move, sandbox, content, NOTICE + LIMITS)
    there = {each.id: each.labels for each, _ in told(again.gmail.messages())}
    assert len(there) == 2
    assert there.pop(sent.id) == trashed.labels, "the next one is another"
    assert list(there.values()) == [{"INBOX", "UNREAD"}]
