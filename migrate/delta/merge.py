"""The three-way rule, label by label, as arithmetic of sets.

base: what we wrote last; source: what the source says now; target: what Gmail has now. What the
source added since base is added, what it took away is taken away. On everything else base and
source agree, and there the user's word stands. All sets hold Gmail's label ids, or all hold names.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

Why = Literal["trashed", "spam", "gone", "draft", "place", "labels", "changed", "before", "refused"]
"""Why something is as the user has it: the message lies in Trash or Spam, is gone for good, is a
draft; it was put elsewhere than the source puts it (`place`), given or relieved of a label that the
source did not touch (`labels`); or, of a message that is deleted at the source: it was `changed` in
Gmail, or was there `before` us. `refused`: Gmail refuses the change."""

PLACES = frozenset({"INBOX", "SPAM", "TRASH"})
"""Gmail has a message in at most one of these."""
_DOOMED = frozenset({"SPAM", "TRASH"})
_MOODS = frozenset({"INBOX", "STARRED", "UNREAD"})
"""What a user gives a message that the source did not."""
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Merged:
    add: frozenset[str]
    remove: frozenset[str]
    base: frozenset[str]
    """What will have been written last; `source`, but for what was left to the user."""
    why: Why | None = None
    """Set when something is left as the user has it."""
    stays: frozenset[str] = _NONE
    """The labels that this concerns."""
    alone: bool = False
    """The message lies in the user's Trash or Spam: nothing is done, and `base` is as it was."""


def ours(labels: Collection[str]) -> frozenset[str]:
    """Without what Gmail decides by itself: IMPORTANT, CATEGORY_* and CHAT."""
    return frozenset(
        each
        for each in labels
        if each not in ("IMPORTANT", "CHAT") and not each.startswith("CATEGORY_")
    )


def merge(
    base: Collection[str],
    source: Collection[str],
    target: Collection[str],
    before: Collection[str] = (),
) -> Merged:
    """What to do. `before` are the labels of a message that was there before us: they stay.

    A message that the user put into Trash or Spam is left alone, and so is its base: what the
    source says of it is still to be said, should it come back. Idempotent, also if only a part of
    it was done.
    """
    base, source, target, before = ours(base), ours(source), ours(target), ours(before)
    arrived, left = source - base, base - source - before
    doomed = target & _DOOMED - base - source - before
    if doomed:
        why: Why = "trashed" if "TRASH" in doomed else "spam"
        changed = arrived | left
        return Merged(_NONE, _NONE, base, why if changed else None, changed, alone=True)
    after = (target | arrived) - left
    places: frozenset[str] = _NONE
    if len(after & PLACES) > 1:
        # Somebody put it elsewhere, or it was there before us.
        places = arrived & PLACES
    agreed = (base & source) - target - {"UNREAD"} | (target - base - source - before) & _MOODS
    stays = agreed if arrived or left else _NONE
    return Merged(
        arrived - target - places,
        left & target,
        source - places,
        "place" if places else "labels" if stays else None,
        places or stays,
    )


def united(parts: Sequence[Collection[str]]) -> frozenset[str]:
    """The labels of a message of Gmail's that several of ours became: as those of several copies
    (`labels.message_labels`), unread, in Spam or in Trash only if all are."""
    every = frozenset(label for part in parts for label in part)
    common = [part for part in parts if "UNREAD" not in part]
    if common:
        every -= {"UNREAD"}
    if any(not _DOOMED & frozenset(part) for part in parts):
        every -= _DOOMED
    return every - ({"SPAM"} if "TRASH" in every else _NONE)


def altered(base: Collection[str], target: Collection[str]) -> bool:
    """Whether the user changed anything since; that it was read does not count."""
    return bool((ours(base) ^ ours(target)) - ({"UNREAD"} & frozenset(base)))
