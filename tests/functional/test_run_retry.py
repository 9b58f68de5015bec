"""`retry`: what was quarantined is tried again, and what arrives leaves the quarantine."""

from __future__ import annotations

import sqlite3
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from migrate.demo.imap import Running as Imap
from migrate.demo.imap import embedded_imap
from migrate.demo.mail import SampleMessage
from migrate.engine import Retry
from migrate.sandbox.embed import Running
from migrate.texts import Texts

from .memory_source import LIMITS, OLDEST_FIRST, ONE_BY_ONE, TARGET, Mail, mail, run
from .migration import Migration, faults, stats, uploads

USER = "taro@example.jp"
IMPORT = "gmail.users.messages.import"
VAGUE = {"status": 400, "message": "Request contains an invalid argument."}
VIRUS = {"status": 400, "message": "Message blocked: it contains a virus."}
FOUR = [mail(1), mail(2), mail(3, From="(unknown sender)"), mail(4, From="(nobody)")]
en, ja = Texts("en"), Texts("ja")


@pytest.fixture(scope="module")
def imap() -> Iterator[Imap]:
    content = [SampleMessage("INBOX", each.raw, each.flags, each.date) for each in FOUR]
    with embedded_imap(content, USER, "secret") as server:
        yield server


@pytest.fixture
def migration(imap: Imap, sandbox: Running, tmp_path: Path) -> Migration:
    """Finished, but for what Gmail refuses: for its attachment, and for its From."""
    faults(sandbox, {"method": IMPORT, "status": 400, "message": "Invalid attachment.", "nth": 1})
    accounts = {(USER, TARGET): "secret"}
    url = f"imaps://{imap.host}:{imap.port}"
    more = OLDEST_FIRST + ONE_BY_ONE
    made = Migration(tmp_path / "move").write(url, imap.ca_file, sandbox, accounts, more)
    done = made("run", "--json")
    assert done.code == 3, done.said
    return made


def kept(migration: Migration) -> int:
    return len(list(migration.directory.glob("quarantine/*/*.eml")))


def classes(totals: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in totals.items() if count and name != "source"}


def test_by_class_then_all(migration: Migration, sandbox: Running) -> None:
    status = migration("status", "--json").json
    refused = status["totals"]["quarantined"]
    assert (kept(migration), refused) == (refused, refused)
    codes = {each["code"] for each in migration("report", "--json").json["quarantine"]}
    assert "gmail-attachment" in codes

    unknown = migration("retry", "--class", "gmail-too-large", "--lang", "en")
    assert unknown.code == 2
    assert en("errors.retry-class.cause", word="gmail-too-large") in unknown.err
    assert "gmail-attachment" in unknown.err
    sent = uploads(sandbox)
    done = migration("retry", "--class", "gmail-attachment", "--json")
    assert done.code == 3, done.said  # the others are still there
    assert uploads(sandbox) == sent + 1
    assert done.json["totals"]["quarantined"] == refused - 1 == kept(migration)
    verified = migration("verify", "--deep", "--json")
    assert verified.json["differences"] == []

    again = migration("retry", "--json")
    assert again.code == 3, again.said
    assert uploads(sandbox) == sent + 1 + refused - 1
    assert again.json["totals"] == done.json["totals"]
    assert kept(migration) == refused - 1


def test_nothing_is_quarantined(imap: Imap, sandbox: Running, tmp_path: Path) -> None:
    url = f"imaps://{imap.host}:{imap.port}"
    accounts = {(USER, TARGET): "secret"}
    more = OLDEST_FIRST + LIMITS
    migration = Migration(tmp_path / "move").write(url, imap.ca_file, sandbox, accounts, more)
    early = migration("retry")
    assert early.code == 2
    assert "mailhaul migrate plan" in early.err
    assert migration("run", "--limit", "1").code == 4
    sent = uploads(sandbox)
    for lang, texts in {"en": en, "ja": ja}.items():
        done = migration("retry", "--lang", lang)
        assert (done.code, done.out) == (0, texts("cli.retry.nothing") + "\n")
    done = migration("retry", "--class", "gmail-attachment", "--json")
    assert (done.code, done.json["totals"]["pending"]) == (0, 3)
    assert uploads(sandbox) == sent


def test_only_the_accounts_that_are_named(migration: Migration, sandbox: Running) -> None:
    assert migration("retry", "--only", "hanako@example.jp").code == 2
    assert migration("retry", "--only", USER, "--json").code == 3


def test_what_the_source_did_not_hand_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    content = {"INBOX": [mail(1), Mail(mail(2).raw, refused=True)]}
    copied = run(monkeypatch, tmp_path / "move", sandbox, content)
    assert copied.counts() == {"imported": 1, "quarantined": 1}
    content["INBOX"][1] = mail(2)
    assert run(monkeypatch, tmp_path / "move", sandbox, content).counts()["quarantined"] == 1
    again = run(
        monkeypatch,
        tmp_path / "move",
        sandbox,
        content,
        retry=Retry("source-refused-message", mend=False),
    )
    assert (again.errors, again.counts()) == ([], {"imported": 2})


def test_a_refusal_without_a_reason_is_tried_once_more(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    faults(sandbox, {"method": IMPORT, "nth": [1, 2], **VAGUE})
    content = {"INBOX": [mail(number) for number in range(5)]}
    copied = run(monkeypatch, tmp_path / "move", sandbox, content)
    assert (copied.errors, copied.counts()) == ([], {"imported": 5})
    assert stats(sandbox)["fault_hits"] == [2]
    assert kept(copied.migration) == 0


@pytest.mark.parametrize("refusal", [VAGUE, VIRUS])
def test_a_refusal_that_only_gmail_knows_keeps_its_own_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running, refusal: dict[str, Any]
) -> None:
    faults(sandbox, {"method": IMPORT, **refusal})
    copied = run(monkeypatch, tmp_path / "move", sandbox, {"INBOX": [mail(1)]})
    assert (copied.errors, copied.counts()) == ([], {"quarantined": 1})
    assert stats(sandbox)["fault_hits"] == [2], "once more, and no more"
    (line,) = copied.document.quarantine or []
    assert (line.code, line.detail) == ("gmail-refused", f"400 {refusal['message']}")
    assert refusal["message"] in line.cause
    assert line.cure
    assert line.file
    assert (copied.migration.directory / line.file).read_bytes() == mail(1).raw
    again = run(monkeypatch, tmp_path / "move", sandbox, {"INBOX": [mail(1)]})
    assert stats(sandbox)["fault_hits"] == [2], "a run leaves the quarantine alone"
    assert again.counts() == {"quarantined": 1}


def test_a_pilot_keeps_to_its_limit(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    faults(sandbox, {"method": IMPORT, **VAGUE})
    content = {"INBOX": [mail(number) for number in range(5)]}
    copied = run(monkeypatch, tmp_path / "move", sandbox, content, limit=2)
    assert copied.counts() == {"quarantined": 2, "pending": 3}


def test_the_placeholder_goes_to_trash(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    """One that its owner has deleted is not missed."""
    move, content = tmp_path / "move", {"INBOX": [mail(1), mail(2), mail(3)]}
    faults(sandbox, {"method": IMPORT, "status": 400, "message": "Invalid attachment."})
    copied = run(monkeypatch, move, sandbox, content)
    assert copied.counts() == {"quarantined": 3}
    note = {"raw": urlsafe_b64encode(mail(9).raw).decode(), "labelIds": ["INBOX"]}
    standing = [copied.gmail.call("messages", "POST", note)["id"] for _ in range(2)]
    with sqlite3.connect(move / "state" / "ledger.db") as conn:
        rows = [(each, letter) for each, letter in zip([*standing, "f0"], (1, 2, 3), strict=True)]
        conn.executemany("UPDATE message SET placeholder_id = ? WHERE header_id = ?",
                         [(each, f"<{letter}@example.com>") for each, letter in rows])  # fmt: skip
    conn.close()
    faults(sandbox, {"method": IMPORT, "nth": 1, "status": 400, "message": "Invalid attachment."})
    more = OLDEST_FIRST + ONE_BY_ONE
    again = run(monkeypatch, move, sandbox, content, more, retry=Retry(None, mend=False))
    assert (again.errors, again.counts()) == ([], {"imported": 2, "quarantined": 1})
    labels = [copied.gmail.message(each).labels for each in standing]
    assert [("TRASH" in each, "INBOX" in each) for each in labels] == [(False, True), (True, False)]
    with sqlite3.connect(move / "state" / "ledger.db") as conn:
        left = conn.execute("SELECT placeholder_id FROM message ORDER BY header_id").fetchall()
    conn.close()
    assert left == [(standing[0],), (None,), (None,)]
