"""What is checked once for the whole migration: files, disk, clock, storage, shared mailboxes."""

from __future__ import annotations

import shutil
import sqlite3
from collections import namedtuple
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from migrate.errors import SourceError, StateError
from migrate.ledger import Ledger, order, peek
from migrate.ledger.peek import Seen as Before
from migrate.preflight.finding import Finding
from migrate.preflight.once import clock, disk, ledger, modes, mx, storage, targets
from migrate.preflight.seen import Seen
from migrate.source.surveying import Held

from .ledgers import PAIR, opened, put, put_folder, take
from .preflights import config, project, seen, source, target

Usage = namedtuple("Usage", "total used free")


def only(findings: Iterator[Finding]) -> Finding:
    (found,) = findings
    return found


def test_a_ledger_that_is_not_there_yet(tmp_path: Path) -> None:
    settings = config(tmp_path)
    assert only(ledger.check(project(settings))).level == "ok"
    assert not settings.ledger_path.parent.exists()


def test_a_ledger_that_can_be_written(tmp_path: Path) -> None:
    settings = config(tmp_path)
    settings.ledger_path.parent.mkdir()
    with Ledger(settings.ledger_url) as there:
        account = take(there)
        before = there.write(lambda conn: account.id)
        assert only(ledger.check(project(settings))).level == "ok"  # also while it is open
    assert before == account.id


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda file: file.write_bytes(b""), "ledger-empty"),
        (lambda file: file.write_bytes(b"x" * 5000), "ledger-damaged"),
        (lambda file: _execute(file, "DROP TABLE meta"), "ledger-foreign"),
        (lambda file: _execute(file, "UPDATE meta SET value = '99'"), "ledger-version"),
    ],
)
def test_a_ledger_that_cannot_be_used(tmp_path: Path, damage: object, code: str) -> None:
    assert callable(damage)
    settings = config(tmp_path)
    settings.ledger_path.parent.mkdir()
    Ledger(settings.ledger_url).close()
    damage(settings.ledger_path)
    found = only(ledger.check(project(settings)))
    assert (found.level, found.code) == ("error", code)
    assert isinstance(found.error, StateError)


def _execute(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file)) as there, there:
        there.execute(statement)


def test_a_state_folder_in_the_way(tmp_path: Path) -> None:
    settings = config(tmp_path)
    settings.ledger_path.parent.write_text("a file")
    assert only(ledger.check(project(settings))).code == "ledger-unwritable"


@pytest.mark.parametrize(("free", "level"), [(10**12, "ok"), (10**6, "warning")])
def test_room_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, level: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(2 * free, free, free))
    settings = config(tmp_path)
    found = only(disk.check(project(settings, seen(settings, 1), seen(settings, 2))))
    assert (found.level, found.params["largest_known"]) == (level, False)
    assert found.params["needed"] == 2 * 157_286_400 + 6 * 1000
    known = [seen(settings, n, before=Before(5, 500, 2_000_000, 0, 1.0)) for n in range(20)]
    found = only(disk.check(project(settings, *known)))
    assert found.params["largest"] == 2_000_000
    # As many accounts as work at a time, each with all its uploads.
    assert found.params["needed"] == 8 * 12 * 2_000_000 + 20 * 3 * 1000


def test_files_that_others_can_read(tmp_path: Path) -> None:
    settings = config(tmp_path)
    assert only(modes.check(project(settings))).level == "ok"
    settings.ledger_path.parent.mkdir(mode=0o700)
    settings.reports.mkdir(mode=0o755)
    settings.ledger_path.touch(mode=0o640)
    found = only(modes.check(project(settings)))
    assert found.params["paths"] == [str(settings.reports), str(settings.ledger_path)]
    settings.reports.chmod(0o700)
    settings.ledger_path.chmod(0o600)
    assert only(modes.check(project(settings))).level == "ok"


def test_two_accounts_into_one_mailbox(tmp_path: Path) -> None:
    settings = config(tmp_path)
    own = [seen(settings, n) for n in (1, 2)]
    assert only(targets.check(project(settings, *own))).level == "ok"
    alias = seen(settings, 3, target=target(address="USER1@example.com"))
    found = only(targets.check(project(settings, *own, alias)))
    assert found.params["users"] == ["user1@example.com", "user3@example.com"]


@pytest.mark.parametrize(
    ("given", "level"),
    [("", "not-asked"), ("storage_bytes = 10_000", "ok"), ("storage_bytes = 9_999", "warning")],
)
def test_the_storage_that_will_be_needed(tmp_path: Path, given: str, level: str) -> None:
    settings = config(tmp_path, target=given)
    one = seen(settings)
    side = source(settings, one.account, {"INBOX": Held(9, 9000, 9)})
    half_done = Before(5, 5000, 1000, 1000, 1.0)
    sights: list[Seen] = [seen(settings, 1, source=side), seen(settings, 2, before=half_done)]
    found = only(storage.check(project(settings, *sights)))
    assert (found.level, found.params["needed"]) == (level, 10_000)


def test_an_account_of_unknown_size_is_said(tmp_path: Path) -> None:
    settings = config(tmp_path)
    away = seen(settings, 2, source=SourceError("source-unreachable"))
    found = only(storage.check(project(settings, seen(settings), away)))
    assert (found.code, found.params["accounts_unknown"]) == ("storage-unknown-part", 1)


def test_nobody_asks_the_dns_in_a_rehearsal(tmp_path: Path) -> None:
    assert only(mx.check(project(config(tmp_path)))).code == "mx-rehearsal"


def test_a_clock_that_cannot_be_compared(tmp_path: Path) -> None:
    settings = config(tmp_path, target='api = "http://127.0.0.1:1"')
    found = only(clock.check(project(settings)))
    assert (found.level, found.code) == ("not-asked", "clock-unknown")


def test_what_a_run_saw_is_read_from_its_ledger(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    assert peek.seen(file, *PAIR) is None
    with opened(tmp_path) as there:
        account = take(there)
        folder = put_folder(there, account)
        put(there, account, folder, 1, size=100, state="imported")
        put(there, account, folder, 2, size=300)
        put(there, account, folder, 3, size=900, gone=True)
        assert peek.seen(file, *PAIR) is None  # not scanned to its end
        there.write(lambda conn: order.put_in_order(conn, account.id, order.Order("newest-first")))
        found = peek.seen(file, *PAIR)  # while it is open
        assert found
        assert (found.messages, found.bytes, found.largest, found.open) == (2, 400, 300, 300)
        assert peek.seen(file, "jiro", PAIR[1]) is None
    file.write_bytes(b"no database at all" * 100)
    assert peek.seen(file, *PAIR) is None
