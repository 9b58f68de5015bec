"""`migrate run --wait`: until the next day of the quota, or a mailbox that is closed for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

from migrate.cli import common
from migrate.errors import DayOver, MailhaulError, Postponed
from migrate.texts import Texts

_NAP = 5.0
"""Seconds between two looks: the machine may have slept, somebody may have paused."""


def waited(
    errors: Iterable[MailhaulError],
    stop: threading.Event,
    texts: Texts,
    paused: Callable[[], bool] = lambda: False,
) -> bool:
    """Wait until the first of what `errors` put off may go on; True when it may, False when there
    is none. `stop` ends the wait, and so does a pause, after which a last run says how all
    stand."""
    put_off = [each for each in errors if isinstance(each, Postponed)]
    days = [each for each in put_off if isinstance(each, DayOver)]
    if not put_off or stop.is_set():
        return False
    first = min(days or put_off, key=lambda each: each.until)
    common.say(texts("quota.waiting", until=first.params["until"]))
    while (left := first.until - time.time()) > 0:
        if stop.wait(min(left, _NAP)):
            return False
        if paused():
            return True
    return True
