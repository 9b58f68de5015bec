"""What is noted of the migration as a whole: since when mail arrives at Google."""

from __future__ import annotations

import time

from sqlalchemy import Connection, insert, select

from migrate.ledger.tables import meta

_CUTOVER = "cutover"


def cut_over(conn: Connection) -> float:
    """Mail arrives at Google from now on, unless it did before; since when, seconds since 1970."""
    since = cutover_at(conn)
    if since is None:
        since = time.time()
        conn.execute(insert(meta).values(key=_CUTOVER, value=repr(since)))
    return since


def cutover_at(conn: Connection) -> float | None:
    """None as long as mail arrives at the source."""
    value = conn.scalar(select(meta.c.value).where(meta.c.key == _CUTOVER))
    return None if value is None else float(value)
