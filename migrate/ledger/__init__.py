"""The ledger: opened here, described in `tables.py`, written by one thread (`writer.py`)."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any, TypeVar

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    create_engine,
    event,
    insert,
    inspect,
    make_url,
    select,
    update,
)
from sqlalchemy.exc import DatabaseError
from sqlalchemy.schema import CreateColumn

from migrate.errors import StateError
from migrate.ledger import tables
from migrate.ledger.trouble import Place, check_files, trouble
from migrate.ledger.writer import Writer

T = TypeVar("T")


class Ledger:
    """A migration's database. Reads from any thread; writes go through the one writer thread."""

    def __init__(self, url: str) -> None:
        """Open, create or upgrade. StateError: damaged, unwritable or of a newer version."""
        self.url = url
        parsed = _parsed(url)
        in_file = parsed.drivername == "sqlite" and parsed.database != ":memory:"
        self._file = parsed.database if in_file else None
        try:
            if self._file and not Path(self._file).exists():
                create(Path(self._file))
            self._engine = _engine(parsed)
            try:
                self.created = _stamp(self._engine, self._file)
            except BaseException:
                self._engine.dispose()
                raise
            if self._file:
                Path(self._file).chmod(0o600)
        except (DatabaseError, sqlite3.Error) as error:
            raise trouble(error, self._file) from error
        except OSError as error:
            raise StateError("ledger-unwritable", file=self._file, reason=error) from error
        self._writer = Writer(self._engine, Place(self._file))

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for SELECTs: sees everything that was committed before it began."""
        try:
            with self._engine.connect() as conn:
                yield conn
        except DatabaseError as error:
            raise trouble(error, self._file) from error

    def write(self, op: Callable[[Connection], T], lease: tuple[int, int] | None = None) -> T:
        """Run `op` in the writer thread and wait until it is on disk.

        `lease` is (account id, fence): LeaseLost when another process has taken the account.
        """
        return self.post(op, lease).result()

    def post(
        self, op: Callable[[Connection], T], lease: tuple[int, int] | None = None
    ) -> Future[T]:
        """Like `write`, without waiting; the future tells when it is on disk."""
        return self._writer.post(op, lease)

    def settle(self, lease: tuple[int, int] | None = None) -> None:
        """Wait until all that was posted is on disk; `lease` as of `write`."""
        self.write(lambda _: None, lease)

    def post_item(
        self,
        op: Callable[[Connection, Sequence[T]], None],
        item: T,
        lease: tuple[int, int] | None = None,
    ) -> Future[None]:
        """Like `post` for one of many things that `op` writes together, in their order."""
        return self._writer.post_item(op, item, lease)

    def close(self) -> None:
        """Write what is queued, then close."""
        self._writer.close()
        self._engine.dispose()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def create(file: Path) -> None:
    """A new ledger, there at once as a whole: a kill leaves none, or one to work with.

    Somebody else's that is there by then stays. OSError and the database's errors as they come.
    """
    # Of a ledger that is lost: they would be taken for the new one's. Listed before the look for
    # the ledger, they are not those of another process that makes one just now, and works with it.
    lost = [each for each in _side_files(file) if each.exists()]
    if lost and not file.exists():
        for each in lost:
            each.unlink(missing_ok=True)
    new = file.with_name(f".{file.name}.{token_hex(4)}")
    try:
        # Without a write-ahead log: what that still holds when the disk is full would stay behind.
        engine = create_engine(URL.create("sqlite", database=str(new)))
        try:
            tables.metadata.create_all(engine)
            made = {"version": str(tables.VERSION), "created": repr(time.time())}
            rows = [{"key": key, "value": value} for key, value in made.items()]
            with engine.begin() as conn:
                conn.execute(insert(tables.meta), rows)
        finally:
            engine.dispose()
        new.chmod(0o600)
        try:
            os.link(new, file)
        except FileExistsError:
            pass
        except OSError:
            new.rename(file)  # a file system without links
    finally:
        new.unlink(missing_ok=True)
        for each in _side_files(new):
            each.unlink(missing_ok=True)


def _side_files(file: Path) -> list[Path]:
    return [file.with_name(file.name + end) for end in ("-journal", "-wal", "-shm")]


def _stamp(engine: Engine, file: str | None) -> float:
    """Check the version; returns when the ledger was made."""
    if file is None:
        tables.metadata.create_all(engine)
    else:
        check_files(Path(file))
    with engine.begin() as conn:
        rows = {row.key: row.value for row in conn.execute(select(tables.meta))}
        version = int(rows["version"])
        if version > tables.VERSION:
            raise StateError(
                "ledger-version", file=file, found=rows["version"], supported=tables.VERSION
            )
        if version < tables.VERSION:
            tables.metadata.create_all(conn)
            _upgrade(conn)
        return float(rows["created"])


def _upgrade(conn: Connection) -> None:
    """To the newest version; so far a new version only ever has more columns, all nullable."""
    for table in tables.metadata.sorted_tables:
        there = {each["name"] for each in inspect(conn).get_columns(table.name)}
        for column in table.columns:
            if column.name not in there:
                described = CreateColumn(column).compile(conn)
                conn.exec_driver_sql(f'ALTER TABLE "{table.name}" ADD COLUMN {described}')
        for index in table.indexes:
            index.create(conn, checkfirst=True)
    conn.execute(
        update(tables.meta).where(tables.meta.c.key == "version").values(value=str(tables.VERSION))
    )


def _parsed(url: str) -> URL:
    """A path is taken as it stands; a URL would have `%` decoded and end at a `?`."""
    kind, _, path = url.partition(":///")
    return URL.create(kind, database=path) if kind == "sqlite" else make_url(url)


def _engine(url: URL) -> Engine:
    engine = create_engine(url, pool_size=16, max_overflow=-1, pool_use_lifo=True)
    if engine.dialect.name != "sqlite":
        return engine

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions are begun below, not by sqlite3
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        # A transaction that reads and then writes must not find that another process came between.
        writer = conn.get_execution_options().get("writer")
        conn.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")

    return engine
