"""Refusals, expired tokens, failures before and after storing: nothing is lost, nothing twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from migrate.body import Body
from migrate.sandbox.embed import Running
from tests.sandboxes import running

from .memory_source import LIMITS, OLDEST_FIRST, ONE_BY_ONE, TARGET, Copied, Mail, mail, run
from .migration import faults, stats

IMPORT = "gmail.users.messages.import"
SEVEN = {"INBOX": [mail(number) for number in range(7)]}


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
    extra = ["--history-kept", kept, "--assume", "dedupe=off"]
    with running(tmp_path / "sandbox", TARGET, extra=extra) as sandbox:
        faults(sandbox, {"method": IMPORT, "nth": [3, 6], "when": "after", **AFTER[what]})
        copied = run(monkeypatch, tmp_path / "move", sandbox, SEVEN, OLDEST_FIRST + LIMITS)
        assert stats(sandbox)["fault_hits"] == [2]
        check_all_there_once(copied)


@pytest.mark.parametrize("what", AFTER)
def test_what_is_only_read_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running, what: str
) -> None:
    """Also where an answer breaks off in the middle."""
    reads = ["getProfile", "messages.list", "history.list", "labels.list"]
    rules = [
        {"method": f"gmail.users.{each}", "nth": 1, "when": "after", **AFTER[what]}
        for each in reads
    ]
    faults(sandbox, *rules)
    copied = run(monkeypatch, tmp_path / "move", sandbox, SEVEN, OLDEST_FIRST + LIMITS)
    assert copied.errors == []
    check_all_there_once(copied)
    assert sum(stats(sandbox)["fault_hits"]) >= 3


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


def test_an_outage_stops_the_account_and_puts_nothing_but_two_into_quarantine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    monkeypatch.setattr("migrate.sending.sender._UNKNOWN_AT_MOST", 2)
    faults(sandbox, {"method": IMPORT, "every": 1, "status": 503})
    copied = run(monkeypatch, tmp_path / "move", sandbox, SEVEN, ONE_BY_ONE)
    assert [error.code for error in copied.errors] == ["target-unreachable"]
    assert copied.counts() == {"quarantined": 2, "pending": 5}


def test_the_quota_of_the_day_stops_the_run_with_its_work_pending(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    day = {"status": 403, "reason": "dailyLimitExceeded", "message": "Daily Limit Exceeded"}
    faults(sandbox, {"method": IMPORT, "nth": [4, 5, 6, 7, 8, 9], **day})
    copied = run(monkeypatch, tmp_path / "move", sandbox, SEVEN, ONE_BY_ONE)
    assert [error.code for error in copied.errors] == ["day-quota"]
    assert copied.document.accounts[0].state == "paused"
    assert copied.counts() == {"imported": 3, "pending": 4}
    faults(sandbox)
    again = run(monkeypatch, tmp_path / "move", sandbox, SEVEN, ONE_BY_ONE)
    check_all_there_once(again)


def test_a_bug_met_on_an_account_is_told_and_costs_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("migrate.delivery.message.content", lambda _: 1 / 0)
        copied = run(broken, tmp_path / "move", sandbox, SEVEN)
        assert [error.code for error in copied.errors] == ["unexpected"]
        assert copied.counts() == {"pending": 7}
    check_all_there_once(run(monkeypatch, tmp_path / "move", sandbox, SEVEN))


def test_many_copies_of_one_message_id_do_not_stay_in_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    same = {"Message-ID": "<cron@example.com>"}
    cron = [mail(number, f"{number}" * 300_000, **same) for number in range(10, 30)]
    spilled: list[Path] = []
    spill = Body.spill

    def spy(body: Body, path: Path) -> None:
        spilled.append(path)
        spill(body, path)

    monkeypatch.setattr("migrate.body.Body.spill", spy)
    (tmp_path / "move" / "state" / "spool").mkdir(parents=True)
    limits = f"{ONE_BY_ONE}memory_bytes = 8388608\naccounts = 1\n"
    copied = run(monkeypatch, tmp_path / "move", sandbox, {"INBOX": cron}, limits)
    assert copied.errors == []
    assert copied.counts() == {"imported": 20}
    # 20 of 600,000 bytes, of which 8 MiB may be held.
    assert len(spilled) == 7
    assert not any(path.exists() for path in spilled)


def test_a_run_goes_on_without_its_log(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    """Where its folder can't be made; here a file has that name."""
    place = tmp_path / "move" / "state"
    place.mkdir(mode=0o700, parents=True)
    (place / "logs").touch()
    check_all_there_once(run(monkeypatch, tmp_path / "move", sandbox, SEVEN))
