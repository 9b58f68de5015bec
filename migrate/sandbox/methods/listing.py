"""users.messages.list, and pages of an answer."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from migrate.sandbox.http.errors import ApiError, invalid_label
from migrate.sandbox.methods import labels
from migrate.sandbox.methods.calls import Call

MAX_RESULTS = 500
HIDDEN = ("SPAM", "TRASH")


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
        values += [
            _message_id(call, query),
            call.store.clock.ms() - int(call.options.search_lag * 1000),
        ]
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
        values += read_page_token(token, 2)
    limit = page_size(call)
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
        answer["nextPageToken"] = page_token(shown[-1]["date"], shown[-1]["id"])
    return answer


def _message_id(call: Call, query: str) -> str:
    if call.metadata_only:
        raise ApiError(403, "Metadata scope does not support 'q' parameter")
    operator, _, value = query.partition(":")
    value = value.strip().strip('"')
    if operator.lower() != "rfc822msgid" or not value or len(value.split()) > 1:
        raise ApiError(400, f"The sandbox knows no other search than rfc822msgid:ID, not: {query}")
    return value.removeprefix("<").removesuffix(">")


def page_size(call: Call) -> int:
    """How many entries an answer may have."""
    return min(call.query["maxResults"] or 100, MAX_RESULTS)


def page_token(*position: int) -> str:
    return urlsafe_b64encode(".".join(map(str, position)).encode()).decode().rstrip("=")


def read_page_token(token: str, count: int) -> list[int]:
    try:
        text = urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
        position = [int(each) for each in text.split(".")]
    except ValueError:
        position = []
    if len(position) != count:
        raise ApiError(400, "Invalid pageToken")
    return position
