"""users.history.list."""

from __future__ import annotations

from typing import Any

from migrate.sandbox.http.errors import ApiError, not_found
from migrate.sandbox.mailbox.store import FIRST_HISTORY
from migrate.sandbox.methods.calls import Call
from migrate.sandbox.methods.listing import page_size, page_token, read_page_token

KINDS = {
    "messageAdded": "messagesAdded",
    "messageDeleted": "messagesDeleted",
    "labelAdded": "labelsAdded",
    "labelRemoved": "labelsRemoved",
}


def list_(call: Call) -> dict[str, Any]:
    """Changes after startHistoryId, oldest first; ApiError 404 when it is out of the window."""
    current = call.store.history_id(call.mailbox)
    if "startHistoryId" not in call.query:
        raise ApiError(400, "Missing required parameter: startHistoryId")
    start = call.query["startHistoryId"]
    if not max(FIRST_HISTORY, current - call.options.history_kept) <= start <= current:
        raise not_found()
    if token := call.query.get("pageToken"):
        (start,) = read_page_token(token, 1)
    kinds = call.query.get("historyTypes") or list(KINDS)
    label = call.query.get("labelId")
    limit = page_size(call)
    # One change may be two rows (label added and removed), but a page never splits an id: ids
    # are one per row, see `Store.record`.
    rows = call.store.db.execute(
        "SELECT * FROM history WHERE mailbox = ? AND id > ? "  # noqa: S608
        f"AND kind IN ({','.join('?' * len(kinds))}) "
        "AND (? IS NULL OR labels LIKE '% ' || ? || ' %' OR changed LIKE '% ' || ? || ' %') "
        "ORDER BY id LIMIT ?",
        (call.mailbox, start, *kinds, label, label, label, limit + 1),
    ).fetchall()
    answer: dict[str, Any] = {"historyId": str(current)}
    if rows:
        answer["history"] = [_entry(row) for row in rows[:limit]]
    if len(rows) > limit:
        answer["nextPageToken"] = page_token(rows[limit - 1]["id"])
    return answer


def _entry(row: Any) -> dict[str, Any]:
    known = {"id": f"{row['message']:016x}", "threadId": f"{row['thread']:016x}"}
    change: dict[str, Any] = {"message": known | {"labelIds": row["labels"].split()}}
    if row["kind"].startswith("label"):
        change["labelIds"] = row["changed"].split()
    return {"id": str(row["id"]), "messages": [known], KINDS[row["kind"]]: [change]}
