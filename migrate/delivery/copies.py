"""More copies of a message that Gmail has from us: only their labels are missing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from migrate.delivery.attempts import Copies
from migrate.gmail.errors import LabelRefused, NotFound
from migrate.gmail.upload import Stored
from migrate.labelling import SYSTEM
from migrate.labels import LabelRules, message_labels
from migrate.ledger.outcomes import Known
from migrate.sending import FALLBACKS, Target

_ONLY_FIRST = frozenset({"UNREAD", "STARRED", "INBOX", "SPAM", "TRASH"})
"""Labels that a copy found later does not bring: the user may have changed them since."""

_UNTOUCHED = frozenset({"UNREAD", "INBOX", "SENT", "DRAFT", "SPAM", "TRASH"})
"""Labels that are not added to a message that was found: nobody can set them, or the user may have
read, filed or deleted it already."""


def add_copies(
    target: Target,
    same: Known,
    copies: Copies,
    rules: LabelRules,
    intend: Callable[[frozenset[str]], None] = lambda _: None,
) -> Known | None:
    """`same` with the labels that `copies` bring; None when it is no longer there.

    `intend` is told of the labels before they are added.
    """
    names = message_labels(copies, rules) - _ONLY_FIRST
    # Gmail lets nobody add these to a message that is there already, and a draft has no others.
    names = frozenset(FALLBACKS.get(each, each) for each in names) if not same.draft_id else names
    labels = same.labels if same.draft_id else same.labels | names
    missing = target.labels.ids(labels - same.labels)
    if missing and not target.readable:
        return None
    try:
        if missing:
            intend(labels - same.labels)
            _add(target, same.gmail_id, missing)
        elif same.draft_id:
            target.mailbox.draft(same.draft_id)
        elif target.readable:
            target.mailbox.get(same.gmail_id)
    except NotFound:
        return None
    return replace(same, labels=labels)


def align(target: Target, stored: Stored, names: frozenset[str]) -> None:
    """What was found in Gmail gets the labels that its copies have now: while it was in doubt, it
    may have been moved, or its folder renamed. Labels of the user's can't be there yet."""
    if stored.draft_id:
        return
    standing = {FALLBACKS[each] for each in stored.refused if each in FALLBACKS}
    wanted = target.labels.ids((names - stored.refused) | standing)
    there = {each for each in stored.labels if not each.startswith("CATEGORY_")}
    add = wanted - there - _UNTOUCHED
    remove = {each for each in there - wanted if each not in SYSTEM or each in ("INBOX", "UNREAD")}
    if add or remove:
        with suppress(LabelRefused, NotFound):
            target.mailbox.modify(stored.gmail_id, add=sorted(add), remove=sorted(remove))


def _add(target: Target, gmail_id: str, labels: frozenset[str]) -> None:
    try:
        target.mailbox.modify(gmail_id, add=sorted(labels))
    except LabelRefused:
        # Somebody deleted one. What is refused once more is missing then, as verify will say.
        found = [renewed for each in labels if (renewed := target.labels.renew(each))]
        with suppress(LabelRefused):
            target.mailbox.modify(gmail_id, add=sorted(found))
