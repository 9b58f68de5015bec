"""Rows of accounts.csv that contradict each other: whose mail would go into whose mailbox.

Certain is only a circle: taro's mail to hanako and hanako's to taro, or a column that was sorted
without the other one. A target that is named like another row's source may be meant.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from migrate.errors import UsageError

if TYPE_CHECKING:
    from migrate.accounts import Account

_Rows = Mapping[str, "Account"]
"""Name at the source → row, of one pair of domains."""


def problems(rows: Sequence[Account], name: str) -> Iterator[UsageError]:
    """Circles, and addresses that belong to two rows; `name` is the file's."""
    yield from _circles(rows, name)
    yield from _shared(rows, name)


def doubts(rows: Sequence[Account], name: str) -> list[UsageError]:
    """What is probably a mistake, to be told and not refused."""
    found = []
    for group in _groups(rows):
        for row in group.values():
            other = group.get(_split(row.target_user)[0])
            if other and other is not row and row not in _circle(group, row):
                found.append(
                    UsageError(
                        "target-named-like-source",
                        where=f"{name}:{row.line}",
                        user=row.source_user,
                        target=row.target_user,
                        other=other.source_user,
                        to=other.target_user,
                        line=other.line,
                    )
                )
    return found


def into_itself(rows: Sequence[Account], name: str) -> Iterator[UsageError]:
    """Rows that name one mailbox twice, where the source and the target are the same service."""
    for row in rows:
        if _key(row.source_user) in map(_key, (row.target_user, *row.aliases)):
            yield UsageError("target-is-source", where=f"{name}:{row.line}", user=row.source_user)


def _circles(rows: Sequence[Account], name: str) -> Iterator[UsageError]:
    for group in _groups(rows):
        told: set[str] = set()
        for key, row in group.items():
            circle = _circle(group, row)
            if len(circle) < 2 or key in told:
                continue
            told |= {_split(each.source_user)[0] for each in circle}
            yield UsageError(
                "targets-crossed",
                where=f"{name}:{row.line}",
                pairs=", ".join(f"{each.source_user} → {each.target_user}" for each in circle),
                lines=", ".join(str(line) for line in sorted(each.line for each in circle)),
            )


def _circle(group: _Rows, row: Account) -> list[Account]:
    """The rows from `row` by the names of their targets back to `row`; empty if it does not come
    back. Neither sources nor targets are there twice, so it comes back or ends."""
    found, at = [row], row
    while (following := group.get(_split(at.target_user)[0])) and following is not row:
        if following in found:
            return []
        found.append(following)
        at = following
    return found if following is row else []


def _groups(rows: Sequence[Account]) -> Iterable[_Rows]:
    groups: dict[tuple[str, str], dict[str, Account]] = defaultdict(dict)
    for row in rows:
        user, domain = _split(row.source_user)
        if user and row.target_user:
            groups[domain, _split(row.target_user)[1]].setdefault(user, row)
    return groups.values()


def _shared(rows: Sequence[Account], name: str) -> Iterator[UsageError]:
    """An alias that is another row's alias, source or target."""
    owners: dict[str, Account] = {}
    for row in rows:
        for each in (row.source_user, row.target_user):
            owners.setdefault(_key(each), row)
    for row in rows:
        for alias in row.aliases:
            owner = owners.setdefault(_key(alias), row)
            if owner is not row:
                where = f"{name}:{row.line}"
                yield UsageError("alias-elsewhere", where=where, alias=alias, first=owner.line)


def _split(address: str) -> tuple[str, str]:
    user, _, domain = _key(address).partition("@")
    return user, domain


def _key(address: str) -> str:
    return unicodedata.normalize("NFKC", address).casefold()
