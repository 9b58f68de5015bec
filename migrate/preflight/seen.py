"""What is seen of an account, by one log-in at the source and two or three requests at the target.

The checks judge it; they ask nobody themselves.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from migrate.accounts import Account
from migrate.config import Config
from migrate.connections import Gmail, open_source
from migrate.errors import MailhaulError, SourceError, StateError, TargetError
from migrate.gmail.api import Label
from migrate.gmail.directory import Directory, Person
from migrate.gmail.errors import MessageRefused, NotFound
from migrate.labels import Mapped, map_folders
from migrate.ledger import peek
from migrate.source import Folder, Provider
from migrate.source.surveying import Usage
from migrate.source.wire import Interrupted

T = TypeVar("T")

_PATIENCE = 20.0  # seconds for a source that asks to wait


@dataclass(frozen=True, slots=True)
class SourceSide:
    provider: Provider
    folders: Sequence[Folder]
    """Those that can hold mail."""
    mapped: Sequence[Mapped]
    """What becomes of each."""
    unlisted: Sequence[str]
    elsewhere: Mapping[str, int]
    """Folders of namespaces that are not asked for, by kind."""
    usage: Usage


@dataclass(frozen=True, slots=True)
class TargetSide:
    labels: Sequence[Label]
    address: str | None
    """The mailbox's own address; None where the scopes don't let us ask."""
    messages: int | None
    """That are in it now."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An account, from both sides; of each the error that ended the look."""

    config: Config
    account: Account
    source: SourceSide | MailhaulError
    target: TargetSide | MailhaulError
    person: Person | MailhaulError | None
    """As the directory knows the user; None: nobody, or it was not asked."""
    before: peek.Seen | None
    """What the last run or plan saw."""


def look(config: Config, gmail: Gmail, directory: Directory | None, row: Account) -> Seen:
    """Log in to both sides of an account; nothing is written at either."""
    known = peek.seen(config.ledger_path, *row.pair), peek.seen(config.scan_cache, *row.pair)
    newest = max((each for each in known if each), key=lambda each: each.at, default=None)
    source, target = _try(lambda: _source(config, row)), _try(lambda: _target(config, gmail, row))
    person = _try(lambda: directory.find(row.target_user)) if directory else None
    return Seen(config, row, source, target, person, newest)


def _source(config: Config, row: Account) -> SourceSide:
    try:
        source = open_source(config, row, _Hurried())
    except Interrupted as error:
        host = config.source.address.host
        raise SourceError("source-busy", host=host, answer=f"> {_PATIENCE:.0f} s") from error
    try:
        folders = [each for each in source.folders() if each.selectable]
        return SourceSide(
            source.provider,
            folders,
            map_folders(folders, config.label_rules(row)),
            source.unlisted,
            {str(kind): count for kind, count in source.elsewhere.items()},
            source.usage(folders),
        )
    finally:
        source.close()


class _Hurried(threading.Event):
    """Does not wait for long."""

    def wait(self, timeout: float | None = None) -> bool:
        return timeout is None or timeout > _PATIENCE or super().wait(timeout)


def _target(config: Config, gmail: Gmail, row: Account) -> TargetSide:
    mailbox, _, _ = gmail.open(row.target_user)
    try:
        labels = mailbox.labels()
        if config.target.scopes == "minimal":
            return TargetSide(labels, None, None)
        profile = mailbox.profile()
    except (NotFound, MessageRefused) as error:  # what nobody says of a mailbox
        raise TargetError("target-forbidden", detail=error) from error
    return TargetSide(labels, profile.address, profile.messages)


def _try(side: Callable[[], T]) -> T | MailhaulError:
    try:
        return side()
    except MailhaulError as error:
        return error
    except OSError as error:  # the spool folder; the network's have become ours already
        return StateError("ledger-unwritable", file=error.filename, reason=error.strerror)
