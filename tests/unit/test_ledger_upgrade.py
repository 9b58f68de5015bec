"""A ledger of an earlier version is brought up to date, and keeps what it holds."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from migrate.ledger import Ledger, accounts, create
from migrate.ledger.tables import (
    VERSION,
    message,
    meta,
    metadata,
    notice,
    occurrence,
    quota,
    verification,
)


def test_missing_columns_are_added(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    with Ledger(url) as ledger:
        ids = ledger.write(lambda conn: accounts.enrol(conn, [("taro", "taro@example.com")]))
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as old:
        old.execute("ALTER TABLE occurrence DROP COLUMN dated")
        old.execute("ALTER TABLE message DROP COLUMN draft_id")
        old.execute("DROP TABLE notice")
        old.execute("DROP TABLE quota")
        old.execute("DROP TABLE verification")
        old.execute("UPDATE meta SET value = '1' WHERE key = 'version'")
        old.commit()
    with Ledger(url) as ledger, ledger.read() as conn:
        assert conn.execute(select(occurrence.c.dated)).all() == []
        assert conn.execute(select(message.c.draft_id)).all() == []
        assert [conn.execute(select(each)).all() for each in (notice, quota, verification)] == [
            [],
            [],
            [],
        ]
        assert conn.scalar(select(meta.c.value).where(meta.c.key == "version")) == str(VERSION)
        assert accounts.enrol(conn, [("taro", "taro@example.com")]) == ids


def test_a_ledger_that_another_process_makes_at_the_same_time_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, log = tmp_path / "ledger.db", tmp_path / "ledger.db-wal"
    make = metadata.create_all

    def slow(*args: Any) -> None:
        make(*args)
        file.write_bytes(b"theirs")
        log.write_bytes(b"theirs, too")

    monkeypatch.setattr(metadata, "create_all", slow)
    create(file)
    assert (file.read_bytes(), log.read_bytes()) == (b"theirs", b"theirs, too")


def test_what_a_lost_ledger_left_behind_is_not_taken_for_the_new_ones(tmp_path: Path) -> None:
    log = tmp_path / "ledger.db-wal"
    log.write_bytes(b"of the lost one")
    create(tmp_path / "ledger.db")
    assert not log.exists()
