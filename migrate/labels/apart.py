"""Keeping labels apart: no two folders share one, unless one stands for both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import count

from migrate.labels.fitting import Wish
from migrate.labels.names import label_key, marked, parents

_MARKS = 4
"""Marks that are looked for in what an earlier run gave; a second one is rarer than a collision."""
_Unit = tuple[str, tuple[str, ...]]


def keep_apart(
    wishes: Sequence[Wish], settled: Sequence[str | None], taken: Callable[[str], bool]
) -> list[str]:
    """The label of each wish, in order.

    Of those that want the same one, it goes to the one that has it (`settled`), else to the one
    whose own name it is, else to the first by path; the others get a mark. `taken` tells, by key,
    what none may have that does not have it already.
    """
    units: dict[_Unit, Wish] = {}
    for each in sorted(wishes, key=lambda one: (one.reason is not None, one.label)):
        units.setdefault(_unit(each), each)
    labels: dict[_Unit, str] = {}
    held: set[str] = set()
    for each, had in sorted(zip(wishes, settled, strict=True), key=lambda pair: pair[0].owner):
        if had and had in _possible(each) and label_key(had) not in held:
            held.add(label_key(labels.setdefault(_unit(each), had)))
    groups: dict[str, list[Wish]] = defaultdict(list)
    for unit, each in units.items():
        if unit not in labels:
            groups[unit[0]].append(each)
    for key, group in groups.items():
        if key not in held and not taken(key):
            first = min(group, key=lambda one: (one.reason is not None, one.owner))
            labels[_unit(first)] = first.label
    used = held | set(groups)
    used |= _keys(above for each in wishes for above in parents(each.label))
    for unit in sorted(units.keys() - labels.keys()):
        label = _free(units[unit], lambda key: key in used or taken(key))
        labels[unit] = label
        used.add(label_key(label))
    return [labels[_unit(each)] for each in wishes]


def _unit(each: Wish) -> _Unit:
    return label_key(each.label), each.owner


def _possible(each: Wish) -> list[str]:
    marks = (marked(each.label, each.owner, attempt) for attempt in range(_MARKS))
    return [each.label, *marks]


def _free(each: Wish, used: Callable[[str], bool]) -> str:
    names = (marked(each.label, each.owner, attempt) for attempt in count())
    return next(name for name in names if not used(label_key(name)))


def _keys(labels: Iterable[str]) -> set[str]:
    return {label_key(each) for each in labels}
