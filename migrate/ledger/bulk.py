"""One statement for many rows: compiled once, and bound without a look at each value.

SQLAlchemy asks the type of every value of every row, which costs more than SQLite takes to write
it. Here values are as the database stores them: JSON as its text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.sql.dml import UpdateBase


class Bulk:
    """`statement` with a bindparam of its own name for each value that `run` is given."""

    def __init__(self, statement: UpdateBase, names: Sequence[str] | None = None) -> None:
        """`names`: the columns of an INSERT that has no values yet."""
        self._statement, self._names = statement, names
        self._compiled: dict[str, tuple[str, Sequence[str] | None]] = {}

    def run(self, conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        if not rows:
            return
        known = self._compiled.get(conn.dialect.name)
        if known is None:
            made = self._statement.compile(dialect=conn.dialect, column_keys=self._names)
            known = self._compiled[conn.dialect.name] = str(made), made.positiontup
        sql, order = known
        if order is None:
            conn.exec_driver_sql(sql, [dict(each) for each in rows])
        else:
            conn.exec_driver_sql(sql, [tuple([each[name] for name in order]) for each in rows])
