"""What is known of the work before it begins."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sqlalchemy import insert, update

from migrate.expected import expected
from migrate.ledger import Ledger, accounts
from migrate.ledger.tables import account, folder, occurrence

PAIRS = [(name, f"{name}@example.com") for name in ("taro", "hanako", "jiro")]


def _ledger(path: Path, open_ones: dict[str, int | None]) -> Ledger:
    """With so many open messages, and one that is done, of the accounts that were scanned."""
    ledger = Ledger(f"sqlite:///{path}")
    ids = ledger.write(lambda conn: accounts.enrol(conn, PAIRS))
    for pair, number in ids.items():
        if (count := open_ones.get(pair[0])) is None:
            continue
        with ledger._engine.begin() as conn:
            conn.execute(update(account).where(account.c.id == number).values(scanned_at=1.0))
            key = {"account_id": number, "raw": b"INBOX", "name": "INBOX", "uidvalidity": 1}
            (row,) = conn.execute(insert(folder).values(**key)).inserted_primary_key or (0,)
            states = ["pending"] * count + ["imported"]
            here = {"account_id": number, "folder_id": row}
            lines = [{**here, "uid": uid, "state": state} for uid, state in enumerate(states, 1)]
            conn.execute(insert(occurrence), lines)
    return ledger


def test_the_ledger_knows_else_the_last_plan_else_nobody(tmp_path: Path) -> None:
    config: Any = SimpleNamespace(scan_cache=tmp_path / "cache.db")
    with _ledger(tmp_path / "ledger.db", {"taro": 0}) as ledger:
        with ledger.read() as conn:
            ids = accounts.known(conn, PAIRS)
        assert expected(config, ledger, ids) == {"taro": 0, "hanako": None, "jiro": None}
        _ledger(config.scan_cache, {"taro": 7, "hanako": 3}).close()
        assert expected(config, ledger, ids) == {"taro": 0, "hanako": 3, "jiro": None}
        config.scan_cache.write_bytes(b"not a database")
        assert expected(config, ledger, ids) == {"taro": 0, "hanako": None, "jiro": None}
