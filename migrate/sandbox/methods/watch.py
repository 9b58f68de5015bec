"""users.watch and users.stop. A watch is answered as Gmail does, but nothing is ever pushed.

https://developers.google.com/workspace/gmail/api/guides/push
"""

from __future__ import annotations

import re
from typing import Any

from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.methods import labels
from migrate.sandbox.methods.calls import Call

LIFETIME = 7 * 24 * 60 * 60 * 1000
"""Milliseconds: "You must re-call watch at least every 7 days" (the push guide)."""


def watch(call: Call) -> dict[str, Any]:
    """ApiError 400; any project's topic is taken, as the sandbox's key is of no real project."""
    topic = call.json.get("topicName")
    if not topic:  # googleapis/elixir-google-api issue 6629
        raise ApiError(400, "topicName required")
    if not re.fullmatch(r"projects/[^/]+/topics/[^/]+", str(topic)):
        # googleapis/google-api-nodejs-client issue 1301
        raise ApiError(400, "Invalid topicName does not match projects/*/topics/*")
    labels.require(call, call.json.get("labelIds") or (), frozenset())
    return {
        "historyId": str(call.store.history_id(call.mailbox)),
        "expiration": str(call.store.clock.ms() + LIFETIME),
    }


def stop(call: Call) -> None:
    """Nothing was pushed before, nothing is after."""
