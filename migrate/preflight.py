"""`migrate check`: can every account be read at the source and written at the target?"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from migrate.accounts import Account
from migrate.config import Config
from migrate.connections import Gmail, open_source
from migrate.errors import MailhaulError
from migrate.explain import explain
from migrate.source import Provider
from migrate.texts import Texts

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Checked:
    """One account: what was found, and the error of each side, None where all is well."""

    account: Account
    provider: Provider | None
    folders: int | None
    labels: int | None
    source_error: MailhaulError | None
    target_error: MailhaulError | None

    @property
    def errors(self) -> list[MailhaulError]:
        return [error for error in (self.source_error, self.target_error) if error is not None]

    def to_json(self, texts: Texts) -> dict[str, Any]:
        return {
            "source_user": self.account.source_user,
            "target_user": self.account.target_user,
            "source": _side(
                self.source_error,
                {
                    "folders": self.folders,
                    "provider": self.provider.id if self.provider else None,
                },
                texts,
            ),
            "target": _side(self.target_error, {"labels": self.labels}, texts),
        }


def check(
    config: Config, rows: Sequence[Account], seen: Callable[[Checked], None] = lambda _: None
) -> list[Checked]:
    """Log in to both sides of every account; nothing is written. UsageError for a bad key."""
    gmail = Gmail(config, threading.Event())

    def one(row: Account) -> Checked:
        source, source_error = _try(lambda: _source(config, row))
        provider, folders = source or (None, None)
        labels, target_error = _try(lambda: len(gmail.open(row.target_user)[0].labels()))
        checked = Checked(row, provider, folders, labels, source_error, target_error)
        seen(checked)
        return checked

    with ThreadPoolExecutor(min(config.limits.accounts, len(rows))) as pool:
        return list(pool.map(one, rows))


def _source(config: Config, row: Account) -> tuple[Provider, int]:
    source = open_source(config, row)
    try:
        return source.provider, len([each for each in source.folders() if each.selectable])
    finally:
        source.close()


def _try(look: Callable[[], T]) -> tuple[T | None, MailhaulError | None]:
    try:
        return look(), None
    except MailhaulError as error:
        return None, error


def _side(error: MailhaulError | None, found: dict[str, Any], texts: Texts) -> dict[str, Any]:
    if error is None:
        return {"ok": True, **found}
    cause, cure = explain(error, texts)
    return {"ok": False, "error": {"code": error.code, "cause": cause, "cure": cure}}
