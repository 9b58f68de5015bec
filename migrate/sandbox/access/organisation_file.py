"""Reads a directory file (TOML, see `docs/sandbox.md`) into an `Organisation`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from migrate.sandbox.access.organisation import Address, Organisation
from migrate.sandbox.options import is_address


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at one place; `code` names a text of the command line."""

    where: str
    """Like `users[2].aliases[1]`, counted from 1; empty for the whole file."""
    code: str
    params: dict[str, str]

    def __str__(self) -> str:
        said = ", ".join(self.params.values())
        return f"{self.where}: {self.code.replace('-', ' ')}" + (f": {said}" if said else "")


class DirectoryError(ValueError):
    """A directory file that can't be used, with all that is wrong in it."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        super().__init__("\n".join(f"{file}: {each}" for each in problems))
        self.file, self.problems = file, problems


def read(path: Path) -> Organisation:
    """The organisation of a file. DirectoryError; OSError."""
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise DirectoryError(path.name, [Problem("", "no-toml", {"reason": str(error)})]) from error
    reading = _Reading()
    organisation: Organisation = reading.made(Organisation, document, "")
    if reading.problems:
        raise DirectoryError(path.name, reading.problems)
    return organisation


@dataclass
class _Reading:
    """Makes dataclasses of tables by their type hints; goes on after a mistake to find them all."""

    problems: list[Problem] = field(default_factory=list)
    taken: dict[str, str] = field(default_factory=dict)
    """Address → where it stands."""

    def made(self, kind: Any, value: Any, where: str) -> Any:
        """`value` as a `kind`; anything at all after a mistake."""
        if is_dataclass(kind):
            return self._table(kind, value, where)
        if get_origin(kind) is tuple:
            return self._list(get_args(kind)[0], value, where)
        if get_origin(kind) is Literal:
            self._expect(value in get_args(kind), where, "no-choice", value, get_args(kind))
        elif NoneType in get_args(kind):
            return self.made(get_args(kind)[0], value, where)
        elif kind is bool:
            self._expect(isinstance(value, bool), where, "want-true-or-false")
        elif self._expect(isinstance(value, str), where, "want-text") and kind is Address:
            return self._address(value.strip().lower(), where)
        return value

    def _table(self, kind: Any, value: Any, where: str) -> Any:
        if not self._expect(isinstance(value, dict), where, "want-table"):
            return None
        hints = get_type_hints(kind)
        for name in value:
            self._expect(name in hints, where, "unknown-key", name, hints)
        missing = [f.name for f in fields(kind) if f.default is MISSING and f.name not in value]
        for name in missing:
            self._expect(False, where, "missing-key", name)
        made = {
            name: self.made(hint, value[name], f"{where}.{name}".removeprefix("."))
            for name, hint in hints.items()
            if name in value
        }
        return None if missing else kind(**made)

    def _list(self, kind: Any, value: Any, where: str) -> Any:
        if not self._expect(isinstance(value, list), where, "want-list"):
            return ()
        return tuple(
            self.made(kind, each, f"{where}[{number}]") for number, each in enumerate(value, 1)
        )

    def _address(self, value: str, where: str) -> str:
        self._expect(is_address(value), where, "no-address", value)
        first = self.taken.setdefault(value, where)
        if first != where:
            self.problems.append(Problem(where, "address-taken", {"value": value, "first": first}))
        return value

    def _expect(
        self, right: bool, where: str, code: str, value: Any = None, known: Iterable[str] = ()
    ) -> bool:
        if not right:
            given = {} if value is None else {"value": str(value)}
            given |= {"known": ", ".join(known)} if known else {}
            self.problems.append(Problem(where, code, given))
        return right
