"""Occurrences that are known to be a message of ours without a look at their bytes.

Two ways are safe: an EMAILID is the same for the same bytes only (RFC 8474 5.1); and after a change
of UIDVALIDITY the same folder holds the same mail, so that there equal Message-ID, size, header
fields and INTERNALDATE are enough, if there is one message only that they can mean. What is found
in neither way is fetched, and its SHA-256 decides.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, select, text, update

from migrate.ledger.stale import ENDED
from migrate.ledger.tables import message, occurrence
from migrate.pieces import pieces

_BY_EMAIL_ID = text(
    """
    SELECT p.id, min(o.message_id) AS message_id
    FROM occurrence AS p JOIN occurrence AS o
      ON o.account_id = p.account_id AND o.bundle = p.bundle AND o.email_id = p.email_id
    JOIN message AS m ON m.id = o.message_id
    WHERE p.account_id = :account AND p.state = 'pending' AND p.gone = :no
      AND p.message_id IS NULL AND o.id <> p.id
      AND m.gmail_id IS NOT NULL AND m.undone IS NULL
      AND o.state IN ('imported', 'merged', 'present')
    GROUP BY p.id HAVING count(DISTINCT o.message_id) = 1
    """
)
# Of what has the same marks, all must be known, mean one message, and be as many as now.
_BY_PLACE = text(
    """
    SELECT p.id, min(o.message_id) AS message_id
    FROM occurrence AS p JOIN folder AS f ON f.id = p.folder_id
    JOIN occurrence AS o
      ON o.account_id = p.account_id AND o.bundle = p.bundle AND o.size = p.size
     AND o.fields = p.fields AND o.internal_date = p.internal_date AND o.folder_id <> p.folder_id
    JOIN folder AS g ON g.id = o.folder_id AND g.raw = f.raw
    LEFT JOIN message AS m ON m.id = o.message_id
    WHERE p.account_id = :account AND p.state = 'pending' AND p.gone = :no
      AND p.message_id IS NULL AND p.bundle LIKE '<%' AND p.size > 0
    GROUP BY p.id, p.account_id, p.folder_id, p.bundle, p.size, p.fields, p.internal_date
    HAVING count(DISTINCT o.message_id) = 1
       AND sum(CASE WHEN o.gone AND m.undone IS NULL AND (
             (m.gmail_id IS NOT NULL AND o.state IN ('imported', 'merged', 'present'))
             OR (o.state = m.state AND o.state IN ('quarantined', 'skipped'))
           ) THEN 0 ELSE 1 END) = 0
       AND count(DISTINCT o.id) >= (
         SELECT count(*) FROM occurrence AS q
         WHERE q.account_id = p.account_id AND q.bundle = p.bundle AND q.folder_id = p.folder_id
           AND q.gone = :no AND q.size = p.size AND q.fields = p.fields
           AND q.internal_date = p.internal_date)
    """
)


def anchor(conn: Connection, account_id: int) -> int:
    """Bring what is pending and certainly a message of ours to its end; how many there were.

    What Gmail refused, or a rule left out by its bytes, keeps that end. The message is stale then;
    which of its occurrences bears its class is for `stale.settle_classes`.
    """
    count = 0
    for query in (_BY_EMAIL_ID, _BY_PLACE):
        found = conn.execute(query, {"account": account_id, "no": False}).all()
        for some in pieces(found):
            _close(conn, [(row[0], row[1]) for row in some])
        count += len(found)
    return count


def _close(conn: Connection, pairs: Iterable[tuple[int, int]]) -> None:
    """(Occurrence id, message id) each."""
    rows = dict(pairs)
    of_them = message.c.id.in_(set(rows.values()))
    query = select(message.c.id, message.c.state, message.c.reason).where(of_them)
    ends = {row.id: (row.state, row.reason) for row in conn.execute(query)}
    closed = []
    for row, message_id in rows.items():
        state, reason = ends[message_id]
        if state in ENDED:
            state, reason = "merged", "copy"
        closed.append({"row": row, "message_id": message_id, "state": state, "reason": reason})
    conn.execute(update(occurrence).where(occurrence.c.id == bindparam("row")), closed)
    conn.execute(update(message).where(of_them, message.c.gmail_id.is_not(None)).values(stale=True))
