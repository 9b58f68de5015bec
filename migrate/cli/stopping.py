"""Ctrl-C, a polite kill, a terminal that is closed."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from migrate.cli import common
from migrate.errors import EXIT_PENDING
from migrate.texts import Texts

_HANGUP = getattr(signal, "SIGHUP", None)


@contextmanager
def stopping(texts: Texts) -> Iterator[threading.Event]:
    """Ctrl-C finishes the messages in hand; a second one ends the process at once, as safe."""
    stop = threading.Event()

    def on_signal(number: int) -> None:
        if not stop.is_set():
            stop.set()
            _say(texts("cli.run.stopping"))
        elif number != _HANGUP:  # of a closed terminal there may be two
            os._exit(EXIT_PENDING)

    with _handling(on_signal):
        yield stop


@contextmanager
def interruptible(texts: Texts) -> Iterator[None]:
    """Ctrl-C ends the process at once: there is nothing in hand, and no thread to wait for."""

    def on_signal(_number: int) -> None:
        _say(texts("cli.stopped"))
        os._exit(EXIT_PENDING)

    with _handling(on_signal):
        yield


@contextmanager
def until_interrupted() -> Iterator[threading.Event]:
    """Ctrl-C is how it ends, and nothing to talk about."""
    stop = threading.Event()
    with _handling(lambda _number: stop.set()):
        yield stop


@contextmanager
def _handling(act: Callable[[int], None]) -> Iterator[None]:
    def on_signal(number: int, _frame: FrameType | None) -> None:
        act(number)

    wanted = [signal.SIGINT, signal.SIGTERM]
    if _HANGUP is not None and signal.getsignal(_HANGUP) != signal.SIG_IGN:  # as nohup sets it
        wanted.append(_HANGUP)
    before = {each: signal.signal(each, on_signal) for each in wanted}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _say(line: str) -> None:
    with suppress(RuntimeError):  # the signal came in the middle of another line
        common.say("\n" + line)
