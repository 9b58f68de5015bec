"""Messages that have their Message-ID in common with others and are not the same."""

from __future__ import annotations

from sqlalchemy import Connection, text, update

from migrate.ledger.tables import occurrence
from migrate.pieces import pieces

SHARED_ID = "message-id-shared"
"""The verdict: all of them arrive, in one conversation."""

# Where all bytes are known they decide, else what the scan saw, whose sizes may be wrong.
_SETS = text(
    """
    SELECT o.bundle AS bundle,
           count(DISTINCT coalesce(o.digest, m.sha256)) > 1 AS certain
    FROM occurrence AS o LEFT JOIN message AS m ON m.id = o.message_id
    WHERE o.account_id = :account AND o.gone = :no AND o.state <> 'skipped' AND o.bundle LIKE '<%'
    GROUP BY o.bundle
    HAVING count(*) > 1 AND (
        count(DISTINCT coalesce(o.digest, m.sha256)) > 1
        OR (count(*) > count(coalesce(o.digest, m.sha256))
            AND count(DISTINCT o.size || ' ' || coalesce(o.fields, 0)) > 1))
    """
)


def mark_shared_ids(conn: Connection, account_id: int) -> None:
    """Expect it of the pending messages of which nothing else is to be said; certainly, where
    different bytes are known, possibly, where sizes or header fields differ."""
    found: dict[bool, list[str]] = {True: [], False: []}
    for row in conn.execute(_SETS, {"account": account_id, "no": False}):
        found[bool(row.certain)].append(row.bundle)
    mine = (occurrence.c.account_id == account_id, occurrence.c.state == "pending")
    # The other ones may be gone since.
    conn.execute(
        update(occurrence)
        .where(*mine, occurrence.c.predicted == SHARED_ID)
        .values(predicted="accepted", certain=False)
    )
    for certain, bundles in found.items():
        for piece in pieces(bundles):
            some = occurrence.c.bundle.in_(piece)
            conn.execute(
                update(occurrence)
                .where(*mine, some, occurrence.c.predicted == "accepted")
                .values(predicted=SHARED_ID, certain=certain)
            )
