"""What the source says of a message, against what Gmail has of it: pure, for one message."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from migrate.delta.merge import PLACES, Merged, merge, united
from migrate.labels import LabelRules, Mapped, message_labels
from migrate.ledger.changes import Change, Settled
from migrate.ledger.held import Held, Part
from migrate.sending import FALLBACKS
from migrate.source import Folder

Resolve = Callable[[str], str]
"""Name of a label → its id; for one that does not exist, a word that no id is."""

_MOODS = frozenset({"STARRED", "UNREAD"})


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done to a message of Gmail's, and how its rows stand afterwards."""

    gmail_id: str
    add: frozenset[str]
    """Names of labels, as in `message.labels`."""
    remove: frozenset[str]
    """Ids of labels."""
    change: Change | None
    settled: tuple[Settled, ...]
    lost: tuple[int, ...] = ()
    """Rows that are to be copied again: we had put it into Trash, and Gmail has emptied that."""


def lives(part: Part) -> bool:
    return bool(part.copies) or part.hidden


def waits(held: Held) -> bool:
    """Whether nothing can be said of it yet: it may be what is still to be copied elsewhere."""
    return any(not lives(part) and part.awaited for part in held.parts)


def base_of(held: Held) -> list[Part]:
    """The rows whose labels the message in Gmail has: what is deleted gave its own up, if not all
    are."""
    return [part for part in held.parts if not part.deleted] or list(held.parts)


def written(held: Held) -> frozenset[str]:
    """What we wrote last, names."""
    return united([part.labels for part in base_of(held)])


def step(held: Held, target: Collection[str] | None, rules: LabelRules, resolve: Resolve) -> Step:
    """`target`: ids of its labels in Gmail now, None when it is gone."""
    living = [part for part in held.parts if lives(part)]
    if not living or any(part.draft for part in held.parts):
        return Step(held.gmail_id, frozenset(), frozenset(), None, _rest(held, held.touched))
    names = written(held)
    if target is None:
        if "TRASH" in names:
            lost = tuple(part.id for part in living)
            return Step(held.gmail_id, frozenset(), frozenset(), None, _rest(held, True), lost)
        kept = {"why": "gone", "labels": []}
        return Step(held.gmail_id, frozenset(), frozenset(), None, _rest(held, True, kept))
    said = {part.id: _said(part, rules) for part in living}
    wanted = united(list(said.values()))
    called = {resolve(name): name for name in names | wanted}
    before = frozenset(label for part in held.parts for label in part.before)
    merged = merge(
        {resolve(name) for name in names}, {resolve(name) for name in wanted}, target, before
    )
    after = (frozenset(target) | merged.add) - merged.remove
    return Step(
        held.gmail_id,
        frozenset(called[each] for each in merged.add),
        merged.remove,
        _change(held, living, merged, called),
        tuple(_settled(held, part, said, merged, called, after) for part in held.parts),
    )


def _said(part: Part, rules: LabelRules) -> frozenset[str]:
    """The labels of a message, names, by all its copies. Those that Gmail lets nobody add or take
    are as they were."""
    shelf = all(label == "DRAFT" for label, _ in part.copies)
    copies = [
        (_mapped(FALLBACKS["DRAFT"] if shelf else label), flags) for label, flags in part.copies
    ]
    names = message_labels(copies, rules) if copies else part.labels
    if part.hidden:
        names |= part.labels - (_MOODS if copies else frozenset())
    fixed = part.labels & FALLBACKS.keys()
    return fixed | {name if name in fixed else FALLBACKS.get(name, name) for name in names}


def _mapped(label: str) -> Mapped:
    """A folder of which only the label counts."""
    return Mapped(Folder(b"", "", (), frozenset()), label, system=False, rule=None, renamed=None)


def _change(
    held: Held, living: list[Part], merged: Merged, called: Mapping[str, str]
) -> Change | None:
    if not merged.add and not merged.remove:
        return None
    what = "untrashed" if "TRASH" in merged.remove else "labels"
    added = frozenset(called[each] for each in merged.add)
    removed = frozenset(called[each] for each in merged.remove)
    return Change(held.gmail_id, living[0].id, what, added, removed)


def _settled(
    held: Held,
    part: Part,
    said: Mapping[int, frozenset[str]],
    merged: Merged,
    called: Mapping[str, str],
    after: frozenset[str],
) -> Settled:
    if part.id not in said:
        return Settled(part.id, part.labels, held.touched, deleted=True)
    labels = part.labels if merged.alone else said[part.id]
    if merged.why == "place":
        labels -= merged.stays & PLACES
    kept: dict[str, Any] | None = None
    if merged.why:
        kept = {
            "why": merged.why,
            "labels": sorted(called.get(each, each) for each in merged.stays),
        }
    return Settled(part.id, labels, merged.base != after, deleted=False, kept=kept)


def _rest(held: Held, touched: bool, kept: Mapping[str, Any] | None = None) -> tuple[Settled, ...]:
    """Nothing is written; it is only known what the source has."""
    return tuple(
        Settled(part.id, part.labels, touched, not lives(part), kept if lives(part) else None)
        for part in held.parts
    )


def refused(settled: Settled, part: Part, why: str) -> Settled:
    """Gmail did not take the change."""
    return replace(settled, labels=part.labels, touched=True, kept={"why": why, "labels": []})
