"""The migration folder of a benchmark."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from bench.load import Target

PASSWORD = "secret"
UNLIMITED = "units_per_minute_user = 0\nunits_per_minute_project = 0\n"


def target_of(user: str) -> str:
    """Where the mail of `user`, who is at example.jp, goes."""
    return user.replace("example.jp", "example.org")


def write(
    folder: Path,
    imap_port: int,
    imap_ca: Path | None,
    target: Target,
    users: Sequence[str],
    limits: str = UNLIMITED,
) -> None:
    """`limits`: lines of [limits]."""
    rows = [f"{user},{target_of(user)},{PASSWORD}" for user in users]
    accounts = folder / "accounts.csv"
    accounts.touch(mode=0o600)
    accounts.write_text("\n".join(["source_user,target_user,source_password", *rows, ""]))
    (folder / "migration.toml").write_text(
        f'[source]\nurl = "imaps://127.0.0.1:{imap_port}"\n{_trust(imap_ca)}'
        f'[target]\napi = "{target.url}"\nkey_file = {json.dumps(str(target.key_file))}\n'
        f"{_trust(target.ca_file)}[limits]\n{limits}"
    )


def _trust(file: Path | None) -> str:
    return f"ca_file = {json.dumps(str(file))}\n" if file else ""
