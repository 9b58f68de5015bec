"""A From that Gmail refuses is mended on request, once it has been refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from migrate.demo.imap import embedded_imap
from migrate.demo.mail import SampleMessage
from migrate.gmail.quota import Stopped
from migrate.sandbox.embed import Running
from tests.sandboxes import running

from .memory_source import LIMITS, ONE_BY_ONE, TARGET, Copied, Mail, mail, run
from .migration import Migration, Stored, faults, stats, uploads
from .test_run_verify import Scene

IMPORT = "gmail.users.messages.import"
REPAIR = '[policy]\nrefused = "repair"\n'
NOBODY = mail(2, From="(nobody)", Sender="b@example.com")
WITHOUT = Mail(mail(3).raw.partition(b"\r\n")[2], mail(3).flags, mail(3).date)
"""It lacks only the first line, so its mended form is the plain one with a line in front."""
CONTENT = {"INBOX": [mail(1), NOBODY, WITHOUT]}


def check_mended(copied: Copied, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (copied.errors, copied.counts()) == ([], {"imported": 3})
    repairs = [(each.uid, each.field) for each in copied.document.repairs or []]
    assert repairs == [(2, "From"), (3, "From")]
    stored = copied.gmail.messages()
    assert len(stored) == 3
    for letter in (NOBODY, WITHOUT):
        (found,) = [one for one in stored if letter.raw.partition(b"Message-ID")[2] in one.raw]
        _check_header(letter, found)
    assert Scene(copied, CONTENT, monkeypatch).verify().differences == []


def _check_header(letter: Mail, found: Stored) -> None:
    header = found.raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
    (sender,) = [line for line in header if line.startswith(b"From: ")]
    original = letter.raw.startswith(b"From: ")
    assert (b"X-Mailhaul-Original-From: (nobody)" in header) == original
    assert sender.endswith(b"b@example.com>" if original else b"<unknown@mailhaul.invalid>")


def test_by_policy_in_the_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    copied = run(monkeypatch, tmp_path / "move", sandbox, CONTENT, REPAIR + LIMITS)
    check_mended(copied, monkeypatch)
    assert uploads(sandbox) == 3 + 2


def test_only_what_gmail_refused_for_its_from(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    attachment = {"method": IMPORT, "status": 400, "message": "Invalid attachment."}
    faults(sandbox, attachment)
    copied = run(monkeypatch, tmp_path / "move", sandbox, CONTENT, REPAIR + LIMITS)
    assert copied.counts() == {"quarantined": 3}
    assert uploads(sandbox) == 3
    assert {each.code for each in copied.document.quarantine or []} == {"gmail-attachment"}


def test_by_retry(sandbox: Running, tmp_path: Path) -> None:
    content = [SampleMessage("INBOX", each.raw, each.flags, each.date) for each in CONTENT["INBOX"]]
    with embedded_imap(content, "taro@example.jp", "secret") as imap:
        migration = Migration(tmp_path / "move").write(
            f"imaps://{imap.host}:{imap.port}",
            imap.ca_file,
            sandbox,
            {("taro@example.jp", TARGET): "secret"},
        )
        assert migration("run", "--json").json["totals"]["quarantined"] == 2
        assert migration("retry", "--json").json["totals"]["quarantined"] == 2
        done = migration("retry", "--repair", "--json")
        assert (done.code, done.json["totals"]["imported"]) == (0, 3), done.said
        assert not list(migration.directory.glob("quarantine/*/*"))
        repairs = migration("report", "--json").json["repairs"]
        assert [each["field"] for each in repairs] == ["From", "From"]
        verified = migration("verify", "--deep", "--json")
        assert (verified.code, verified.json["differences"]) == (0, [])


AFTER: Mapping[str, Mapping[str, Any]] = {"error 500": {"status": 500}, "cut off": {"drop": True}}


@pytest.mark.parametrize("what", AFTER)
def test_stored_although_gmail_failed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, what: str
) -> None:
    with running(tmp_path / "sandbox", TARGET, extra=["--assume", "dedupe=off"]) as sandbox:
        faults(sandbox, {"method": IMPORT, "every": 2, "when": "after", **AFTER[what]})
        copied = run(monkeypatch, tmp_path / "move", sandbox, CONTENT, REPAIR + ONE_BY_ONE)
        assert stats(sandbox)["fault_hits"] == [2], "each after the plain form was refused"
        check_mended(copied, monkeypatch)


@pytest.mark.parametrize("policy", [REPAIR, ""])
def test_in_doubt_it_is_found_in_the_form_that_it_was_sent_in(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running, policy: str
) -> None:
    """It is stored and the process ends. The next run need not have the same policy."""

    def end(*_: object, **__: object) -> None:
        raise Stopped

    with monkeypatch.context() as killed:
        killed.setattr("migrate.delivery.recorder.Recorder.stored", end)
        first = run(killed, tmp_path / "move", sandbox, CONTENT, REPAIR + LIMITS)
        assert first.counts() == {"pending": 3}
    sent = uploads(sandbox)
    check_mended(
        run(monkeypatch, tmp_path / "move", sandbox, CONTENT, policy + LIMITS), monkeypatch
    )
    assert uploads(sandbox) == sent
