"""Changes of labels to Gmail: equal ones together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from migrate.delta.merge import Why
from migrate.gmail.errors import LabelRefused, MessageRefused, NotFound
from migrate.sending import Target

_TOGETHER = 10
"""From so many on a batch is cheaper: 50 units instead of 5 for each."""
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Write:
    gmail_id: str
    add: frozenset[str]
    """Ids of labels."""
    remove: frozenset[str]


def apply(target: Target, writes: Sequence[Write]) -> dict[str, Why]:
    """Carry all out. Gmail id → why not, for those that Gmail did not take."""
    groups: dict[tuple[frozenset[str], frozenset[str]], list[str]] = defaultdict(list)
    for each in writes:
        if each.add or each.remove:
            groups[each.add, each.remove].append(each.gmail_id)
    failed: dict[str, Why] = {}
    for (add, remove), ids in groups.items():
        for some in _batches(ids):
            if len(some) < _TOGETHER or not _together(target, some, add, remove):
                for gmail_id in some:
                    if why := _one(target, gmail_id, add, remove):
                        failed[gmail_id] = why
    return failed


def _together(
    target: Target, gmail_ids: Sequence[str], add: frozenset[str], remove: frozenset[str]
) -> bool:
    """False when one of them, or one of the labels, spoils it for all."""
    try:
        target.mailbox.batch_modify(gmail_ids, add=sorted(add), remove=sorted(remove))
    except (NotFound, LabelRefused, MessageRefused):
        return False
    return True


def _one(target: Target, gmail_id: str, add: frozenset[str], remove: frozenset[str]) -> Why | None:
    try:
        try:
            target.mailbox.modify(gmail_id, add=sorted(add), remove=sorted(remove))
        except LabelRefused:
            # Somebody deleted one a moment ago. What is to be added is made again.
            again = {found for each in add if (found := target.labels.renew(each))}
            target.labels.refresh()
            names = target.labels.names()
            there = {each for each in remove if each in names}
            target.mailbox.modify(gmail_id, add=sorted(again), remove=sorted(there))
    except NotFound:
        return "gone"
    except (LabelRefused, MessageRefused):
        return "refused"
    return None


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _BATCH):
        yield ids[start : start + _BATCH]
