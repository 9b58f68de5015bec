"""Trying again what is quarantined: back to `pending`, from where a run takes it up."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, select, update

from migrate.ledger.tables import account, message, occurrence, slice_


def reopen(conn: Connection, account_id: int, code: str | None, run_id: str | None = None) -> int:
    """Have what is quarantined, all or as `code`, copied again; how many occurrences there were.

    With `run_id` only what this run put there. Their .eml stays until they have another end.
    """
    chosen = [
        occurrence.c.account_id == account_id,
        occurrence.c.state == "quarantined",
        occurrence.c.gone.is_(False),
    ]
    if code is not None:
        chosen.append(occurrence.c.reason == code)
    if run_id is not None:
        mine = select(slice_.c.id).where(slice_.c.run_id == run_id)
        chosen.append(occurrence.c.slice_id.in_(mine))
    done = conn.execute(
        update(occurrence)
        .where(*chosen)
        .values(state="pending", reason=None, detail=None, slice_id=None)
    )
    return done.rowcount


def quarantined(conn: Connection, account_ids: Sequence[int]) -> dict[tuple[int, str], int]:
    """(Account, code) → how many occurrences are in quarantine for it."""
    query = (
        select(occurrence.c.account_id, occurrence.c.reason, func.count())
        .where(
            occurrence.c.account_id.in_(account_ids),
            occurrence.c.state == "quarantined",
            occurrence.c.gone.is_(False),
        )
        .group_by(occurrence.c.account_id, occurrence.c.reason)
    )
    return {(account, code): count for account, code, count in conn.execute(query)}


def arrived(conn: Connection, target_user: str, digest: str) -> bool:
    """Whether the message whose SHA-256 begins with `digest` is quarantined no more.

    Several accounts may go to one target user, whose quarantine they share.
    """
    query = (
        select(message.c.state)
        .join(account, account.c.id == message.c.account_id)
        .where(account.c.target_user == target_user, message.c.sha256.startswith(digest))
    )
    states = set(conn.scalars(query))
    return bool(states) and "quarantined" not in states
