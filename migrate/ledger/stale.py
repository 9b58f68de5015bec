"""Messages whose labels may not be what the source now says, and the classes of their copies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    literal_column,
    select,
    text,
    update,
)

from migrate.ledger.tables import message, occurrence
from migrate.pieces import pieces

ENDED = ("imported", "merged", "present")
"""The classes of what Gmail holds."""


def mark(conn: Connection, *which: ColumnElement[bool]) -> None:
    """Something changed about these occurrences: whatever Gmail holds of them is stale."""
    changed = select(occurrence.c.message_id).where(*which, occurrence.c.state.in_(ENDED))
    conn.execute(update(message).where(message.c.id.in_(changed)).values(stale=True))


def set_flags(conn: Connection, folder_id: int, flags: Mapping[int, str]) -> None:
    """UID → the flags it has now, as in `occurrence.flags`."""
    rows = [{"row": uid, "now": spelled} for uid, spelled in flags.items()]
    here = occurrence.c.folder_id == folder_id
    for some in pieces(rows):
        conn.execute(
            update(occurrence)
            .where(here, occurrence.c.uid == bindparam("row"))
            .values(flags=bindparam("now")),
            some,
        )
        mark(conn, here, occurrence.c.uid.in_([each["row"] for each in some]))


def settle_classes(conn: Connection, account_id: int) -> None:
    """Of each stale message, see to `settle`."""
    # As in the partial index, word for word.
    is_stale: ColumnElement[bool] = literal_column("message.stale")
    ids = list(
        conn.scalars(select(message.c.id).where(message.c.account_id == account_id, is_stale))
    )
    settle(conn, ids)


_PROMOTE = """
    UPDATE occurrence SET
        state = (SELECT m.state FROM message AS m WHERE m.id = occurrence.message_id),
        reason = (SELECT m.reason FROM message AS m WHERE m.id = occurrence.message_id)
    WHERE id IN (
        SELECT id FROM (
            SELECT o.id AS id, o.state AS state, m.state AS wanted,
                   row_number() OVER (PARTITION BY o.message_id ORDER BY
                       CASE WHEN o.state = m.state THEN 0 ELSE 1 END, o.id) AS place
            FROM occurrence AS o JOIN message AS m ON m.id = o.message_id
            WHERE m.id IN :ids AND o.gone = :no
              AND o.state IN ('imported', 'merged', 'present')
              AND m.state IN ('imported', 'merged', 'present')) AS ranked
        WHERE place = 1 AND state <> wanted)
    """
_DEMOTE = """
    UPDATE occurrence SET state = 'merged', reason = 'copy'
    WHERE message_id IN :ids AND state = 'imported' AND gone = :no AND EXISTS (
        SELECT 1 FROM occurrence AS o
        WHERE o.message_id = occurrence.message_id AND o.state = 'imported' AND o.gone = :no
          AND o.id < occurrence.id)
    """
_SETTLE = [text(each).bindparams(bindparam("ids", expanding=True)) for each in (_PROMOTE, _DEMOTE)]


def settle(conn: Connection, message_ids: Sequence[int]) -> None:
    """Of what the source has of a message, one occurrence is what became of the message, as long
    as there is one; the others are merged with it. A copy takes the class of one that is gone,
    and gives it back to one that is back."""
    for some in pieces(message_ids):
        for statement in _SETTLE:
            conn.execute(statement, {"ids": some, "no": False})
