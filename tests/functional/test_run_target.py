"""What a run makes of a mailbox that is not empty, and of what Gmail does not allow."""

from __future__ import annotations

import sqlite3
from base64 import urlsafe_b64encode
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from migrate.sandbox.embed import Running
from tests.sandboxes import running

from .memory_source import LIMITS, TARGET, Copied, Mail, mail, run
from .migration import Gmail, stats, uploads


def there_before(sandbox: Running, message: Mail, *labels: str) -> Any:
    """Put a message into the mailbox as somebody else would."""
    raw = urlsafe_b64encode(message.raw).decode()
    path = "messages/import?internalDateSource=dateHeader"
    return Gmail(sandbox, TARGET).call(path, "POST", {"raw": raw, "labelIds": list(labels)})


def id_of(number: int) -> bytes:
    return b"\r\nMessage-ID: <%d@example.com>\r\n" % number


def reasons(copied: Copied) -> list[tuple[str, str | None]]:
    with closing(sqlite3.connect(copied.migration.directory / "state" / "ledger.db")) as db:
        return [tuple(row) for row in db.execute("SELECT state, reason FROM occurrence")]


def test_the_same_bytes_are_present_and_get_their_labels(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    before = there_before(sandbox, mail(1), "INBOX", "STARRED")
    content = {"Projects": [mail(1), mail(2)]}
    copied = run(monkeypatch, tmp_path / "move", sandbox, content)
    assert copied.counts() == {"present": 1, "imported": 1}
    assert copied.document.complete
    stored = {one.id: one for one in copied.gmail.messages()}
    assert len(stored) == 2
    assert stored[before["id"]].labels == {"INBOX", "STARRED", "Projects"}
    sent = uploads(sandbox)
    again = run(monkeypatch, tmp_path / "move", sandbox, content)
    assert (again.counts(), uploads(sandbox)) == (copied.counts(), sent)


@pytest.mark.parametrize("place", ["TRASH", "SPAM"])
@pytest.mark.parametrize("policy", ["keep-both", "gmail"])
def test_what_gmail_is_about_to_delete_is_not_taken_for_present(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running, place: str, policy: str
) -> None:
    before = there_before(sandbox, mail(1), place)
    content = {"INBOX": [mail(1)]}
    more = f'[policy]\ncollisions = "{policy}"\n{LIMITS}'
    copied = run(monkeypatch, tmp_path / "move", sandbox, content, more)
    assert copied.counts() == {"imported": 1}
    stored = {one.id: one for one in copied.gmail.messages()}
    assert stored.pop(before["id"]).labels == {place}
    (new,) = stored.values()
    assert new.labels == {"INBOX"}
    assert new.raw.endswith(mail(1).raw)
    sent = uploads(sandbox)
    assert run(monkeypatch, tmp_path / "move", sandbox, content, more).counts() == {"imported": 1}
    assert uploads(sandbox) == sent


def test_other_bytes_under_the_same_id_both_survive(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    first, second = mail(1, "as it was"), mail(1, "with a footer")
    before = there_before(sandbox, first, "INBOX")
    copied = run(monkeypatch, tmp_path / "move", sandbox, {"Projects": [second]})
    assert copied.counts() == {"imported": 1}
    stored = {one.id: one for one in copied.gmail.messages()}
    assert len(stored) == 2
    old = stored.pop(before["id"])
    (new,) = stored.values()
    assert old.raw.endswith(first.raw)
    assert old.labels == {"INBOX"}
    assert new.raw.endswith(second.raw)
    assert new.labels == {"Projects"}
    assert new.thread == old.thread
    assert new.date == old.date


def test_policy_gmail_lets_gmail_merge(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    before = there_before(sandbox, mail(1, "as it was"), "INBOX")
    copied = run(
        monkeypatch,
        tmp_path / "move",
        sandbox,
        {"Projects": [mail(1, "with a footer")]},
        f'[policy]\ncollisions = "gmail"\n{LIMITS}',
    )
    assert copied.counts() == {"merged": 1}
    assert reasons(copied) == [("merged", "gmail")]
    (stored,) = copied.gmail.messages()
    assert stored.id == before["id"]
    assert stored.labels == {"INBOX", "Projects"}


@pytest.mark.parametrize("policy", ["keep-both", "gmail"])
def test_two_of_ours_under_one_id(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running, policy: str
) -> None:
    content = {"INBOX": [mail(1, "one"), mail(2)], "Projects": [mail(1, "two"), mail(1, "one")]}
    more = f'[policy]\ncollisions = "{policy}"\n{LIMITS}'
    copied = run(monkeypatch, tmp_path / "move", sandbox, content, more)
    stored = copied.gmail.messages()
    if policy == "gmail":
        assert copied.counts() == {"imported": 2, "merged": 2}
        assert len(stored) == 2
        assert ("merged", "gmail") in reasons(copied)
        return
    assert copied.counts() == {"imported": 3, "merged": 1}
    pair = [one for one in stored if id_of(1) in one.raw]
    assert {one.labels for one in pair} == {
        frozenset({"INBOX", "Projects"}),
        frozenset({"Projects"}),
    }
    assert len({one.thread for one in pair}) == 1


def test_scopes_minimal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running) -> None:
    content = {"INBOX": [mail(1), mail(2)], "Projects": [mail(1)]}
    target = 'scopes = "minimal"\n'
    copied = run(monkeypatch, tmp_path / "move", sandbox, content, target=target)
    assert copied.errors == []
    assert copied.counts() == {"imported": 2, "merged": 1}
    stored = copied.gmail.messages()
    assert {one.labels for one in stored} == {
        frozenset({"INBOX", "Projects"}),
        frozenset({"INBOX"}),
    }
    sent = uploads(sandbox)
    run(monkeypatch, tmp_path / "move", sandbox, content, target=target)
    assert uploads(sandbox) == sent


def test_a_refused_sent_gets_a_label_instead(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    extra = ["--assume", "sent-draft=refuse"]
    with running(tmp_path / "sandbox", TARGET, extra=extra) as sandbox:
        copied = run(
            monkeypatch,
            tmp_path / "move",
            sandbox,
            {"Sent": [mail(1), mail(2)], "INBOX": [mail(2)]},
        )
        assert copied.counts() == {"imported": 2, "merged": 1}
        stored = copied.gmail.messages()
    labels = {number: one.labels for one in stored for number in (1, 2) if id_of(number) in one.raw}
    assert labels == {1: {"Sent (imported)"}, 2: {"INBOX", "Sent (imported)"}}


def test_a_label_of_another_case_is_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    gmail = Gmail(sandbox, TARGET)
    made = gmail.call("labels", "POST", {"name": "PROJECTS/Été"})
    copied = run(monkeypatch, tmp_path / "move", sandbox, {"Projects/été": [mail(1)]})
    assert copied.counts() == {"imported": 1}
    (stored,) = copied.gmail.messages()
    assert stored.labels == {"PROJECTS/Été"}
    names = [name for name in copied.gmail.labels().values() if name.casefold().endswith("été")]
    assert names == [made["name"]]


def test_a_later_run_brings_what_is_new(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    first = [mail(1), mail(2)]
    run(monkeypatch, tmp_path / "move", sandbox, {"INBOX": first})
    sent = uploads(sandbox)
    content = {"INBOX": [*first, mail(3)], "Projects": [mail(2)]}
    copied = run(monkeypatch, tmp_path / "move", sandbox, content)
    assert copied.counts() == {"imported": 3, "merged": 1}
    assert uploads(sandbox) == sent + 1
    labels = {
        number: one.labels
        for one in copied.gmail.messages()
        for number in (1, 2, 3)
        if id_of(number) in one.raw
    }
    assert labels == {1: {"INBOX"}, 2: {"INBOX", "Projects"}, 3: {"INBOX"}}


def test_tls_to_the_target(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    content = {"INBOX": [mail(1), mail(2, "x" * 3_000_000)]}
    with running(tmp_path / "sandbox", TARGET, extra=["--tls"]) as sandbox:
        distrusted = run(monkeypatch, tmp_path / "move", sandbox, content)
        assert [error.code for error in distrusted.errors] == ["target-unreachable"]
        assert stats(sandbox)["requests"] == {}
        target = f'ca_file = "{sandbox.ca_file}"\n'
        copied = run(monkeypatch, tmp_path / "move", sandbox, content, target=target)
        assert copied.errors == []
        assert copied.counts() == {"imported": 2}
        bodies = sorted(len(one.raw) for one in copied.gmail.messages())
    assert bodies[0] < 1_000 < 3_000_000 < bodies[1]
