"""From the configuration to logged-in sources and targets."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from migrate import days
from migrate.accounts import Account
from migrate.clock import elapsed
from migrate.config import Config, private_directory
from migrate.config.model import TargetConfig
from migrate.daily import DailyBytes
from migrate.errors import DayOver
from migrate.gmail.api import Mailbox
from migrate.gmail.auth import Access, Tokens, load_key, load_keyless, load_login
from migrate.gmail.governor import Governor
from migrate.gmail.pace import Pace
from migrate.gmail.project import Project
from migrate.gmail.quota import Pacer
from migrate.gmail.share import Drawn
from migrate.gmail.upload import Uploader
from migrate.ledger import Ledger, quota
from migrate.logins import source_login
from migrate.source.connecting import connect
from migrate.source.gate import Gate
from migrate.source.imap import ImapSource
from migrate.source.traffic import BytePace, Meter
from migrate.source.trouble import Trouble
from migrate.spooling import entered

PATIENCE = 100.0
"""Seconds that a thread waits for a mailbox that Gmail has closed; a minute's quota comes back
sooner. For longer the account is put off, and the thread is another one's."""


def open_source(
    config: Config,
    account: Account,
    stop: threading.Event | None = None,
    day: DailyBytes | None = None,
) -> ImapSource:
    """Log in to the source account. SourceError when that fails.

    `stop` ends the wait for a server that asks for patience. What is read counts for `day`.
    """
    settings, address, limits = config.source, config.source.address, config.limits
    spool = entered(private_directory(config.spool))
    source = connect(
        source_login(config, account),
        spool,
        namespaces=settings.namespaces,
        provider=settings.provider,
        wait=(stop or threading.Event()).wait,
        gate=_gate(address.host, address.port, limits.source_connections),
        trouble=_trouble(address.host, address.port, account.source_user),
        meter=Meter(_pace(address.host, limits.source_bytes_per_second), day),
    )
    if day:
        most = limits.source_bytes_per_day
        day.at_most(source.quirks.bytes_per_day if most is None else most)
    return source


@cache
def _gate(host: str, port: int, most: int) -> Gate:
    return Gate(host, most or None)


@cache
def _pace(host: str, per_second: int) -> BytePace | None:
    return BytePace(per_second) if per_second else None


@cache
def _trouble(host: str, port: int, user: str) -> Trouble:
    return Trouble()


def _access(target: TargetConfig) -> Access:
    if target.auth == "impersonation":
        return load_keyless(target.service_account or "", target.api)
    if target.auth == "oauth":
        return load_login(target.client_file or Path(), target.token_file, target.api)
    return load_key(target.key_file or Path(), target.api)


def _drawn(
    ledger: Ledger, budget: int, zone: str, *, least: int, most: int, unused: int, rate: float
) -> Drawn:
    """Out of what all processes on this ledger share; see `share.Draw`."""
    wish = quota.Wish(least, most, unused, rate)
    today = days.day(time.time(), zone)
    found = ledger.write(lambda conn: quota.grant(conn, wish, time.time(), today, budget))
    if found.units < least:
        raise DayOver("day-budget", until=today.ends)
    return Drawn(found.units, found.wait)


class Gmail:
    """What all target accounts share: the login, the uploads' connections, the project's quota."""

    def __init__(
        self,
        config: Config,
        stop: threading.Event,
        patience: float = PATIENCE,
        ledger: Ledger | None = None,
    ) -> None:
        """`patience`: seconds after which a wait for a closed mailbox is Postponed instead.
        `ledger`: where the project's quota is shared with other processes.

        UsageError when the login can't be used with the configured address.
        """
        target, limits = config.target, config.limits
        self._target, self._limits = target, limits
        self._stop, self._patience = stop, patience
        self.access = _access(target)
        self.uploader = Uploader(target.api, target.ca_file, limits.request_timeout)
        budget = limits.units_per_day
        draw = partial(_drawn, ledger, budget, limits.day_zone) if ledger else None
        self._project = Project(limits.units_per_minute_project, draw=draw, budget=budget > 0)
        self._users: dict[str, Governor] = {}
        self._lock = threading.Lock()

    def open(
        self,
        user: str,
        check: Callable[[], None] = lambda: None,
        learnt: float | None = None,
    ) -> tuple[Mailbox, Tokens, Pacer]:
        """The mailbox of `user`; a token is asked for only with the first request.

        `check` is called before every request, and raises when there must be none any more.
        `learnt`: units a second that an earlier run found to be this user's limit.
        """
        limits, target = self._limits, self._target
        tokens = Tokens(self.access, user, target.scopes, target.ca_file, limits.request_timeout)
        pacer = Pacer(
            self._governor(user, learnt),
            self._project,
            self._stop,
            check=check,
            patience=self._patience,
            zone=limits.day_zone,
            name=user,
        )
        timeout = limits.request_timeout
        return Mailbox(target.api, tokens, pacer, target.ca_file, timeout), tokens, pacer

    def close(self) -> None:
        """Nothing more is sent: what of the project's quota is not used is given back."""
        self._project.close()

    def learnt(self, user: str) -> float | None:
        """Units a second that refusals have taught to be this user's limit; None: as configured."""
        governor = self._users.get(user.lower())
        if governor is None:
            return None
        with governor.change:
            return governor.pace.learnt

    def _governor(self, user: str, learnt: float | None) -> Governor:
        """Of a mailbox, however often and for whatever account it is opened."""
        limits = self._limits
        with self._lock:
            if user.lower() not in self._users:
                pace = Pace(limits.units_per_minute_user, elapsed(), learnt)
                most = limits.uploads_per_user_max
                governor = Governor(pace, start=limits.uploads_per_user, most=most)
                self._users[user.lower()] = governor
            return self._users[user.lower()]
