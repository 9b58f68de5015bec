"""Waves: accounts that are moved together, one group after the other, a pilot first. Pure.

Where all waves are numbers, they go by number, else as they first appear in accounts.csv. Rows
without a wave come last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from migrate.accounts import Account
from migrate.errors import UsageError
from migrate.problems import misspelt


@dataclass(frozen=True, slots=True)
class Wave:
    name: str
    """As it is first written; empty for the rows that have none."""
    rows: tuple[Account, ...]


def in_waves(rows: Sequence[Account]) -> list[Wave]:
    """`rows` by wave. UsageError when no row has one."""
    found: dict[str, list[Account]] = {}
    for row in rows:
        found.setdefault(row.wave.casefold(), []).append(row)
    last = found.pop("", [])
    if not found:
        raise UsageError("waves-none")
    keys = sorted(found, key=int) if all(key.isdecimal() for key in found) else list(found)
    waves = [Wave(found[key][0].wave, tuple(found[key])) for key in keys]
    return waves + ([Wave("", tuple(last))] if last else [])


def wave(rows: Sequence[Account], name: str) -> list[Account]:
    """The rows of one wave. UsageError when there is none of that name."""
    waves = in_waves(rows)
    for each in waves:
        if each.name and each.name.casefold() == name.strip().casefold():
            return list(each.rows)
    raise misspelt("wave-unknown", name, [each.name for each in waves if each.name])
