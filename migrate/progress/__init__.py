"""Progress as events; bars for people are one view of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from migrate.progress.eta import Allowed

if TYPE_CHECKING:
    from migrate.texts import Texts

__all__ = ["Allowed", "Progress", "progress"]


class Progress:
    """What the engine tells while it works, per source user. This one shows nothing."""

    def begin(self, left: Mapping[str, int | None], allowed: Callable[[], Allowed]) -> None:
        """A pass over these accounts begins; so many messages of each are open, None: not known.
        `allowed`: what the quotas allow, now."""

    def scanned(self, user: str, messages: int) -> None:
        """The scan has found so many more new messages."""

    def open(self, user: str, messages: int, what: str = "copy") -> None:
        """The scan is over; so many messages are to be copied, or only `read`."""

    def paced(self, user: str, units: Callable[[], int]) -> None:
        """`units` tells the quota units that this account has spent so far."""

    def done(self, user: str, messages: int, size: int) -> None:
        """So many more have reached their end."""

    def close(self, user: str) -> None:
        """Nothing more comes from this account for now."""

    def finished(self, user: str) -> None:
        """Nothing more comes from this account in this pass."""

    def end(self) -> None:
        """The pass is over."""


def progress(texts: Texts, *, quiet: bool = False) -> Progress:
    """Bars on a terminal, nothing in a pipe."""
    if sys.stderr is None or not sys.stderr.isatty() or quiet:
        return Progress()
    from console.screen import Screen
    from migrate.progress.bars import Bars

    return Bars(texts, Screen(sys.stderr))
