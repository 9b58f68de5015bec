"""Which stored messages belong to one that comes in: the same message, its conversation."""

from __future__ import annotations

import hashlib

from migrate.sandbox.assumptions import Assumptions
from migrate.sandbox.mailbox.headers import Facts
from migrate.sandbox.mailbox.store import Row, Store

MAX_REFERENCES = 200


def same_message(
    store: Store, mailbox: int, facts: Facts, content: memoryview, assume: Assumptions
) -> Row | None:
    """The oldest message that import takes for this one (google/import-mailbox-to-gmail issue 56:
    by Message-ID; whether by more is `assume.dedupe`)."""
    if facts.message_id is None or assume.dedupe == "off":
        return None
    found: list[Row] = store.db.execute(
        "SELECT * FROM messages WHERE mailbox = ? AND message_id = ? AND NOT deleted "
        "AND draft IS NULL ORDER BY id",
        (mailbox, facts.message_id),
    ).fetchall()
    for row in found:
        if assume.dedupe_trash == "new" and " TRASH " in row["labels"]:
            continue
        if assume.dedupe == "message-id" or _same_bytes(store, row, content):
            return row
    return None


def _same_bytes(store: Store, row: Row, content: memoryview) -> bool:
    if row["size"] != len(content):
        return False
    if row["sha256"] is not None:
        return bool(row["sha256"] == hashlib.sha256(content).digest())
    return store.content(row["id"]) == content


def conversation(store: Store, mailbox: int, facts: Facts, assume: Assumptions) -> int | None:
    """The oldest thread of a message that this one refers to, or that refers to this one.

    Whether Gmail looks for the latter too is `assume.threading`.

    The subjects have to be the same
    (https://developers.google.com/workspace/gmail/api/guides/threads).
    """
    found = []
    for ref in facts.references[-MAX_REFERENCES:]:
        found += store.db.execute(
            "SELECT thread FROM messages "
            "WHERE mailbox = ? AND message_id = ? AND subject = ? AND NOT deleted",
            (mailbox, ref, facts.subject),
        ).fetchall()
    if facts.message_id and assume.threading == "both":
        found += store.db.execute(
            "SELECT m.thread FROM refs r JOIN messages m ON m.id = r.message AND NOT m.deleted "
            "WHERE r.mailbox = ? AND r.ref = ? AND m.subject = ? LIMIT 100",
            (mailbox, facts.message_id, facts.subject),
        ).fetchall()
    return min((row[0] for row in found), default=None)
