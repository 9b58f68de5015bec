"""A ledger with an account in it, and what the scan would have written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event, select

from migrate.labels import Mapped
from migrate.ledger import Ledger, accounts, scanning
from migrate.ledger.accounts import Account
from migrate.ledger.tables import occurrence
from migrate.source import Folder

PAIR = ("taro", "taro@example.com")
RUN = "run-1"


@contextmanager
def opened(directory: Path) -> Iterator[Ledger]:
    with Ledger(f"sqlite:///{directory / 'ledger.db'}") as ledger:
        yield ledger


def take(ledger: Ledger, *, force: bool = False) -> Account:
    """The account of PAIR, leased to this process; its first run is RUN."""
    ids = ledger.write(lambda conn: accounts.enrol(conn, [PAIR]))
    with ledger.read() as conn:
        started = accounts.last_run(conn)
    if started is None:
        ledger.write(lambda conn: accounts.start_run(conn, RUN, {}))
    account = ledger.write(lambda conn: accounts.take(conn, ids[PAIR], force=force))
    assert account is not None
    return account


def folder(name: str, *attributes: str) -> Folder:
    return Folder(name.encode(), name, tuple(name.split("/")), frozenset(attributes))


def put_folder(ledger: Ledger, account: Account, name: str = "Work", validity: int = 1) -> int:
    mapped = Mapped(folder(name), name, system=False, rule=None, renamed=None)
    return ledger.write(lambda conn: scanning.put_folder(conn, account.id, mapped, validity, 0))


def put(ledger: Ledger, account: Account, folder_id: int, uid: int, **columns: Any) -> None:
    row = {
        "account_id": account.id,
        "folder_id": folder_id,
        "uid": uid,
        "at": uid,
        "size": 1000,
        "bundle": f"<{uid}@x>",
        "conversation": f"<{uid}@x>",
        "state": "pending",
    }
    ledger.write(lambda conn: scanning.add_occurrences(conn, [row | columns]))


def rows(ledger: Ledger) -> dict[int, Any]:
    """All occurrences by UID."""
    with ledger.read() as conn:
        return {row.uid: row for row in conn.execute(select(occurrence))}


@contextmanager
def overheard(ledger: Ledger) -> Iterator[list[tuple[str, Any]]]:
    """The SQL that the ledger sends to its database meanwhile, and what was bound."""
    sent: list[tuple[str, Any]] = []

    def hear(conn: object, cursor: object, statement: str, bound: Any, *_: object) -> None:
        sent.append((statement, bound))

    event.listen(ledger._engine, "before_cursor_execute", hear)
    try:
        yield sent
    finally:
        event.remove(ledger._engine, "before_cursor_execute", hear)


def explained(ledger: Ledger, sent: list[tuple[str, Any]]) -> list[tuple[str, str]]:
    """The same with how SQLite goes about each of the statements."""
    with ledger.read() as conn:
        return [
            (
                statement,
                " ".join(
                    row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", bound)
                ),
            )
            for statement, bound in sent
        ]
