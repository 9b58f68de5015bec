"""Refusals, expired tokens, failures before and after storing: nothing is lost, nothing twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from migrate.sandbox.embed import Running, running

from .memory_source import LIMITS, OLDEST_FIRST, ONE_BY_ONE, TARGET, Copied, Mail, mail, run
from .migration import faults, stats

IMPORT = "gmail.users.messages.import"
SEVEN = {"INBOX": [mail(number) for number in range(7)]}


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path / "sandbox", TARGET) as server:
        yield server


def check_all_there_once(copied: Copied) -> None:
    assert copied.errors == []
    assert copied.counts() == {"imported": 7}
    found = Counter(one.raw[-200:].partition(b"From:")[2] for one in copied.gmail.messages())
    assert found == Counter(one.raw.partition(b"From:")[2] for one in SEVEN["INBOX"])


REFUSALS: Mapping[str, Mapping[str, Any]] = {
    "user rate": {"status": 403, "reason": "userRateLimitExceeded"},
    "rate": {"status": 403, "reason": "rateLimitExceeded"},
    "many requests": {"status": 429, "reason": "rateLimitExceeded"},
    "concurrency": {"status": 429, "message": "Too many concurrent requests for user"},
    "a proxy's": {"status": 429, "body": "<html>slow down</html>"},
}


@pytest.mark.parametrize("shape", REFUSALS)
def test_a_quota_refusal_is_waited_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running, shape: str
) -> None:
    faults(sandbox, {"method": IMPORT, "nth": [2, 3], **REFUSALS[shape]})
    check_all_there_once(run(monkeypatch, tmp_path / "move", sandbox, SEVEN))
    assert stats(sandbox)["fault_hits"] == [2]


def test_nothing_is_sent_before_the_time_that_gmail_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    until = datetime.now(UTC) + timedelta(seconds=5)
    text = f"User-rate limit exceeded.  Retry after {until:%Y-%m-%dT%H:%M:%S.000Z}"
    faults(sandbox, {"method": IMPORT, "nth": 1, "status": 429, "message": text})
    copied = run(monkeypatch, tmp_path / "move", sandbox, SEVEN, ONE_BY_ONE)
    check_all_there_once(copied)
    assert datetime.now(UTC) >= until.replace(microsecond=0)


def test_a_token_that_expires_on_the_way(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    faults(sandbox, {"method": IMPORT, "nth": [2, 5], "status": 401})
    check_all_there_once(run(monkeypatch, tmp_path / "move", sandbox, SEVEN, ONE_BY_ONE))
    assert stats(sandbox)["fault_hits"] == [2]
    renewals = 2
    reader = 1  # this test's own
    assert stats(sandbox)["requests"]["token"] == 1 + renewals + reader


def test_short_lived_tokens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with running(tmp_path / "sandbox", TARGET, extra=["--token-lifetime", "2s"]) as sandbox:
        faults(sandbox, {"method": IMPORT, "delay": 0.4})
        copied = run(monkeypatch, tmp_path / "move", sandbox, SEVEN, ONE_BY_ONE)
        check_all_there_once(copied)


def test_a_message_that_gmail_always_fails_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    """Six tries are the third message's own, for uploads go one by one."""
    faults(sandbox, {"method": IMPORT, "nth": list(range(3, 9)), "status": 500})
    copied = run(monkeypatch, tmp_path / "move", sandbox, SEVEN, OLDEST_FIRST + ONE_BY_ONE)
    assert copied.counts() == {"imported": 6, "quarantined": 1}
    assert not copied.document.complete
    (kept,) = copied.document.quarantine or []
    assert kept.code == "gmail-keeps-failing"
    assert kept.uid == 3
    assert kept.file
    assert (copied.migration.directory / kept.file).read_bytes() == SEVEN["INBOX"][2].raw
    assert kept.cause
    assert kept.cure
    assert len(list(copied.gmail.ids())) == 6


AFTER: Mapping[str, Mapping[str, Any]] = {
    "error 500": {"status": 500},
    "dropped": {"drop": True},
    "cut off": {"truncate": True},
}


@pytest.mark.parametrize("kept", ["1", "1000000"])
@pytest.mark.parametrize("what", AFTER)
def test_stored_although_gmail_failed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kept: str, what: str
) -> None:
    """The message is found again, by the history or, when that has expired, without it."""
    extra = ["--history-kept", kept, "--dedupe", "off"]
    with running(tmp_path / "sandbox", TARGET, extra=extra) as sandbox:
        faults(sandbox, {"method": IMPORT, "nth": [3, 6], "when": "after", **AFTER[what]})
        copied = run(monkeypatch, tmp_path / "move", sandbox, SEVEN, OLDEST_FIRST + LIMITS)
        assert stats(sandbox)["fault_hits"] == [2]
        check_all_there_once(copied)


def test_a_message_that_the_source_keeps_to_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    content = {"INBOX": [mail(1), Mail(mail(2).raw, refused=True), mail(3)]}
    copied = run(monkeypatch, tmp_path / "move", sandbox, content)
    assert copied.counts() == {"imported": 2, "quarantined": 1}
    (kept,) = copied.document.quarantine or []
    assert (kept.code, kept.uid, kept.file) == ("source-refused-message", 2, None)
    assert kept.detail == "NO [SERVERBUG] damaged"
    assert kept.cause.endswith(kept.detail)
    assert kept.cure
