"""Progress as events; bars for people are one view of it."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tqdm import tqdm

    from migrate.texts import Texts


class Progress:
    """What the engine tells while it works, per source user. This one shows nothing."""

    def scanned(self, user: str, messages: int) -> None:
        """The scan has found so many more new messages."""

    def open(self, user: str, messages: int, size: int, what: str = "copy") -> None:
        """The scan is over; so many messages and bytes are to be copied, or only `read`."""

    def done(self, user: str, messages: int, size: int) -> None:
        """So many more have reached their end."""

    def close(self, user: str) -> None:
        """Nothing more comes from this account for now."""


class Bars(Progress):
    """One tqdm bar per running account on stderr: messages, MB, rate and time left."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._bars: dict[str, tqdm[Any]] = {}
        self._bytes: dict[str, list[int]] = {}
        self._lock = threading.Lock()

    def scanned(self, user: str, messages: int) -> None:
        with self._lock:
            self._bar(user, self._texts("cli.progress.scan", user=user), None).update(messages)

    def open(self, user: str, messages: int, size: int, what: str = "copy") -> None:
        self.close(user)
        if messages:
            with self._lock:
                self._bytes[user] = [0, size]
                self._bar(user, self._texts(f"cli.progress.{what}", user=user), messages)

    def done(self, user: str, messages: int, size: int) -> None:
        with self._lock:
            counter = self._bytes.setdefault(user, [0, 0])
            counter[0] += size
            bar = self._bar(user, user, None)
            bar.set_postfix_str(f"{counter[0] / 1e6:,.1f}/{counter[1] / 1e6:,.1f} MB", False)
            bar.update(messages)

    def close(self, user: str) -> None:
        with self._lock:
            bar = self._bars.pop(user, None)
            if bar is not None:
                bar.close()

    def _bar(self, user: str, title: str, total: int | None) -> tqdm[Any]:
        from tqdm import tqdm

        if user not in self._bars:
            unit = self._texts("cli.progress.unit")
            bar: tqdm[Any] = tqdm(
                total=total,
                desc=title,
                unit=unit,
                file=sys.stderr,
                dynamic_ncols=True,
                leave=False,  # the summary says it all, and several bars would get in its way
            )
            self._bars[user] = bar
        return self._bars[user]


def progress(texts: Texts, *, quiet: bool = False) -> Progress:
    """Bars on a terminal, nothing in a pipe."""
    seen = sys.stderr is not None and sys.stderr.isatty()
    return Bars(texts) if seen and not quiet else Progress()
