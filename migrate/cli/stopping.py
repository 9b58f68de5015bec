"""Ctrl-C: finish what is in hand, then stop."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from migrate.cli import common
from migrate.texts import Texts


@contextmanager
def stopping(texts: Texts) -> Iterator[threading.Event]:
    """Ctrl-C finishes the messages in hand; a second one ends the process at once, as safe."""
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            os._exit(4)
        stop.set()
        common.say("\n" + texts("cli.run.stopping"))

    before = {each: signal.signal(each, on_signal) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
