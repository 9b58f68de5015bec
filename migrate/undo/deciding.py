"""What becomes of one message when a run is taken back: pure arithmetic of label ids."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from migrate.delta.merge import ours

Why = Literal["gone", "trashed", "changed", "read", "shared"]
"""Why a message stays: its owner deleted it for good, put it into Trash, changed it, read it; or
it is also what another run made of other mail."""

_TRASH = "TRASH"


def spared(
    written: Collection[str],
    target: Collection[str] | None,
    *,
    include_read: bool,
) -> Why | None:
    """Why a message that the run made stays, None if it goes.

    `written`: what we wrote last; `target`: what Gmail has now, None: it is not there any more.
    SENT comes by itself on what its owner wrote.
    """
    if target is None:
        return "gone"
    before, now = ours(written), ours(target)
    if _TRASH in now - before:
        return "trashed"
    changed = (before ^ now) - ({"SENT"} & now)
    if changed - {"UNREAD"} or "UNREAD" in now - before:
        return "changed"
    return "read" if changed and not include_read else None


def taken_back(
    added: Collection[str],
    removed: Collection[str],
    target: Collection[str],
    before: Collection[str] = (),
) -> tuple[frozenset[str], frozenset[str]]:
    """(Labels to add, labels to take off) so that a change is undone: what it added and is still
    there, what it took off and nobody brought back; `before` was there before us and stays."""
    now = frozenset(target)
    return frozenset(removed) - now, (frozenset(added) & now) - frozenset(before)
