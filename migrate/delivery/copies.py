"""More copies of a message that Gmail has from us: only their labels are missing."""

from __future__ import annotations

from dataclasses import replace

from migrate.delivery.attempts import Copies
from migrate.errors import TargetError
from migrate.gmail.errors import LabelRefused, NotFound
from migrate.labels import LabelRules, message_labels
from migrate.ledger.outcomes import Known
from migrate.sending import FALLBACKS, Target

_ONLY_FIRST = frozenset({"UNREAD", "STARRED", "INBOX", "SPAM", "TRASH"})
"""Labels that a copy found later does not bring: the user may have changed them since."""


def add_copies(target: Target, same: Known, copies: Copies, rules: LabelRules) -> Known | None:
    """`same` with the labels that `copies` bring; None when it is no longer there."""
    names = message_labels(copies, rules) - _ONLY_FIRST
    # Gmail lets nobody add these to a message that is there already, and a draft has no others.
    names = frozenset(FALLBACKS.get(each, each) for each in names) if not same.draft_id else names
    labels = same.labels if same.draft_id else same.labels | names
    missing = target.labels.ids(labels - same.labels)
    if missing and not target.readable:
        return None
    try:
        if missing:
            target.mailbox.modify(same.gmail_id, add=sorted(missing))
        elif same.draft_id:
            target.mailbox.draft(same.draft_id)
        elif target.readable:
            target.mailbox.get(same.gmail_id)
    except NotFound:
        return None
    except LabelRefused as refusal:
        label = ", ".join(sorted(labels - same.labels))
        raise TargetError("target-label", label=label, detail=refusal) from refusal
    return replace(same, labels=labels)
