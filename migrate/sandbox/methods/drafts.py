"""users.drafts: create, get, list, delete. A draft is a message with the label DRAFT and no other.

https://developers.google.com/workspace/gmail/api/guides/drafts
"""

from __future__ import annotations

from typing import Any

from migrate.sandbox.http.errors import not_found
from migrate.sandbox.mailbox import headers
from migrate.sandbox.mailbox.store import Row
from migrate.sandbox.methods import listing, messages, render
from migrate.sandbox.methods.calls import Call


def create(call: Call) -> dict[str, Any]:
    content = messages.content_of(call, call.json.get("message") or {})
    facts = headers.read(content)
    number = call.store.next_id(0)
    message = messages.add(call, content, facts, {"DRAFT"}, None, draft=number)
    return {"id": f"r{number}", "message": message}


def get(call: Call) -> dict[str, Any]:
    row = _row(call)
    return {"id": call.path["id"], "message": render.get(call, row)}


def list_(call: Call) -> dict[str, Any]:
    page = listing.page(call, ["DRAFT"])
    rows = [call.message(each["id"]) for each in page.pop("messages")]
    found = [
        {
            "id": f"r{row['draft']}",
            "message": {"id": f"{row['id']:016x}", "threadId": f"{row['thread']:016x}"},
        }
        for row in rows
        if row["draft"] is not None
    ]
    return page | ({"drafts": found} if found else {})


def delete(call: Call) -> None:
    row = _row(call)
    with call.store.changing():
        call.store.remove(row)


def _row(call: Call) -> Row:
    text = call.path["id"].removeprefix("r")
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise not_found()
    row: Row | None = call.store.db.execute(
        "SELECT * FROM messages WHERE mailbox = ? AND draft = ?", (call.mailbox, int(text))
    ).fetchone()
    if row is None:
        raise not_found()
    return row
