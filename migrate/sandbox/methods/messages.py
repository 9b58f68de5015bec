"""users.messages.import and insert: a message comes in.

https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from migrate.sandbox.http.bodies import MISSING, decode_raw, too_large
from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.mailbox import arrival, attachments, headers
from migrate.sandbox.mailbox.headers import Facts
from migrate.sandbox.mailbox.matching import MAX_REFERENCES, conversation, same_message
from migrate.sandbox.mailbox.spam import is_spam
from migrate.sandbox.mailbox.store import pack
from migrate.sandbox.methods import labels
from migrate.sandbox.methods.calls import Call, brief, parse_id

NEVER = frozenset({"CHAT"})
BY_GMAIL_ONLY = frozenset({"SENT", "DRAFT", "CHAT"})
"""The labels guide: these can't be applied by hand."""
MAX_CLASSIFICATIONS = 20


def content_of(call: Call, message: Mapping[str, Any]) -> memoryview:
    """The uploaded bytes or the decoded `raw` of a Message resource, as Gmail takes them in.

    ApiError 400, 413.
    """
    assume, content = call.options.assume, call.content
    limit = call.method.max_size
    if content is None:
        content = memoryview(decode_raw(message.get("raw")))
        limit = min(limit, assume.raw_limit or limit)
    if not len(content):
        raise ApiError(400, MISSING)
    if len(content) > limit:
        raise too_large()
    looked_at = {"all": True, "import": call.method.id.endswith(".import"), "off": False}
    if looked_at[assume.attachments] and attachments.refused(content):
        # GAM-team/got-your-back issue 508
        text = "Invalid attachment. Please check https://support.google.com/mail/answer/6590."
        raise ApiError(400, text)
    return arrival.taken_in(content, assume)


def import_(call: Call) -> dict[str, Any]:
    """messages.import: merges by Message-ID, threads by itself, finds spam."""
    content, facts, wanted = _arriving(call)
    if facts.sender_problem:
        raise ApiError(400, facts.sender_problem)
    store, assume = call.store, call.options.assume
    if not call.query["deleted"]:
        known = same_message(store, call.mailbox, facts, content, assume)
        if known is not None:
            # google/import-mailbox-to-gmail issue 56: "just merge the labels from the two".
            kept = set(known["labels"].split())
            if assume.dedupe_trash == "untrash":
                kept.discard("TRASH")
            with store.changing():
                packed = store.relabel(known, labels.effective(wanted | kept))
            return brief(dict(known) | {"labels": packed})
    if not call.query["neverMarkSpam"] and is_spam(content, call.options.spam_share):
        wanted = labels.effective(wanted | {"SPAM"})
    if assume.classify == "on" and not wanted & {"SPAM", "TRASH"}:
        # A published import came back with IMPORTANT; the category is a guess.
        wanted |= {"IMPORTANT", "CATEGORY_PERSONAL"} if "INBOX" in wanted else {"IMPORTANT"}
    thread = given_thread(call, call.json, facts) or conversation(
        store, call.mailbox, facts, assume
    )
    return add(call, content, facts, wanted, thread)


def insert(call: Call) -> dict[str, Any]:
    """messages.insert: like IMAP APPEND: no merging, no threading but an explicit threadId.

    It takes a From that import refuses (GAM-team/got-your-back issues 61 and 143).
    """
    content, facts, wanted = _arriving(call)
    return add(call, content, facts, wanted, given_thread(call, call.json, facts))


def _arriving(call: Call) -> tuple[memoryview, Facts, set[str]]:
    """Bytes, facts and labels of what import or insert got; ApiError 400, 413."""
    if len(call.json.get("classificationLabelValues") or ()) > MAX_CLASSIFICATIONS:
        # schemas.Message: "the request fails"; the wording is a guess. They are not kept.
        raise ApiError(400, "Too many classification label values")
    refused = NEVER if call.options.assume.sent_draft == "accept" else BY_GMAIL_ONLY
    wanted = labels.require(call, call.json.get("labelIds") or (), refused)
    content = content_of(call, call.json)
    facts = headers.read(content)
    if call.user in facts.senders:
        wanted.add("SENT")
    return content, facts, labels.effective(wanted)


def given_thread(call: Call, message: Mapping[str, Any], facts: Facts) -> int | None:
    """The asked-for thread; None, a new one, if the subjects differ (schemas.Message.threadId)."""
    text = message.get("threadId")
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


def add(
    call: Call,
    content: memoryview,
    facts: Facts,
    wanted: set[str],
    thread: int | None,
    draft: int | None = None,
) -> dict[str, Any]:
    """Store a message; id, threadId, labelIds. ApiError 400, 403 when the mailbox is full."""
    store, mailbox, received = call.store, call.mailbox, call.store.clock.ms()
    assume, limit = call.options.assume, call.options.storage_limit
    if limit and store.used(mailbox) + len(content) > limit:
        raise arrival.storage_full(assume)
    date = _internal_date(call, facts, received)
    deleted = bool(call.query.get("deleted", False))
    message = store.next_id(received)
    message_id = facts.message_id
    if message_id is None and assume.missing_message_id == "add":
        message_id = arrival.own_message_id(message)
    digest = store.keep(message, content)
    thread, packed = thread or message, pack(wanted)
    try:
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
                    *(message_id, facts.subject, facts.has_date),
                    *(history, deleted, digest, draft),
                ),
            )
    except BaseException:
        store.blob(message).unlink(missing_ok=True)
        raise
    return brief({"id": message, "thread": thread, "labels": packed})


def _internal_date(call: Call, facts: Facts, received: int) -> int:
    """Milliseconds since the epoch."""
    if facts.date is None or call.query.get("internalDateSource") != "dateHeader":
        return received
    return min(facts.date, received) if call.options.assume.future_date == "now" else facts.date
