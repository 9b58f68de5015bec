"""A message that an undo moved to Trash comes out again, if it is what would be sent now.

Were it imported anew, Gmail might keep the copy in Trash, with the old date, and swallow the new
one (rgladwell/imap-upload issue 22).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from migrate.delivery.attempts import Attempt
from migrate.delivery.message import Message, formed
from migrate.errors import BrakeError
from migrate.gmail.errors import LabelRefused, MessageRefused, NotFound
from migrate.gmail.upload import Stored
from migrate.labelling import SYSTEM
from migrate.ledger.outcomes import Known
from migrate.sending import Target

_MANAGED = frozenset({"INBOX", "UNREAD", "STARRED", "SPAM", "TRASH"})


def restore(
    target: Target, message: Message, known: Known, ways: Sequence[Attempt]
) -> tuple[Attempt, Stored] | None:
    """The way that it once went in, and how it is there now; None when Gmail has it no more.

    BrakeError `undo-delete-first` when it would go in in another form now.
    """
    mailbox = target.mailbox
    try:
        there = mailbox.get(known.gmail_id)
    except NotFound:
        return None
    form = formed(message.body, message.sha256, known.basis or {})
    header = form.prepared.header
    same = (each for each in ways if each.form.prepared.header == header)
    way = next((each for each in same if each.draft == (known.draft_id is not None)), None)
    if way is None:
        raise BrakeError("undo-delete-first", message=message.message_id)
    old = {name if name in SYSTEM else target.labels.existing(name) for name in known.labels}
    wanted = target.labels.ids(way.names)
    managed = (_MANAGED | {each for each in old if each}) - wanted
    now = there.labels
    if "TRASH" not in now:
        # Its owner took it out: where it is and how it is marked is as he has it.
        managed -= _MANAGED
        wanted -= _MANAGED
    if not way.draft:
        # At once with the move, so that who dies leaves nothing that its owner may have done.
        with suppress(LabelRefused, MessageRefused):
            addable = wanted - now - {"SENT", "DRAFT"}
            mailbox.modify(known.gmail_id, add=sorted(addable), remove=sorted(now & managed))
            now = (now - managed) | addable
    if "TRASH" in now - wanted:
        mailbox.untrash(known.gmail_id)
    now = mailbox.get(known.gmail_id).labels
    refused = frozenset({"SENT", "DRAFT"}) & wanted - now
    return way, Stored(known.gmail_id, known.thread_id, now, refused, known.draft_id)
