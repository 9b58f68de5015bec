"""How many bytes each account has got from the source, hour by hour, for the last day."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select, update

from migrate.ledger.tables import traffic


def add(conn: Connection, account_id: int, hours: dict[int, int], before: int) -> None:
    """Count bytes by the hour (since 1970); what is from `before` that hour is forgotten."""
    mine = traffic.c.account_id == account_id
    for hour, size in hours.items():
        more = {"bytes": traffic.c.bytes + size}
        if not conn.execute(
            update(traffic).where(mine, traffic.c.hour == hour).values(more)
        ).rowcount:
            conn.execute(insert(traffic).values(account_id=account_id, hour=hour, bytes=size))
    conn.execute(delete(traffic).where(mine, traffic.c.hour < before))


def hours(conn: Connection, account_id: int) -> dict[int, int]:
    """Hour → bytes."""
    query = select(traffic.c.hour, traffic.c.bytes).where(traffic.c.account_id == account_id)
    return {row.hour: row.bytes for row in conn.execute(query)}
