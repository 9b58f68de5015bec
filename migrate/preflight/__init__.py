"""`migrate check`: can every account be read at the source and written at the target, and is all
ready for it? Nothing is written at either."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from migrate.accounts import Account
from migrate.config import Config
from migrate.connections import Gmail
from migrate.errors import MailhaulError
from migrate.gmail.directory import Directory
from migrate.gmail.drive import Room, room
from migrate.loopback import is_loopback
from migrate.preflight import each, once
from migrate.preflight.names import Names
from migrate.preflight.project import Project
from migrate.preflight.result import Checked, Result
from migrate.preflight.seen import Seen, look

_PATIENCE = 10.0  # seconds for a mailbox that Gmail has closed for a while


def check(
    config: Config,
    rows: Sequence[Account],
    done: Callable[[Account], None] = lambda _: None,
    dns: str | None = None,
) -> Result:
    """Several accounts at a time, `done` after each; then what concerns all of them.

    `dns`: `address` or `address:port` of the resolver to ask; None: that of this machine,
    and nobody where the target is a sandbox on it.
    UsageError for a key that can't be used, or for such a resolver.
    """
    names = None if dns is None and _rehearsal(config) else Names(dns)
    gmail = Gmail(config, threading.Event(), _PATIENCE)
    directory = _directory(config, gmail)

    def one(row: Account) -> Seen:
        seen = look(config, gmail, directory, row)
        done(row)
        return seen

    with ThreadPoolExecutor(min(config.limits.accounts, len(rows))) as pool:
        seen = list(pool.map(one, rows))
    project = once.judge(Project(config, seen, names, _room(config, gmail)))
    return Result([Checked(sight, each.judge(sight)) for sight in seen], project)


def _rehearsal(config: Config) -> bool:
    return is_loopback(str(urlsplit(config.target.api).hostname))


def _directory(config: Config, gmail: Gmail) -> Directory | None:
    target, timeout = config.target, config.limits.request_timeout
    if target.directory_admin is None or target.auth == "oauth":  # a user sees only themselves
        return None
    return Directory(target.api, gmail.access, target.directory_admin, target.ca_file, timeout)


def _room(config: Config, gmail: Gmail) -> Room | MailhaulError | None:
    target, timeout = config.target, config.limits.request_timeout
    # A user's own login was given for Gmail alone.
    if target.storage_user is None or target.storage_bytes is not None or target.auth == "oauth":
        return None
    try:
        return room(target.api, gmail.access, target.storage_user, target.ca_file, timeout)
    except MailhaulError as error:
        return error
