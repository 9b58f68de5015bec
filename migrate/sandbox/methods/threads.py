"""users.threads: conversations. A thread is the messages that name it; without any it is gone.

https://developers.google.com/workspace/gmail/api/guides/threads
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from migrate.sandbox.http.errors import not_found
from migrate.sandbox.mailbox.store import Row
from migrate.sandbox.methods import changes, listing, render
from migrate.sandbox.methods.calls import Call, Handler, parse_id


def list_(call: Call) -> dict[str, Any]:
    """Threads with a message that has all the labels and that `q` finds, by the newest of them.

    The API searches no threads as a whole
    (https://developers.google.com/workspace/gmail/api/guides/filtering#differences).
    """
    found = listing.select(call, listing.wanted_labels(call))
    inner = found.sql(f"m.thread AS id, max({found.date}) AS date") + " GROUP BY m.thread"
    rows, rest = listing.page_rows(call, inner, found.values)
    shown = [_brief(call, row["id"]) for row in rows]
    return ({"threads": shown} if shown else {}) | rest


def get(call: Call) -> dict[str, Any]:
    """Oldest message first; those in Spam and Trash too."""
    rows = _rows(call)
    return _thread(rows) | {"messages": [render.get(call, row) for row in rows]}


def modify(call: Call) -> dict[str, Any]:
    """A draft takes no labels (the labels guide); the rest of its thread does."""
    rows = _rows(call)
    return _each(call, [row for row in rows if row["draft"] is None] or rows, changes.modify)


def trash(call: Call) -> dict[str, Any]:
    return _each(call, _rows(call), changes.trash)


def untrash(call: Call) -> dict[str, Any]:
    return _each(call, _rows(call), changes.untrash)


def delete(call: Call) -> None:
    _each(call, _rows(call), changes.delete)


def _each(call: Call, rows: list[Row], method: Handler) -> dict[str, Any]:
    """Do to every message what a method of users.messages does to one."""
    messages = [method(replace(call, path={"id": f"{row['id']:016x}"})) for row in rows]
    return {"id": f"{rows[0]['thread']:016x}", "messages": messages}


def _rows(call: Call, thread: int | None = None) -> list[Row]:
    """The messages of a thread, by default of the path, oldest first; ApiError 404."""
    rows: list[Row] = call.store.db.execute(
        "SELECT * FROM messages WHERE mailbox = ? AND thread = ? AND NOT deleted ORDER BY date, id",
        (call.mailbox, parse_id(call.path["id"]) if thread is None else thread),
    ).fetchall()
    if not rows:
        raise not_found()
    return rows


def _thread(rows: list[Row]) -> dict[str, str]:
    history = max(row["history"] for row in rows)
    return {"id": f"{rows[0]['thread']:016x}", "historyId": str(history)}


def _brief(call: Call, thread: int) -> dict[str, str]:
    rows = _rows(call, thread)
    return _thread(rows) | {"snippet": render.snippet(call, rows[-1])}
