"""Writes the first `migration.toml` and `accounts.csv`: every key with its default, explained.

Both follow from the schema and `texts/config.toml`, so they can't name a key that is not there.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from migrate.config.migration import private_directory
from migrate.config.model import NEEDED, Schema, TargetAuth, TargetConfig
from migrate.config.reader import ACCOUNTS, FILE
from migrate.config.validation import validated
from migrate.errors import UsageError
from migrate.texts import Lang, Texts

SHOWN = ("source.url", "source.auth", "target.api", "target.auth", "target.scopes")
"""Keys written out, with the one that the login needs; the others stand behind a `#` with their
default."""


def init_files(
    directory: Path,
    *,
    source_url: str,
    api: str = "https://gmail.googleapis.com",
    auth: TargetAuth = "service-account",
    login: str | None = None,
    lang: Lang = "en",
) -> tuple[Path, Path]:
    """Write both files (0600) with comments in `lang`; never over a file that exists.

    `login` is what the `auth` of the target needs: a key file, a service account's address. Example
    accounts are to be replaced. UsageError when a value can't be used.
    """
    texts = Texts(lang)
    values = {"source.url": source_url, "target.api": api, "target.auth": auth}
    values |= {f"target.{NEEDED[auth]}": login} if login else {}
    content = {FILE: migration_toml(values, texts), ACCOUNTS: texts("config.accounts_example")}
    options = {"url": "--source", "api": "--api", "service_account": "--service-account"}
    validated(
        tomllib.loads(content[FILE]),
        directory.absolute(),
        lambda location: options.get(str(location[-1]), FILE),
    )
    paths = (directory / FILE, directory / ACCOUNTS)
    for path in paths:
        if path.exists():
            raise UsageError("init-exists", where=path.name, file=path)
    private_directory(directory)
    for path in paths:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(content[path.name])
    return paths


def migration_toml(values: Mapping[str, str], texts: Texts) -> str:
    """The text of a commented `migration.toml`; `values` by dotted key."""
    return "\n".join(_lines(values, texts)) + "\n"


def _lines(values: Mapping[str, str], texts: Texts) -> Iterator[str]:
    auth = values.get("target.auth", TargetConfig.model_fields["auth"].default)
    shown = {*SHOWN, f"target.{NEEDED[auth]}"}
    yield f"# {texts('config.file')}"
    for section, model in sections().items():
        yield from ("", f"[{section}]")
        for name, field in keys(model).items():
            key = f"{section}.{name}"
            yield f"# {texts(f'config.{key}')}"
            line = f"{name} = {inline(values.get(key, example(field)))}"
            yield line if key in shown else f"# {line}"


def sections() -> dict[str, type[BaseModel]]:
    """The tables of `migration.toml` in their order, each before those below it."""
    return dict(_tables("", Schema))


def keys(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The keys of a table, without the tables below it."""
    return {name: field for name, field in model.model_fields.items() if not _table(field)}


def _tables(prefix: str, model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    for name, field in model.model_fields.items():
        if table := _table(field):
            yield f"{prefix}{name}", table
            yield from _tables(f"{prefix}{name}.", table)


def _table(field: FieldInfo) -> type[BaseModel] | None:
    """The model of a field that is a table and nothing else; not of one that may be missing."""
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def example(field: FieldInfo) -> object:
    """A value to show: the field's own example, else its default."""
    return field.examples[0] if field.examples else field.default


def inline(value: object) -> str:
    """`value` as TOML on one line (a JSON string is a TOML basic string)."""
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{_bare(str(k))} = {inline(v)}" for k, v in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(inline(each) for each in value)}]"
    return str(value) if isinstance(value, date) else json.dumps(value, ensure_ascii=False)


def _bare(key: str) -> str:
    return key if key.isascii() and key.isidentifier() else json.dumps(key, ensure_ascii=False)
