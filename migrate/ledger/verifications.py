"""What became of the verifications of an account."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import Connection, insert, select

from migrate.ledger.tables import verification


@dataclass(frozen=True, slots=True)
class Verification:
    started: float
    """Seconds since 1970."""
    ended: float
    deep: bool
    """Every byte was compared."""
    compared: bool
    """The target was read; False: the scopes allow no reading."""
    checked: int
    """Messages."""
    changed: int
    """Messages that their owner had changed in Gmail: no difference."""
    differences: int


def record(conn: Connection, account_id: int, found: Verification) -> None:
    conn.execute(insert(verification).values(account_id=account_id, **asdict(found)))


def last(conn: Connection, account_id: int, *, deep: bool = False) -> Verification | None:
    """The last one, or the last that was `deep`."""
    v = verification.c
    query = (
        select(v.started, v.ended, v.deep, v.compared, v.checked, v.changed, v.differences)
        .where(v.account_id == account_id, *((v.deep,) if deep else ()))
        .order_by(v.id.desc())
        .limit(1)
    )
    row = conn.execute(query).first()
    return Verification(*row) if row else None
