"""users.messages.list, users.history.list and users.getProfile."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from migrate.sandbox import labels
from migrate.sandbox.calls import Call
from migrate.sandbox.errors import ApiError, invalid_label, not_found
from migrate.sandbox.store import FIRST_HISTORY, now_ms

MAX_RESULTS = 500
HIDDEN = ("SPAM", "TRASH")
KINDS = {
    "messageAdded": "messagesAdded",
    "messageDeleted": "messagesDeleted",
    "labelAdded": "labelsAdded",
    "labelRemoved": "labelsRemoved",
}


def profile(call: Call) -> dict[str, Any]:
    messages, threads = call.store.db.execute(
        "SELECT count(*), count(DISTINCT thread) FROM messages WHERE mailbox = ? AND NOT deleted",
        (call.mailbox,),
    ).fetchone()
    return {
        "emailAddress": call.user,
        "messagesTotal": messages,
        "threadsTotal": threads,
        "historyId": str(call.store.history_id(call.mailbox)),
    }


def list_(call: Call) -> dict[str, Any]:
    """Newest first. Labels are ANDed; Spam and Trash only when asked for."""
    wanted = list(dict.fromkeys(call.query.get("labelIds", ())))
    for label in wanted:
        if not labels.exists(call, label):
            raise invalid_label(label)
    return {key: rows for key, rows in page(call, wanted).items() if rows != []}


def page(call: Call, wanted: list[str]) -> dict[str, Any]:
    """One page of messages that have all the labels; `messages` may be empty."""
    where = ["m.mailbox = ?", "NOT m.deleted"]
    values: list[int | str] = [call.mailbox]
    source, date, key = "messages m", "m.date", "m.id"
    if query := call.query.get("q", "").strip():
        source += " INDEXED BY by_message_id"  # by_date would read the whole mailbox
        where += ["m.message_id = ?", "m.received <= ?"]
        values += [_message_id(call, query), now_ms() - int(call.options.search_lag * 1000)]
    elif wanted:
        source = "labelled l JOIN messages m ON m.id = l.message"
        where, values = ["l.mailbox = ?", "l.label = ?"], [call.mailbox, wanted[0]]
        date, key = "l.date", "l.message"
    has = (
        "EXISTS (SELECT 1 FROM labelled x WHERE x.mailbox = m.mailbox AND x.label = ? "
        "AND x.date = m.date AND x.message = m.id)"
    )
    for label in wanted if query else wanted[1:]:
        where.append(has)
        values.append(label)
    if not call.query["includeSpamTrash"]:
        for label in HIDDEN:
            if label not in wanted:
                where.append(f"NOT {has}")
                values.append(label)
    if token := call.query.get("pageToken"):
        where.append(f"({date}, {key}) < (?, ?)")
        values += _read_token(token, 2)
    limit = _limit(call)
    rows = call.store.db.execute(
        f"SELECT m.id, m.thread, m.date FROM {source} WHERE {' AND '.join(where)} "  # noqa: S608
        f"ORDER BY {date} DESC, {key} DESC LIMIT ?",
        (*values, limit + 1),
    ).fetchall()
    shown = rows[:limit]
    answer: dict[str, Any] = {
        "messages": [
            {"id": f"{row['id']:016x}", "threadId": f"{row['thread']:016x}"} for row in shown
        ],
        "resultSizeEstimate": len(rows),
    }
    if len(rows) > limit:
        answer["nextPageToken"] = _token(shown[-1]["date"], shown[-1]["id"])
    return answer


def _message_id(call: Call, query: str) -> str:
    if call.metadata_only:
        raise ApiError(403, "Metadata scope does not support 'q' parameter")
    operator, _, value = query.partition(":")
    value = value.strip().strip('"')
    if operator.lower() != "rfc822msgid" or not value or len(value.split()) > 1:
        raise ApiError(400, f"The sandbox knows no other search than rfc822msgid:ID, not: {query}")
    return value.removeprefix("<").removesuffix(">")


def history(call: Call) -> dict[str, Any]:
    """Changes after startHistoryId, oldest first; ApiError 404 when it is out of the window."""
    current = call.store.history_id(call.mailbox)
    if "startHistoryId" not in call.query:
        raise ApiError(400, "Missing required parameter: startHistoryId")
    start = call.query["startHistoryId"]
    if not max(FIRST_HISTORY, current - call.options.history_kept) <= start <= current:
        raise not_found()
    if token := call.query.get("pageToken"):
        (start,) = _read_token(token, 1)
    kinds = call.query.get("historyTypes") or list(KINDS)
    label = call.query.get("labelId")
    limit = _limit(call)
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
        answer["nextPageToken"] = _token(rows[limit - 1]["id"])
    return answer


def _entry(row: Any) -> dict[str, Any]:
    known = {"id": f"{row['message']:016x}", "threadId": f"{row['thread']:016x}"}
    change: dict[str, Any] = {"message": known | {"labelIds": row["labels"].split()}}
    if row["kind"].startswith("label"):
        change["labelIds"] = row["changed"].split()
    return {"id": str(row["id"]), "messages": [known], KINDS[row["kind"]]: [change]}


def _limit(call: Call) -> int:
    return min(call.query["maxResults"] or 100, MAX_RESULTS)


def _token(*position: int) -> str:
    return urlsafe_b64encode(".".join(map(str, position)).encode()).decode().rstrip("=")


def _read_token(token: str, count: int) -> list[int]:
    try:
        text = urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
        position = [int(each) for each in text.split(".")]
    except ValueError:
        position = []
    if len(position) != count:
        raise ApiError(400, "Invalid pageToken")
    return position
