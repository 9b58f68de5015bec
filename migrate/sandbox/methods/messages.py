"""users.messages: import, insert and every change of a stored message.

https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from migrate.sandbox.http.bodies import MISSING, decode_raw, too_large
from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.mailbox import headers
from migrate.sandbox.mailbox.store import Row, pack
from migrate.sandbox.methods import labels
from migrate.sandbox.methods.calls import Call, brief, parse_id

NEVER = frozenset({"CHAT"})
BY_GMAIL_ONLY = frozenset({"SENT", "DRAFT", "CHAT"})
"""The labels guide: these can't be applied by hand."""
MAX_LABELS_PER_UPDATE = 100
MAX_BATCH = 1000
MAX_REFERENCES = 200


def content_of(call: Call, message: Mapping[str, Any]) -> memoryview:
    """The uploaded bytes or the decoded `raw` of a Message resource; ApiError 400, 413."""
    content = (
        call.content if call.content is not None else memoryview(decode_raw(message.get("raw")))
    )
    if not len(content):
        raise ApiError(400, MISSING)
    if len(content) > call.method.max_size:
        raise too_large()
    return content


def import_(call: Call) -> dict[str, Any]:
    """messages.import: merges by Message-ID, threads by itself."""
    content, facts, wanted = _arriving(call)
    if facts.sender_problem:
        raise ApiError(400, facts.sender_problem)
    store = call.store
    if (
        facts.message_id
        and call.options.assume.dedupe == "message-id"
        and not call.query["deleted"]
    ):
        known = store.db.execute(
            "SELECT * FROM messages WHERE mailbox = ? AND message_id = ? AND NOT deleted "
            "AND draft IS NULL ORDER BY id LIMIT 1",
            (call.mailbox, facts.message_id),
        ).fetchone()
        if known is not None:
            # google/import-mailbox-to-gmail issue 56: "just merge the labels from the two".
            merged = labels.effective(wanted | set(known["labels"].split()))
            with store.changing():
                return brief(dict(known) | {"labels": store.relabel(known, merged)})
    thread = _given_thread(call, facts) or _found_thread(call, facts)
    return add(call, content, facts, wanted, thread)


def insert(call: Call) -> dict[str, Any]:
    """messages.insert: like IMAP APPEND: no merging, no threading but an explicit threadId.

    It takes a From that import refuses (GAM-team/got-your-back issues 61 and 143).
    """
    content, facts, wanted = _arriving(call)
    return add(call, content, facts, wanted, _given_thread(call, facts))


def _arriving(call: Call) -> tuple[memoryview, headers.Facts, set[str]]:
    content = content_of(call, call.json)
    facts = headers.read(content)
    refused = NEVER if call.options.assume.sent_draft == "accept" else BY_GMAIL_ONLY
    wanted = labels.require(call, call.json.get("labelIds") or (), refused)
    if call.user in facts.senders:
        wanted.add("SENT")
    return content, facts, labels.effective(wanted)


def _given_thread(call: Call, facts: headers.Facts) -> int | None:
    """The asked-for thread; None, a new one, if the subjects differ (schemas.Message.threadId)."""
    text = call.json.get("threadId")
    if not text:
        return None
    try:
        thread = parse_id(text)
    except ApiError:
        thread = -1
    first = call.store.db.execute(
        "SELECT subject FROM messages WHERE mailbox = ? AND thread = ? AND NOT deleted LIMIT 1",
        (call.mailbox, thread),
    ).fetchone()
    if first is None:
        raise ApiError(400, "Invalid thread_id value")
    return thread if first[0] == facts.subject else None


def _found_thread(call: Call, facts: headers.Facts) -> int | None:
    """The oldest thread of a message that this one refers to, or that refers to this one."""
    db, found = call.store.db, []
    for ref in facts.references[-MAX_REFERENCES:]:
        found += db.execute(
            "SELECT thread FROM messages "
            "WHERE mailbox = ? AND message_id = ? AND subject = ? AND NOT deleted",
            (call.mailbox, ref, facts.subject),
        ).fetchall()
    if facts.message_id:
        found += db.execute(
            "SELECT m.thread FROM refs r JOIN messages m ON m.id = r.message AND NOT m.deleted "
            "WHERE r.mailbox = ? AND r.ref = ? AND m.subject = ? LIMIT 100",
            (call.mailbox, facts.message_id, facts.subject),
        ).fetchall()
    return min((row[0] for row in found), default=None)


def add(
    call: Call,
    content: memoryview,
    facts: headers.Facts,
    wanted: set[str],
    thread: int | None,
    draft: int | None = None,
) -> dict[str, Any]:
    """Store a message; id, threadId, labelIds."""
    store, mailbox, received = call.store, call.mailbox, call.store.clock.ms()
    use_date = call.query.get("internalDateSource") == "dateHeader" and facts.date is not None
    date = facts.date if use_date and facts.date is not None else received
    deleted = bool(call.query.get("deleted", False))
    message = store.next_id(received)
    digest = store.keep(message, content)
    thread, packed = thread or message, pack(wanted)
    with store.changing() as db:
        history = 0
        if not deleted:  # "only visible in Google Vault": no list, no history
            history = store.record(mailbox, "messageAdded", (message, thread), "", packed)
            db.executemany(
                "INSERT INTO labelled VALUES (?, ?, ?, ?)",
                [(mailbox, label, date, message) for label in wanted],
            )
            db.executemany(
                "INSERT INTO refs VALUES (?, ?, ?)",
                [(mailbox, ref, message) for ref in facts.references[-MAX_REFERENCES:]],
            )
        db.execute(
            "INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(message, mailbox, thread, date, received, len(content), packed),
                *(facts.message_id, facts.subject, facts.has_date),
                *(history, deleted, digest, draft),
            ),
        )
    return brief({"id": message, "thread": thread, "labels": packed})


def _delta(call: Call) -> tuple[set[str], set[str]]:
    """Labels to add and to remove; ApiError 400."""
    add_, remove = call.json.get("addLabelIds") or [], call.json.get("removeLabelIds") or []
    if max(len(add_), len(remove)) > MAX_LABELS_PER_UPDATE:
        raise ApiError(400, "Too many labels in one update")  # the wording is a guess
    return labels.require(call, add_, BY_GMAIL_ONLY), labels.require(call, remove, BY_GMAIL_ONLY)


def _relabel(call: Call, row: Row, more: set[str], less: set[str]) -> dict[str, Any]:
    after = labels.effective((set(row["labels"].split()) | more) - less)
    return brief(dict(row) | {"labels": call.store.relabel(row, after)})


def modify(call: Call) -> dict[str, Any]:
    row, (more, less) = call.message(), _delta(call)
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


def _batch(call: Call) -> Sequence[Row]:
    """The messages of a batch; unknown ids are passed over: "no guarantees that messages …
    existed" (discovery: batchDelete; assumed for batchModify)."""
    ids = call.json.get("ids") or []
    if not ids or len(ids) > MAX_BATCH:
        raise ApiError(400, "Invalid ids value" if not ids else "Too many ids")  # wording: a guess
    rows = (call.store.message(call.mailbox, parse_id(each)) for each in dict.fromkeys(ids))
    return [row for row in rows if row is not None]
