"""What a look at accounts would have seen, for the checks that judge it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from migrate.accounts import Account
from migrate.config import Config, load
from migrate.gmail.api import Label
from migrate.labels import map_folders
from migrate.preflight.project import Project
from migrate.preflight.seen import Seen, SourceSide, TargetSide
from migrate.source import Folder, Provider
from migrate.source.surveying import Held, Usage


def config(
    directory: Path, more: str = "", source: str = "", target: str = "", scheme: str = "imaps"
) -> Config:
    directory.mkdir(exist_ok=True)
    (directory / "migration.toml").write_text(
        f'[source]\nurl = "{scheme}://mail.example.jp"\n{source}\n'
        f'[target]\nkey_file = "key.json"\n{target}\n{more}'
    )
    (directory / "accounts.csv").write_text(
        "source_user,target_user,source_password_env\ntaro,taro@example.com,P\n"
    )
    return load(directory)


def folder(name: str, *attributes: str) -> Folder:
    return Folder(name.encode(), name, tuple(name.split("/")), frozenset(attributes))


def source(
    settings: Config,
    account: Account,
    held: Mapping[str, Held],
    how: Any = "status-size",
    **changes: Any,
) -> SourceSide:
    folders = [folder(each) for each in held]
    usage = Usage({name.encode(): each for name, each in held.items()}, how, ())
    values: dict[str, Any] = {
        "provider": Provider("dovecot", "Dovecot"),
        "folders": folders,
        "mapped": map_folders(folders, settings.label_rules(account)),
        "unlisted": (),
        "elsewhere": {},
        "usage": usage,
    }
    return SourceSide(**values | changes)


def target(*labels: str, address: str | None = None) -> TargetSide:
    return TargetSide([Label(f"L{n}", each, False) for n, each in enumerate(labels)], address, 0)


def seen(settings: Config, number: int = 1, **changes: Any) -> Seen:
    """Of an account `user<number>` where all is well."""
    account = Account(f"user{number}", f"user{number}@example.com")
    values: dict[str, Any] = {
        "source": source(settings, account, {"INBOX": Held(3, 3000, 3)}),
        "target": target("INBOX", address=account.target_user),
        "person": None,
        "before": None,
    }
    return Seen(settings, account, **values | changes)


def project(settings: Config, *sights: Seen) -> Project:
    return Project(settings, sights, None)
