"""users.history.list: what changed in a mailbox, in the order it happened.

https://developers.google.com/workspace/gmail/api/guides/sync
"""

from __future__ import annotations

from typing import Any

from migrate.sandbox.http.errors import ApiError, not_found
from migrate.sandbox.mailbox.store import FIRST_HISTORY, Row
from migrate.sandbox.methods.calls import Call
from migrate.sandbox.methods.listing import page_size, page_token, read_page_token

KINDS = {
    "messageAdded": "messagesAdded",
    "messageDeleted": "messagesDeleted",
    "labelAdded": "labelsAdded",
    "labelRemoved": "labelsRemoved",
}


def list_(call: Call) -> dict[str, Any]:
    """Changes after startHistoryId, oldest first.

    ApiError 400 without one, 404 when it is too old ("invalid or out of date", says the
    parameter's description) or was never given out; a page that has expired meanwhile, too.
    """
    current = call.store.history_id(call.mailbox)
    if "startHistoryId" not in call.query:
        # googleapis/google-api-nodejs-client issue 978
        raise ApiError(400, "Missing/invalid parameter: startHistoryId")
    start = call.query["startHistoryId"]
    if token := call.query.get("pageToken"):
        (start,) = read_page_token(token, 1)
    # What a start with a smaller `--history-kept` has deleted is gone for a larger one, too.
    oldest = call.store.db.execute(
        "SELECT min(id) FROM history WHERE mailbox = ?", (call.mailbox,)
    ).fetchone()[0]
    first = max(FIRST_HISTORY, current - call.options.history_kept, (oldest or current + 1) - 1)
    if not first <= start <= current:
        raise not_found()
    kinds = call.query.get("historyTypes") or list(KINDS)
    label, limit = call.query.get("labelId"), page_size(call)
    # Every row has an id of its own (`Store.record`), so a page never splits a change.
    rows = call.store.db.execute(
        "SELECT * FROM history WHERE mailbox = ? AND id > ? "  # noqa: S608
        f"AND kind IN ({','.join('?' * len(kinds))}) "
        "AND (? IS NULL OR instr(labels || changed, ' ' || ? || ' ')) ORDER BY id LIMIT ?",
        (call.mailbox, start, *kinds, label, label, limit + 1),
    ).fetchall()
    answer: dict[str, Any] = {"historyId": str(current)}
    if rows:
        answer["history"] = [_entry(row) for row in rows[:limit]]
    if len(rows) > limit:
        answer["nextPageToken"] = page_token(rows[limit - 1]["id"])
    return answer


def _entry(row: Row) -> dict[str, Any]:
    known = {"id": f"{row['message']:016x}", "threadId": f"{row['thread']:016x}"}
    labels = row["labels"].split()
    change: dict[str, Any] = {"message": known | ({"labelIds": labels} if labels else {})}
    if row["kind"].startswith("label"):
        change["labelIds"] = row["changed"].split()
    return {"id": str(row["id"]), "messages": [known], KINDS[row["kind"]]: [change]}
