"""What must have become of a message, from its case and the places it lies in."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .case import Place
from .folders import MARK, Named

_MARKED = re.escape(MARK)


def alive(places: list[Place]) -> list[Place]:
    """Without the copies that were deleted: they are skipped."""
    return [each for each in places if "\\Deleted" not in each[1]]


def labels(places: list[Place], named: Mapping[str, Named]) -> frozenset[str]:
    """The labels in Gmail of a message with these copies, with MARK where a name has a mark."""
    there = alive(places)
    found = {str(named[folder].label) for folder, _ in there}
    if found == {"DRAFT"}:
        return frozenset(found)
    found -= {"DRAFT"}
    if found != {"SPAM"}:
        found -= {"SPAM"}
    if not any("\\Seen" in flags for _, flags in there):
        found.add("UNREAD")
    if any("\\Flagged" in flags for _, flags in there):
        found.add("STARRED")
    return frozenset(found)


def is_label(wanted: str, label: str) -> bool:
    return re.fullmatch(re.escape(wanted).replace(_MARKED, r"\([0-9a-f]{8}\)"), label) is not None


def unmarked(names: frozenset[str]) -> frozenset[str]:
    return frozenset(re.sub(r"\([0-9a-f]{8}\)$", MARK, each) for each in names)


def ends(places: list[Place], code: str | None) -> list[tuple[str, str | None]]:
    """The states of all copies, sorted."""
    there = len(alive(places))
    found: list[tuple[str, str | None]] = [("skipped", "deleted")] * (len(places) - there)
    if code:
        found += [("quarantined", code)] * there
    elif there:
        found += [("imported", None)] + [("merged", "copy")] * (there - 1)
    return sorted(found, key=str)
