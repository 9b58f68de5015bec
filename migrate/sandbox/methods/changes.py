"""users.messages: every change of stored messages.

https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.mailbox.store import Row
from migrate.sandbox.methods import labels
from migrate.sandbox.methods.calls import Call, brief, parse_id
from migrate.sandbox.methods.messages import BY_GMAIL_ONLY

MAX_LABELS_PER_UPDATE = 100
MAX_BATCH = 1000


def modify(call: Call) -> dict[str, Any]:
    row, (more, less) = call.message(), _delta(call)
    _refuse_drafts([row], more)
    with call.store.changing():
        return _relabel(call, row, more, less)


def trash(call: Call) -> dict[str, Any]:
    row = call.message()
    with call.store.changing():
        return _relabel(call, row, {"TRASH"}, set())


def untrash(call: Call) -> dict[str, Any]:
    row = call.message()
    with call.store.changing():
        return _relabel(call, row, set(), {"TRASH"})


def batch_modify(call: Call) -> None:
    rows, (more, less) = _batch(call), _delta(call)
    _refuse_drafts(rows, more)
    with call.store.changing():
        for row in rows:
            _relabel(call, row, more, less)


def delete(call: Call) -> None:
    row = call.message()
    with call.store.changing():
        call.store.remove(row)


def batch_delete(call: Call) -> None:
    rows = _batch(call)
    with call.store.changing():
        for row in rows:
            call.store.remove(row)


def _delta(call: Call) -> tuple[set[str], set[str]]:
    """Labels to add and to remove; ApiError 400."""
    more, less = call.json.get("addLabelIds") or [], call.json.get("removeLabelIds") or []
    if max(len(more), len(less)) > MAX_LABELS_PER_UPDATE:
        raise ApiError(400, "Too many labels in one update")  # the wording is a guess
    return labels.require(call, more, BY_GMAIL_ONLY), labels.require(call, less, BY_GMAIL_ONLY)


def _refuse_drafts(rows: Sequence[Row], more: set[str]) -> None:
    """https://developers.google.com/workspace/gmail/api/guides/labels; the error is a guess."""
    if more and any(row["draft"] is not None for row in rows):
        raise ApiError(400, "Labels can't be applied to draft messages")


def _relabel(call: Call, row: Row, more: set[str], less: set[str]) -> dict[str, Any]:
    after = labels.effective((set(row["labels"].split()) | more) - less)
    return brief(dict(row) | {"labels": call.store.relabel(row, after)})


def _batch(call: Call) -> Sequence[Row]:
    """The messages of a batch; unknown ids are passed over: "no guarantees that messages …
    existed" (discovery: batchDelete; assumed for batchModify)."""
    ids = call.json.get("ids") or []
    if not ids or len(ids) > MAX_BATCH:
        raise ApiError(400, "Invalid ids value" if not ids else "Too many ids")  # wording: a guess
    rows = (call.store.message(call.mailbox, each) for each in dict.fromkeys(map(parse_id, ids)))
    return [row for row in rows if row is not None]
