"""users.drafts. A draft is a message with the label DRAFT, and an id that outlives its message.

https://developers.google.com/workspace/gmail/api/guides/drafts
"""

from __future__ import annotations

from typing import Any

from migrate.sandbox.http.errors import ApiError, not_found
from migrate.sandbox.mailbox import headers
from migrate.sandbox.mailbox.store import Row
from migrate.sandbox.methods import listing, messages, render
from migrate.sandbox.methods.calls import Call


def create(call: Call) -> dict[str, Any]:
    return _add(call, call.store.next_id(0), None)


def update(call: Call) -> dict[str, Any]:
    """The draft keeps its id and gets a new message, wholly replaced; the old one is gone.

    taylorwilsdon/google_workspace_mcp issue 920 measured that ids behave so, and that a draft
    leaves its thread with another subject. That it stays otherwise, unasked, is assumed.
    """
    row = _row(call)
    with call.store.changing():
        answer = _add(call, row["draft"], row)
        # Only now: the file of a removed message goes even if what follows fails.
        call.store.remove(row)
    return answer


def get(call: Call) -> dict[str, Any]:
    row = _row(call)
    return {"id": _id(row["draft"]), "message": render.get(call, row)}


def list_(call: Call) -> dict[str, Any]:
    """Newest first. A message that was imported with the label DRAFT is none of them."""
    found = listing.select(call, ["DRAFT"])
    rows, rest = listing.page_rows(
        call,
        f"SELECT {found.id} AS id, m.thread, m.draft, {found.date} AS date "  # noqa: S608
        f"FROM {found.source} WHERE {' AND '.join(found.where)} AND m.draft IS NOT NULL",
        found.values,
    )
    drafts = [
        {
            "id": _id(row["draft"]),
            "message": {"id": f"{row['id']:016x}", "threadId": f"{row['thread']:016x}"},
        }
        for row in rows
    ]
    return ({"drafts": drafts} if drafts else {}) | rest


def delete(call: Call) -> None:
    row = _row(call)
    with call.store.changing():
        call.store.remove(row)


def _add(call: Call, draft: int, before: Row | None) -> dict[str, Any]:
    """The message of a draft, and its answer; `before` is the one it replaces."""
    resource = call.json.get("message") or {}
    content = messages.content_of(call, resource)
    facts = headers.read(content)
    if facts.sender_problem and call.options.assume.draft_from == "refuse":
        raise ApiError(400, facts.sender_problem)
    thread = messages.given_thread(call, resource, facts)
    if thread is None and before is not None and before["subject"] == facts.subject:
        thread = before["thread"]
    message = messages.add(call, content, facts, {"DRAFT"}, thread, draft=draft)
    return {"id": _id(draft), "message": message}


def _id(draft: int) -> str:
    return f"r{draft}"


def _row(call: Call) -> Row:
    """The message of the draft of the path; ApiError 404."""
    text = call.path["id"].removeprefix("r")
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) < 2**63):
        raise not_found()
    row: Row | None = call.store.db.execute(
        "SELECT * FROM messages WHERE mailbox = ? AND draft = ?", (call.mailbox, int(text))
    ).fetchone()
    if row is None:
        raise not_found()
    return row
