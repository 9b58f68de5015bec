"""Labels of ours at the target, and what stands in for those that Gmail refused."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from migrate.ledger.tables import label


@dataclass(frozen=True, slots=True)
class LabelRow:
    key: str
    """`label_key` of `name`."""
    name: str
    """As we wanted it."""
    gmail_id: str | None = None
    """None when its creation was never confirmed, or nothing stands in."""
    stand_in: str | None = None
    """Name of the label that has its mail instead; empty when there is none."""
    refused: str | None = None
    """What Gmail said to the name itself."""


def known(conn: Connection, account_id: int) -> dict[str, LabelRow]:
    """The labels of an account by key."""
    rows = conn.execute(select(label).where(label.c.account_id == account_id))
    return {r.key: LabelRow(r.key, r.name, r.gmail_id, r.stand_in, r.refused) for r in rows}


def note(conn: Connection, account_id: int, row: LabelRow, run_id: str | None) -> None:
    """Write a label down: before its creation with the run that creates it, and when it is there.

    `run_id` None: it has not been made by us.
    """
    where = (label.c.account_id == account_id, label.c.key == row.key)
    values = {
        "name": row.name,
        "gmail_id": row.gmail_id,
        "stand_in": row.stand_in,
        "refused": row.refused,
        "run_id": run_id,
    }
    if conn.execute(select(label.c.key).where(*where)).first():
        conn.execute(update(label).where(*where).values(**values))
    else:
        conn.execute(insert(label).values(account_id=account_id, key=row.key, **values))
