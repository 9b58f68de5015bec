"""`connect` gives a `Source` of one account, as soon as its server takes another connection."""

from __future__ import annotations

import time
from collections.abc import Collection
from functools import partial
from pathlib import Path

from migrate.errors import SourceError, SourceLost, SourceUnreached
from migrate.source import providers
from migrate.source.folders import PERSONAL, Kind
from migrate.source.gate import Gate
from migrate.source.imap import ImapSource
from migrate.source.login import Login
from migrate.source.patience import crowded, is_of_one_user
from migrate.source.session import open_session
from migrate.source.traffic import Meter
from migrate.source.trouble import Trouble
from migrate.source.wire import Wait


def _sleep(seconds: float) -> bool:
    time.sleep(seconds)
    return False


def connect(
    login: Login,
    spool: Path,
    *,
    namespaces: Collection[Kind] = PERSONAL,
    provider: str = providers.AUTO,
    wait: Wait = _sleep,
    gate: Gate | None = None,
    trouble: Trouble | None = None,
    meter: Meter | None = None,
    spool_over: int = 1 << 20,
    batch_bytes: int = 4 << 20,
) -> ImapSource:
    """Log in. Raises SourceError (or UsageError for a PEM file that can't be read): SourceLost for
    a server that turns us away for the time being, or was there before.

    Folders of these kinds of `namespaces` are listed, where the server tells them apart.
    Messages of more than `spool_over` bytes come as files (mode 0600) in the directory `spool`;
    about `batch_bytes` bytes are asked for at a time. `wait` is how to wait for a busy server;
    `gate` is shared by all connections to the same server, `trouble` and `meter` by those of one
    account. A server that has too many of ours is asked again when one of them has ended.
    """
    opening = partial(open_session, login, spool, spool_over, wait, meter)
    gate = gate or Gate(login.host)
    while True:
        gate.enter(lambda: wait(0))
        try:
            source = ImapSource(
                opening,
                frozenset(namespaces),
                provider,
                batch_bytes,
                trouble or Trouble(),
                gate.leave,
            )
            break
        except BaseException as error:
            again = _too_many(error) and gate.crowded()
            gate.leave()
            gate.learn(None)  # the others need not wait for one that fails
            if again:
                continue
            if isinstance(error, SourceUnreached) and not gate.reached:
                raise SourceError(error.code, **error.params) from error
            raise
    gate.reached = True
    gate.learn(source.quirks.connections)
    return source


def _too_many(error: BaseException) -> bool:
    """Whether the server has too many connections from here, not only of this user."""
    answer = str(error.params.get("answer", "")) if isinstance(error, SourceLost) else ""
    return crowded(answer) and not is_of_one_user(answer)
