"""What a check found, for people: the summary, what is wrong with its cure, then every account."""

from __future__ import annotations

from collections.abc import Sequence

from console.shell import tell
from console.tables import as_table, cut
from migrate.cli.common import named, say
from migrate.figures import number, size
from migrate.preflight.document import sentences
from migrate.preflight.result import Checked, Problem, Result
from migrate.texts import Texts

_ACCOUNT = 26  # columns; what is longer stands in full with its problem
_COLUMNS = ("level", "account", "folders", "messages", "size", "labels", "see")
_RIGHT = range(2, 6)
_UNKNOWN = "–"
_IN_THE_TABLE = ("", "check-after-error", "labels-not-forecast", "source-quota-none")
"""Codes of what the table shows already, or has no column for."""


def show(result: Result, server: str, texts: Texts) -> None:
    """The problems go to stderr, all else to stdout."""
    levels = [each.level for each in result.accounts]
    counts = {level: levels.count(level) for level in ("ok", "warning", "error")}
    tell(texts("cli.check.summary", accounts=len(levels), **counts))
    problems = [*result.problems("error"), *result.problems("warning")]
    for place, problem in enumerate(problems, 1):
        _explain(place, problem, len(levels), texts)
    tell("")
    for line in _table(result.accounts, problems, texts):
        tell(line)
    tell("")
    if any(_found(each, "size", "how") == "sample" for each in result.accounts):
        tell(texts("cli.check.estimated"))
    kinds = {str(name) for each in result.accounts if (name := _found(each, "login", "name"))}
    if kinds:
        tell(texts("cli.check.server", server=server, kinds=", ".join(sorted(kinds))))
    well = [name for name, found in result.project if found.level == "ok" and not found.code]
    if well:
        tell(texts("cli.check.well", names=texts("cli.check.and").join(_named(well, texts))))
    for problem in (*result.problems("ok"), *result.problems("not-asked")):
        if problem.finding.code not in _IN_THE_TABLE:
            cause, cure = sentences(problem.finding, texts)
            tell(texts("cli.check.note", cause=cause, cure=cure).strip())


def _named(checks: Sequence[str], texts: Texts) -> list[str]:
    return [texts(f"cli.check.name.{each}") for each in checks]


def _explain(place: int, problem: Problem, accounts: int, texts: Texts) -> None:
    cause, cure = sentences(problem.finding, texts)
    level = texts(f"cli.check.level.{problem.finding.level}")
    say(texts("cli.check.problem", place=place, level=level, whom=_whom(problem, accounts, texts)))
    for line in cause.splitlines():
        say(f"    {line}")
    say(texts("cli.check.cure", cure=cure.replace("\n", "\n    ")))


def _whom(problem: Problem, accounts: int, texts: Texts) -> str:
    users = [each.source_user for each in problem.accounts]
    if not users:
        return texts("cli.check.whom.all")
    if len(users) == 1:
        return users[0]
    if len(users) == accounts:
        return texts("cli.check.whom.every", n=len(users))
    return named(users, texts)


def _table(accounts: Sequence[Checked], problems: Sequence[Problem], texts: Texts) -> list[str]:
    """The worst first; at most 80 columns wide."""
    places: dict[str, list[str]] = {}
    for place, problem in enumerate(problems, 1):
        for account in problem.accounts:
            places.setdefault(account.source_user, []).append(f"[{place}]")
    order = ("error", "warning", "ok")
    lines = [
        (
            texts(f"cli.check.level.{each.level}"),
            cut(each.account.source_user, _ACCOUNT),
            _number(each, "folders", "folders"),
            _number(each, "size", "messages"),
            _size(each),
            _labels(each),
            "".join(places.get(each.account.source_user, ())),
        )
        for each in sorted(accounts, key=lambda each: order.index(each.level))
    ]
    header = tuple(texts(f"cli.check.column.{each}") for each in _COLUMNS)
    return as_table([header, *lines], right=_RIGHT)


def _number(checked: Checked, check: str, name: str) -> str:
    found = _found(checked, check, name)
    return number(found) if isinstance(found, int) else _UNKNOWN


def _size(checked: Checked) -> str:
    found = _found(checked, "size", "bytes")
    if not isinstance(found, int):
        return _UNKNOWN
    return f"~{size(found)}" if _found(checked, "size", "how") == "sample" else size(found)


def _labels(checked: Checked) -> str:
    now, new = (_found(checked, "labels", each) for each in ("now", "new"))
    if not isinstance(now, int):
        return _UNKNOWN
    return f"{number(now)}+{number(new) if isinstance(new, int) else '?'}"


def _found(checked: Checked, check: str, name: str) -> object:
    return checked.findings[check].params.get(name)
