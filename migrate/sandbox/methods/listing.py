"""users.messages.list, and pages of an answer.

https://developers.google.com/workspace/gmail/api/guides/filtering
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, NamedTuple

from migrate.sandbox.http.errors import ApiError, invalid_label
from migrate.sandbox.mailbox import index, search, search_sql
from migrate.sandbox.mailbox.store import Row
from migrate.sandbox.methods import labels
from migrate.sandbox.methods.calls import Call

MAX_RESULTS = 500
HIDDEN = frozenset({"SPAM", "TRASH"})


class Selection(NamedTuple):
    """Messages (`m`), and the columns of their date and id."""

    source: str
    where: list[str]
    values: list[int | str]
    date: str = "m.date"
    id: str = "m.id"

    def sql(self, columns: str) -> str:
        return f"SELECT {columns} FROM {self.source} WHERE {' AND '.join(self.where)}"  # noqa: S608


def list_(call: Call) -> dict[str, Any]:
    """Newest first. Labels are ANDed; Spam and Trash only when asked for."""
    found = select(call, wanted_labels(call))
    inner = found.sql(f"{found.id} AS id, m.thread, {found.date} AS date")
    rows, rest = page_rows(call, inner, found.values)
    shown = [{"id": f"{row['id']:016x}", "threadId": f"{row['thread']:016x}"} for row in rows]
    return ({"messages": shown} if shown else {}) | rest


def wanted_labels(call: Call) -> list[str]:
    """`labelIds`; ApiError 400 for one that doesn't exist."""
    wanted = list(dict.fromkeys(call.query.get("labelIds", ())))
    for label in wanted:
        if not labels.exists(call, label):
            raise invalid_label(label)
    return wanted


def select(call: Call, wanted: list[str]) -> Selection:
    """The messages with all the labels that `q` finds; ApiError 403, 501."""
    hidden = frozenset() if call.query["includeSpamTrash"] else HIDDEN.difference(wanted)
    if query := call.query.get("q", "").strip():
        found, revealed = _searched(call, query)
        hidden -= revealed
        # SQLite would rather read a whole mailbox in order than sort the few that are named.
        source = "messages m NOT INDEXED" if found.selects else "messages m"
        lag = call.store.clock.ms() - int(call.options.search_lag * 1000)
        chosen = Selection(
            source,
            ["m.mailbox = ?", "NOT m.deleted", "m.received <= ?", f"({found.sql})"],
            [call.mailbox, lag, *found.values],
        )
    elif wanted:
        first, *wanted = wanted
        chosen = Selection(
            "labelled l JOIN messages m ON m.id = l.message",
            ["l.mailbox = ?", "l.label = ?"],
            [call.mailbox, first],
            "l.date",
            "l.message",
        )
    else:
        chosen = Selection("messages m", ["m.mailbox = ?", "NOT m.deleted"], [call.mailbox])
    for label in (*wanted, *hidden):
        chosen.where.append(f"instr(m.labels, ?) {'=' if label in hidden else '>'} 0")
        chosen.values.append(f" {label} ")
    return chosen


def _searched(call: Call, query: str) -> tuple[search_sql.Condition, frozenset[str]]:
    """The condition that `q` is, and which of Spam and Trash it shows."""
    if call.metadata_only:
        raise ApiError(403, "Metadata scope does not support 'q' parameter")
    mailbox = search_sql.Mailbox(call.store.db, call.mailbox, call.user, call.store.clock.ms())
    try:
        node = search.parse(query)
        condition = search_sql.condition(node, mailbox)
    except search.Unsupported as error:
        raise ApiError(501, f"The sandbox does not implement this search: {error}") from error
    if condition.reads_text:
        if call.options.discard:
            raise ApiError(
                501, f"The sandbox runs with --discard: it keeps no text to search for {query}"
            )
        index.fill(call.store, call.mailbox)
    return condition, search_sql.reveals(node)


def page_rows(
    call: Call, inner: str, values: list[int | str]
) -> tuple[list[Row], dict[str, str | int]]:
    """The rows of one page of `inner`, which gives `date` and `id`, newest first; the fields that
    every page has. The token is a position, so that pages survive insertions."""
    where = ""
    if token := call.query.get("pageToken"):
        where = "WHERE (date, id) < (?, ?)"
        values = [*values, *read_page_token(token, 2)]
    limit = page_size(call)
    rows: list[Row] = call.store.db.execute(
        f"SELECT * FROM ({inner}) {where} ORDER BY date DESC, id DESC LIMIT ?",  # noqa: S608
        (*values, limit + 1),
    ).fetchall()
    rest: dict[str, str | int] = {"resultSizeEstimate": len(rows)}
    if len(rows) > limit:
        rest["nextPageToken"] = page_token(rows[limit - 1]["date"], rows[limit - 1]["id"])
    return rows[:limit], rest


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
    if len(position) != count or any(each.bit_length() > 63 for each in position):
        raise ApiError(400, "Invalid pageToken")
    return position
