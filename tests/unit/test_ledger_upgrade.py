"""A ledger of an earlier version is brought up to date, and keeps what it holds."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import select

from migrate.ledger import Ledger, accounts
from migrate.ledger.tables import VERSION, message, meta, notice, occurrence, verification


def test_missing_columns_are_added(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    with Ledger(url) as ledger:
        ids = ledger.write(lambda conn: accounts.enrol(conn, [("taro", "taro@example.com")]))
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as old:
        old.execute("ALTER TABLE occurrence DROP COLUMN dated")
        old.execute("ALTER TABLE message DROP COLUMN draft_id")
        old.execute("DROP TABLE notice")
        old.execute("DROP TABLE verification")
        old.execute("UPDATE meta SET value = '1' WHERE key = 'version'")
        old.commit()
    with Ledger(url) as ledger, ledger.read() as conn:
        assert conn.execute(select(occurrence.c.dated)).all() == []
        assert conn.execute(select(message.c.draft_id)).all() == []
        assert [conn.execute(select(each)).all() for each in (notice, verification)] == [[], []]
        assert conn.scalar(select(meta.c.value).where(meta.c.key == "version")) == str(VERSION)
        assert accounts.enrol(conn, [("taro", "taro@example.com")]) == ids
