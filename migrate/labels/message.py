"""The labels of one message that lies in several folders."""

from __future__ import annotations

from collections.abc import Sequence

from migrate.labels.keywords import keyword_label
from migrate.labels.names import label_key
from migrate.labels.rules import LabelRules, Mapped

_PLAIN = LabelRules()


def message_labels(
    copies: Sequence[tuple[Mapped, frozenset[str]]], rules: LabelRules = _PLAIN
) -> frozenset[str]:
    """Ids of system labels and paths of user labels, from the (folder, flags) of every copy.

    Read if one copy is read, starred if one is flagged, and the labels for the keywords of all.
    Spam and Trash only if every copy is there (Trash, if they are in both), so never together with
    INBOX. With the policy `deleted = "trash"` a copy that is flagged \\Deleted lies in Trash. A
    draft only if every copy is one; it then has no other label, for Gmail allows none (API guide
    "Manage labels").
    """
    labels = {label for mapped, flags in copies if (label := _place(mapped, flags, rules))}
    if labels == {"DRAFT"}:
        return frozenset(labels)
    if labels <= {"SPAM", "TRASH"}:
        labels -= {"SPAM"} if "TRASH" in labels else set()
    else:
        labels -= {"SPAM", "TRASH", "DRAFT"}
    every = frozenset[str]().union(*[flags for _, flags in copies])
    if "\\Seen" not in every:
        labels.add("UNREAD")
    if "\\Flagged" in every:
        labels.add("STARRED")
    return frozenset(labels) | _of_keywords(every, rules)


def _place(mapped: Mapped, flags: frozenset[str], rules: LabelRules) -> str | None:
    deleted = rules.deleted == "trash" and "\\Deleted" in flags
    return "TRASH" if deleted and mapped.label else mapped.label


def _of_keywords(flags: frozenset[str], rules: LabelRules) -> frozenset[str]:
    if not rules.keywords:
        return frozenset()
    labels = (keyword_label(flag, rules) for flag in sorted(flags))
    # One spelling where the copies have several: Gmail takes them for one label.
    return frozenset({label_key(each): each for each in labels if each}.values())
