"""Runs against sandboxes that differ in what nobody could verify: nothing is lost in any."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from tests.sandboxes import running

from .memory_source import LIMITS, TARGET, Mail, mail, run
from .migration import uploads

LATER = datetime.now(UTC) + timedelta(days=30)
NUL, BARE = mail(20, "one\x00two"), mail(21, "one\ntwo\rthree")
BLOCKED = {"Content-Type": 'application/octet-stream; name="setup.exe"'}
EIGHT_BIT, LONG = mail(24, "minutes", Subject="議事録"), mail(25, "x" * 5000)
UNKNOWN = Mail(b"Subject: new\r\n\r\ny\r\n")
CONTENT = {
    "INBOX": [
        mail(1),
        mail(2),
        mail(1, "other bytes under one id"),
        mail(3, Date=format_datetime(LATER)),
        Mail(b"From: a@example.com\r\nSubject: no id\r\n\r\nx\r\n"),
        NUL,
        BARE,
        EIGHT_BIT,
        LONG,
        mail(22, **BLOCKED),
        mail(23, From="(nobody)"),
    ],
    "Drafts": [
        mail(30),
        mail(31, Subject="version", **{"Message-ID": "<30@example.com>"}),
        mail(32),
        mail(33, **BLOCKED),
        UNKNOWN,
    ],
    "Sent": [mail(10), mail(2)],
    "Trash": [mail(11), mail(1)],
    "Two  spaces": [mail(12), mail(32)],
    "projects/Drafts": [mail(14)],
    "見" * 100: [mail(15)],
    "projects": [mail(13)],
}
COUNT = sum(map(len, CONTENT.values()))
REFUSED = {
    "nul=refuse": 3,
    "bare-newlines=refuse": 3,
    "header-bytes=refuse": 3,
    "long-lines=refuse": 3,
    "draft-from=refuse": 3,
    "attachments=all": 3,
    "attachments=off": 1,
}
"""Messages that go to the quarantine then; else the From and the attachment in INBOX."""
OWN = {"header-bytes=refuse": EIGHT_BIT, "long-lines=refuse": LONG, "draft-from=refuse": UNKNOWN}
"""The one of these that has a body of its own."""
CHANGED = {"nul=strip": NUL, "bare-newlines=crlf": BARE}
ASSUMED = [
    "dedupe=message-id",
    "dedupe=content",
    "dedupe=off",
    "dedupe-trash=untrash",
    "dedupe-trash=new",
    "sent-draft=refuse",
    "future-date=now",
    "missing-message-id=add",
    "label-spaces=collapse",
    "label-spaces=refuse",
    "label-length=20",
    "label-unit=bytes",
    "label-unit=utf-16",
    "reserved-names=any",
    "classify=on",
    "conflict-reason=alreadyExists",
    "conflict-reason=duplicate",
    "concurrency=1",
    "quota-by=service-account",
    "raw-limit=100",
    *REFUSED,
    *CHANGED,
]


@pytest.mark.parametrize("assumed", ASSUMED)
def test_every_message_is_accounted_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, assumed: str
) -> None:
    with running(tmp_path / "sandbox", TARGET, extra=["--assume", assumed]) as sandbox:
        copied = run(monkeypatch, tmp_path / "move", sandbox, CONTENT, LIMITS)
        counts, refused = Counter(copied.counts()), REFUSED.get(assumed, 2)
        assert copied.errors == []
        assert counts.total() == COUNT
        assert counts["quarantined"] == refused
        assert counts["pending"] == 0
        sent = uploads(sandbox)
        again = run(monkeypatch, tmp_path / "move", sandbox, CONTENT, LIMITS)
        assert (again.counts(), uploads(sandbox)) == (copied.counts(), sent)
        stored = copied.gmail.messages()
    distinct = {each.raw for folder in CONTENT.values() for each in folder}
    assert len(stored) == len(distinct) - refused, "one message each, whatever Gmail does"
    bodies = [each.raw.partition(b"\r\n\r\n")[2] for each in stored]
    unlike = [*CHANGED.values(), *([OWN[assumed]] if assumed in OWN else [])]
    for message in distinct - {each.raw for each in unlike}:
        assert bodies.count(message.partition(b"\r\n\r\n")[2]) >= 1
