"""The quota with a real sandbox: a mailbox that is closed, several processes, the day's budget."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer

from migrate.cli.copying import copy, run
from migrate.config import load
from migrate.days import day
from migrate.ledger import Ledger, accounts, quota
from migrate.progress import Progress
from migrate.sandbox.embed import Running
from migrate.texts import Texts
from tests.sandboxes import running

from .dovecot import Dovecot
from .memory_source import LIMITS, MemorySource, mail
from .migration import Migration, faults, release, stats

IMPORT = "gmail.users.messages.import"
SEVEN = {"INBOX": [mail(number) for number in range(7)]}
UPLOADS = 4
"""At a time of a user, to begin with."""
BOTH = {("a", "a@example.org"): "secret", ("b", "b@example.org"): "secret"}


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path / "sandbox", "a@example.org,b@example.org") as server:
        yield server


class Told(Progress):
    """Whose messages reached their end, in order."""

    def __init__(self) -> None:
        self.order: list[str] = []

    def done(self, user: str, messages: int, size: int) -> None:
        self.order += [user] * messages


def test_a_mailbox_that_is_closed_for_long_does_not_hold_up_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Running
) -> None:
    monkeypatch.setattr("migrate.engine.local.PATIENCE", 1.0)
    monkeypatch.setattr("migrate.engine.local.open_source", lambda *_: MemorySource(SEVEN))
    until = datetime.now(UTC) + timedelta(seconds=5)
    text = f"User-rate limit exceeded.  Retry after {until:%Y-%m-%dT%H:%M:%S.000Z}"
    refusal = {"method": IMPORT, "user": "a@example.org", "nth": 3, "status": 429, "message": text}
    faults(sandbox, refusal)
    migration = Migration(tmp_path / "move")
    # One thread, and the mailbox that will be closed comes first.
    migration.write("imaps://mail", None, sandbox, BOTH, f"{LIMITS}accounts = 1\n")
    config, told = load(migration.directory), Told()
    document, errors = copy(config, config.accounts, told, Texts("en"), threading.Event())
    assert errors == []
    assert document.totals.imported == 14 and document.complete
    assert [line.error for line in document.accounts] == [None, None]
    assert told.order[0] == "a" and told.order[-1] == "a"
    assert told.order.index("b") < 7 and "".join(told.order).count("b" * 7) == 1
    assert datetime.now(UTC) >= until.replace(microsecond=0)


@pytest.mark.dovecot
def test_nothing_waits_for_hours_for_a_mailbox_that_is_closed(
    dovecot: Dovecot, mailbox_user: str, tmp_path: Path, sandbox: Running
) -> None:
    dovecot.add_user(mailbox_user, "secret")
    dovecot.seed(mailbox_user, "INBOX", seeded(2))
    url = f"imaps://127.0.0.1:{dovecot.imaps_port}"
    migration = Migration(tmp_path / "move")
    migration.write(url, dovecot.ca, sandbox, {(mailbox_user, "a@example.org"): "secret"}, LIMITS)
    config = load(migration.directory)
    stop = threading.Event()
    assert copy(config, config.accounts, Progress(), Texts("en"), stop)[0].complete
    faults(sandbox, {"method": "gmail.*", "error": "retry-after", "retry_after": 7200})
    plan = migration("plan", "--json")
    assert (plan.code, plan.json["target_consulted"]) == (0, False), plan.said
    for words in (("verify",), ("undo", "last")):
        done = migration(*words, "--lang", "en")
        assert done.code == 4, done.said
        assert "Gmail has closed the mailbox of a@example.org to the API until" in done.err
    with Ledger(config.ledger_url) as ledger, ledger.read() as conn:
        assert accounts.look(conn, 1).state == "paused"


def seeded(count: int) -> list[tuple[bytes, list[str], datetime]]:
    return [(one.raw, [], one.date) for one in map(mail, range(count))]


def copied_until_budget_ends(migration: Migration) -> int:
    """Run it, and say how many messages it brought before the day's budget was used up."""
    done = migration("run", "--json")
    assert done.code == 4, done.said
    assert "The day's budget of Gmail quota units is used up" in done.err
    assert {line["state"] for line in done.json["accounts"]} <= {"paused", "new", "done"}
    return int(done.json["totals"]["imported"])


@pytest.mark.dovecot
def test_a_run_stops_before_the_days_budget_is_used_up(
    dovecot: Dovecot, mailbox_user: str, tmp_path: Path, sandbox: Running
) -> None:
    budget, messages = 300, 15
    dovecot.add_user(mailbox_user, "secret")
    found = seeded(messages)
    dovecot.seed(mailbox_user, "INBOX", found)
    url = f"imaps://127.0.0.1:{dovecot.imaps_port}"
    accounts = {(mailbox_user, "a@example.org"): "secret"}
    migration, limits = Migration(tmp_path / "move"), f"{LIMITS}units_per_day = "
    migration.write(url, dovecot.ca, sandbox, accounts, f"{limits}{budget}\n")
    first = copied_until_budget_ends(migration)
    spent = stats(sandbox)["units"]["a@example.org"]
    assert budget - 25 < spent <= budget and 0 < first < messages
    # The ledger knows it, too: another run of the same day sends no message.
    assert copied_until_budget_ends(migration) == first
    assert stats(sandbox)["units"]["a@example.org"] <= budget
    migration.write(url, dovecot.ca, sandbox, accounts, f"{limits}{10 * budget}\n")
    assert migration("run", "--json").json["totals"]["imported"] == messages
    # What a command has drawn and not spent it gives back.
    assert migration("verify").code == 0
    config = load(migration.directory)
    with Ledger(config.ledger_url) as ledger, ledger.read() as conn:
        counted = quota.spent(conn, day(time.time(), config.limits.day_zone))
    assert counted == stats(sandbox)["units"]["a@example.org"]


@pytest.mark.dovecot
def test_two_processes_on_one_ledger_keep_to_the_projects_limit(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    """Each of them alone would send as much in a second as both together may."""
    limit, messages = 6000, 16
    accounts = {}
    for name in ("two-a", "two-b"):
        dovecot.add_user(name, "secret")
        found = seeded(messages)
        dovecot.seed(name, "INBOX", found)
        accounts[name, f"{name}@example.org"] = "secret"
    options = ["--units-per-project", str(limit)]
    with running(tmp_path / "sandbox", "*", extra=options) as server:
        migration = Migration(tmp_path / "move")
        url, more = (
            f"imaps://127.0.0.1:{dovecot.imaps_port}",
            f"units_per_minute_project = {limit}\n",
        )
        migration.write(url, dovecot.ca, server, accounts, f"{LIMITS}{more}")
        faults(server, {"method": IMPORT, "hold": True})
        with ThreadPoolExecutor() as pool:
            runs = [pool.submit(migration, "run", "--only", name) for name in ("two-a", "two-b")]
            # From when both are at work; what is held was paid for before.
            while (held := stats(server)["held"]) < 2 * UPLOADS:
                assert not any(each.done() for each in runs), runs
                time.sleep(0.1)
            faults(server)
            release(server)
            begun = time.monotonic()
            while (seen := stats(server))["messages"] < 2 * messages:
                assert not all(each.done() for each in runs), runs
                time.sleep(0.05)
            took = time.monotonic() - begun
        assert [each.result().code for each in runs] == [0, 0]
    assert "403" not in seen["statuses"] and "429" not in seen["statuses"]
    assert (2 * messages - held) * 25 <= (took + 1.0) * limit / 60  # a second's worth was drawn


@pytest.mark.parametrize("wait", [False, True])
def test_a_run_ends_when_all_that_is_left_is_closed_for_long_or_waits_if_asked(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    sandbox: Running,
    capsys: pytest.CaptureFixture[str],
    wait: bool,
) -> None:
    monkeypatch.setattr("migrate.engine.local.PATIENCE", 0.2)
    monkeypatch.setattr("migrate.engine.local._LONGEST_WAIT", 0.5)
    monkeypatch.setattr("migrate.engine.local.open_source", lambda *_: MemorySource(SEVEN))
    until = datetime.now(UTC) + timedelta(seconds=5)
    text = f"User-rate limit exceeded.  Retry after {until:%Y-%m-%dT%H:%M:%S.000Z}"
    refusal = {"method": IMPORT, "user": "a@example.org", "nth": 3, "status": 429, "message": text}
    faults(sandbox, refusal)
    migration = Migration(tmp_path / "move")
    migration.write("imaps://mail", None, sandbox, BOTH, LIMITS)
    with pytest.raises(typer.Exit) as ended:
        run(directory=migration.directory, wait=wait, as_json=True, lang="en")
    told = capsys.readouterr()
    document = json.loads(told.out)
    states = [line["state"] for line in document["accounts"]]
    if wait:
        assert (ended.value.exit_code, states) == (0, ["done", "done"])
        assert "Going on at" in told.err
        return
    assert (ended.value.exit_code, states) == (4, ["paused", "done"])
    assert document["accounts"][0]["error"]["code"] == "target-closed"
    assert "Gmail has closed the mailbox of a@example.org" in told.err
