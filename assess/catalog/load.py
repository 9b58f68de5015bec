"""Reads our files, lays an organisation's own file over them, and holds the whole to its rules."""

from __future__ import annotations

import hashlib
import re
import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from assess.catalog.checks import problems
from assess.catalog.model import Catalog, Sourced, Text
from assess.catalog.validation import FILE_OF, SOURCED, TABLES, validated
from assess.errors import AssessError, misspelt, raise_all

VERSION = "2026.11"
"""Of weights, tables, rules and prices; the change log tells each change."""

FILES = tuple(dict.fromkeys(FILE_OF.values()))
"""Our files, in the order of the digest."""

OWN_SOURCE = Text(en="own file", ja="独自の設定ファイル")
"""The source of what an organisation's file changes without naming one."""

_PROVENANCE = list(Sourced.model_fields)

Tables = dict[str, dict[str, dict[str, Any]]]
"""Table -> id -> entry."""


def load(override: Path | None = None, override_text: str | None = None) -> Catalog:
    """Our catalogue, the organisation's file (or its text, from a report) laid over it.

    AssessError or Problems: every problem of a file at once, with file, entry and field.
    """
    tables: Tables = {table: {} for table in TABLES}
    origin: dict[tuple[str, str], str] = {}
    for name in FILES:
        for table, entries in _our_tables(name).items():
            tables[table] |= entries
            origin |= {(table, key): name for key in entries}
    if override or override_text is not None:
        name = override.name if override else "overrides"
        text = _read(override) if override and override_text is None else override_text or ""
        for table, entries in _tables(text, name).items():
            for key, entry in entries.items():
                own = {"source": OWN_SOURCE.model_dump(), "url": None} if table in SOURCED else {}
                tables[table][key] = _over(tables[table].get(key, {}), own | entry)
                origin[table, key] = name

    def place(table: str, key: str) -> str:
        return origin[table, key]

    catalog = validated(VERSION, tables, place)
    raise_all(problems(catalog, place))
    return catalog


def digest() -> str:
    """SHA-256 over our files, hexadecimal."""
    return hashlib.sha256(b"".join(_ours(name) for name in FILES)).hexdigest()


def _ours(name: str) -> bytes:
    return files(__package__).joinpath(name).read_bytes()


@cache
def _our_tables(name: str) -> Tables:
    """Not to be changed. A command that compares reports loads the catalogue for each of them."""
    return _tables(_ours(name).decode(), name)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise AssessError("toml-encoding", where=path.name) from None
    except OSError as error:
        raise AssessError("file-unreadable", where=str(path), reason=error.strerror) from error


def _tables(text: str, name: str) -> Tables:
    """The entries of one file, `[defaults]` filled in. AssessError with all problems."""
    try:
        document = tomllib.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        reason, _, place = str(error).partition(" (at ")
        line = re.match(r"line (\d+)", place)
        number = line[1] if line else len(text.splitlines())
        raise AssessError("toml-syntax", where=f"{name}:{number}", reason=reason) from None
    wrong: list[AssessError] = []
    for table, entries in document.items():
        if table not in (*TABLES, "defaults"):
            wrong.append(misspelt("table-unknown", table, list(TABLES), where=name))
        elif not isinstance(entries, dict):
            wrong.append(AssessError("want-table", where=name, setting=f"[{table}]"))
        elif table == "defaults":
            wrong += (
                misspelt("key-unknown", key, _PROVENANCE, where=name, setting="[defaults]")
                for key in entries
                if key not in _PROVENANCE
            )
        else:
            wrong += (
                AssessError("want-table", where=name, setting=f"[{table}] {key}")
                for key, entry in entries.items()
                if not isinstance(entry, dict)
            )
    raise_all(wrong)
    defaults = document.pop("defaults", {})
    return {
        table: {key: (defaults if table in SOURCED else {}) | e for key, e in entries.items()}
        for table, entries in document.items()
    }


def _over(ours: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """`own` laid over `ours`: tables key by key, all else replaced."""
    merged = ours | own
    for key in ours.keys() & own.keys():
        if isinstance(ours[key], dict) and isinstance(own[key], dict):
            merged[key] = _over(ours[key], own[key])
    return merged
