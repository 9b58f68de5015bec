"""What a check came to, as data: the accounts, the migration, and what is wrong, told once each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from migrate.accounts import Account
from migrate.errors import MailhaulError
from migrate.preflight.finding import Finding, Level
from migrate.preflight.seen import Seen
from migrate.unnamed import unnamed

_WORST: tuple[Level, ...] = ("error", "warning")


@dataclass(frozen=True, slots=True)
class Checked:
    seen: Seen
    findings: Mapping[str, Finding]
    """By the name of the check."""

    @property
    def account(self) -> Account:
        return self.seen.account

    @property
    def level(self) -> Level:
        return _worst(self.findings.values())

    @property
    def errors(self) -> list[MailhaulError]:
        return [found.error for found in self.findings.values() if found.error is not None]


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding, and whom it concerns."""

    check: str
    finding: Finding
    """With several accounts one that speaks of all: `UNNAMED` for what is each one's own, and
    numbers that differ as (lowest, highest)."""
    accounts: Sequence[Account]
    """Empty: the whole migration."""


@dataclass(frozen=True, slots=True)
class Result:
    accounts: Sequence[Checked]
    project: Sequence[tuple[str, Finding]]

    @property
    def errors(self) -> list[MailhaulError]:
        """What there is to mend before all can be migrated."""
        of_project = [found.error for _, found in self.project if found.error is not None]
        return of_project + [error for each in self.accounts for error in each.errors]

    def problems(self, level: Level) -> list[Problem]:
        """The findings of a level: the migration's, then the accounts', those of most first."""
        own = [Problem(name, found, ()) for name, found in self.project if found.level == level]
        return own + sorted(_grouped(self.accounts, level), key=lambda each: -len(each.accounts))


def _worst(findings: Iterable[Finding]) -> Level:
    levels = {found.level for found in findings}
    return next((level for level in _WORST if level in levels), "ok")


def _grouped(accounts: Sequence[Checked], level: Level) -> Iterator[Problem]:
    groups: dict[tuple[str, str, object], list[tuple[Checked, Finding]]] = {}
    for each in accounts:
        for name, found in each.findings.items():
            if found.level == level:
                key = name, found.code, _identity(found.params, each.account)
                groups.setdefault(key, []).append((each, found))
    for (name, _, _), members in groups.items():
        found = members[0][1]
        if len(members) > 1:
            params = _common([(member.params, each.account) for each, member in members])
            found = Finding(level, found.code, params, found.error)
        yield Problem(name, found, [each.account for each, _ in members])


def _identity(params: Mapping[str, Any], account: Account) -> tuple[tuple[str, str], ...]:
    """What makes two findings of a code the same: all but the account's own names, and numbers."""
    return tuple(
        (name, _unnamed(value, account))
        for name, value in sorted(params.items())
        if not isinstance(value, int | float)
    )


def _unnamed(value: object, account: Account) -> str:
    return unnamed(str(value), account.pair)


def _common(members: Sequence[tuple[Mapping[str, Any], Account]]) -> dict[str, Any]:
    params, account = members[0]
    common: dict[str, Any] = {}
    for name, value in params.items():
        if isinstance(value, int) and not isinstance(value, bool):
            values = [each.get(name, value) for each, _ in members]
            lowest, highest = min(values), max(values)
            common[name] = value if lowest == highest else (lowest, highest)
        else:
            common[name] = _unnamed(value, account)
    return common
