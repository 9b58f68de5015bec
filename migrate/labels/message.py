"""The labels of one message that lies in several folders."""

from __future__ import annotations

from collections.abc import Sequence

from migrate.labels.rules import Mapped


def message_labels(copies: Sequence[tuple[Mapped, frozenset[str]]]) -> frozenset[str]:
    """Ids of system labels and paths of user labels, from the (folder, flags) of every copy.

    Read if one copy is read, starred if one is flagged. Spam and Trash only if every copy is
    there (Trash, if they are in both), so never together with INBOX. A draft only if every copy is
    one; it then has no other label, for Gmail allows none (API guide "Manage labels").
    """
    labels = {mapped.label for mapped, _ in copies if mapped.label}
    if labels == {"DRAFT"}:
        return frozenset(labels)
    if labels <= {"SPAM", "TRASH"}:
        labels -= {"SPAM"} if "TRASH" in labels else set()
    else:
        labels -= {"SPAM", "TRASH", "DRAFT"}
    if not any("\\Seen" in flags for _, flags in copies):
        labels.add("UNREAD")
    if any("\\Flagged" in flags for _, flags in copies):
        labels.add("STARRED")
    return frozenset(labels)
