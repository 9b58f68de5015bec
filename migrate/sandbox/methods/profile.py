"""users.getProfile."""

from __future__ import annotations

from typing import Any

from migrate.sandbox.methods.calls import Call


def get(call: Call) -> dict[str, Any]:
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
