"""Bars on a terminal: one per running account, and one for all, painted four times a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from console.tables import width
from console.visible import visible
from migrate.progress import Progress
from migrate.progress.eta import Allowed
from migrate.progress.line import bar_line, facts, fitted, time_left
from migrate.progress.speed import Count, Speed

if TYPE_CHECKING:
    from console.screen import Screen
    from migrate.texts import Texts

_EVERY = 0.25
_ASK = 5.0
"""Seconds between two looks at what is allowed."""


@dataclass(slots=True)
class _Bar:
    """One account. Its counts begin anew when it is opened again."""

    what: str = "scan"
    total: int = 0
    messages: int = 0
    bytes: int = 0
    spent: int = 0
    """Units when it was opened."""
    speed: Speed = field(default_factory=Speed)


@dataclass(slots=True)
class _Pass:
    """All accounts of a run."""

    accounts: int
    left: dict[str, int | None]
    """Messages that are open, of accounts that are not finished; None: not known."""
    allowed: Callable[[], Allowed]
    asked: tuple[float, Allowed] | None = None
    """When, and what was said."""
    messages: int = 0
    bytes: int = 0
    units: int = 0
    """Of pacers that are not in use any more."""
    speed: Speed = field(default_factory=Speed)


class Bars(Progress):
    """See `Progress`. Thread-safe; those who tell never wait for the terminal."""

    def __init__(
        self, texts: Texts, screen: Screen, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._texts, self._screen, self._clock = texts, screen, clock
        self._bars: dict[str, _Bar] = {}
        self._units: dict[str, Callable[[], int]] = {}
        self._pass: _Pass | None = None
        self._domain = ""
        """That of all accounts, with its @; then nobody has to read it again and again."""
        self._lock, self._painting = threading.Lock(), threading.Lock()
        self._painter: threading.Thread | None = None

    def begin(self, left: Mapping[str, int | None], allowed: Callable[[], Allowed]) -> None:
        with self._lock:
            self._pass = _Pass(len(left), dict(left), allowed)
            self._units.clear()
            domains = {user[user.rfind("@") :] if "@" in user else "" for user in left}
            self._domain = domains.pop() if len(domains) == 1 and len(left) > 1 else ""
            self._wake()

    def paced(self, user: str, units: Callable[[], int]) -> None:
        with self._lock:
            if self._pass and user in self._units:
                self._pass.units += self._units[user]()  # of a turn before
            self._units[user] = units

    def scanned(self, user: str, messages: int) -> None:
        with self._lock:
            bar = self._bars.setdefault(user, _Bar())
            bar.messages += messages
            if bar.what == "scan" and self._pass:
                # What a plan has counted is not to be counted twice; `open` will know.
                self._pass.left[user] = max(self._pass.left.get(user) or 0, bar.messages)
            self._wake()

    def open(self, user: str, messages: int, what: str = "copy") -> None:
        with self._lock:
            spent = self._units[user]() if user in self._units else 0
            self._bars[user] = _Bar(what, messages, spent=spent)
            if self._pass:
                self._pass.left[user] = messages
            self._wake()
        if not messages:
            self.close(user)

    def done(self, user: str, messages: int, size: int) -> None:
        with self._lock:
            if bar := self._bars.get(user):
                bar.messages += messages
                bar.bytes += size
            if self._pass:
                self._pass.messages += messages
                self._pass.bytes += size
                self._pass.left[user] = max(0, (self._pass.left.get(user) or 0) - messages)

    def close(self, user: str) -> None:
        with self._lock:
            self._bars.pop(user, None)
        self._tidy()

    def finished(self, user: str) -> None:
        with self._lock:
            if self._pass:
                self._pass.left.pop(user, None)
        self.close(user)

    def end(self) -> None:
        with self._lock:
            self._pass = None
            self._bars.clear()
        self._tidy()

    def frame(self, columns: int, lines: int) -> list[str]:
        """What is shown now on a terminal of that size, its last column left free."""
        allowed = self._allowed()
        with self._lock:
            shown = [self._account(*each, allowed, columns - 1) for each in self._bars.items()]
            whole = [self._whole(self._pass, allowed, columns - 1)] if self._pass else []
        room = max(1, lines - 1 - len(whole))
        if len(shown) > room:
            more = self._texts("cli.progress.more", n=len(shown) - room + 1)
            shown = [*shown[: room - 1], fitted(more, columns - 1).rstrip()]
        return whole + shown

    def _allowed(self) -> Allowed:
        """Asked now and then, and without the lock: the answer may have to be read from a disk."""
        whole, now = self._pass, self._clock()
        if whole is None:
            return Allowed()
        if whole.asked is None or now - whole.asked[0] >= _ASK:
            whole.asked = now, whole.allowed()
        return whole.asked[1]

    def _account(self, user: str, bar: _Bar, allowed: Allowed, columns: int) -> str:
        short = user.removesuffix(self._domain)
        name = visible(self._texts(f"cli.progress.{bar.what}", user=short))
        if bar.what == "scan":
            count = self._texts("cli.progress.messages", n=bar.messages)
            return f"{fitted(name, min(width(name), columns - width(count) - 2))}  {count}"
        units = self._units[user]() - bar.spent if user in self._units else 0
        rate = bar.speed.at(self._clock(), Count(bar.messages, bar.bytes, units))
        left = max(0, bar.total - bar.messages)
        said = facts(self._texts, bar.messages, bar.total, rate)
        said.append(time_left(self._texts, [left], Allowed(user=allowed.user), rate))
        return bar_line(name, bar.messages, bar.total, said, columns)

    def _whole(self, whole: _Pass, allowed: Allowed, columns: int) -> str:
        units = whole.units + sum(each() for each in self._units.values())
        rate = whole.speed.at(self._clock(), Count(whole.messages, whole.bytes, units))
        left = [each for each in whole.left.values() if each]
        total = whole.messages + sum(left)
        over = whole.accounts - len(whole.left)
        name = self._texts("cli.progress.all", n=over, accounts=whole.accounts)
        said = facts(self._texts, whole.messages, total, rate)
        said.append(time_left(self._texts, left, allowed, rate))
        if None in whole.left.values():
            said[0], said[-1] = said[0] + "+", said[-1] and said[-1] + "+"
        return bar_line(name, whole.messages, total, said, columns)

    def _wake(self) -> None:
        if self._painter is None:
            self._painter = threading.Thread(target=self._paint, name="bars", daemon=True)
            self._painter.start()

    def _paint(self) -> None:
        while True:
            with self._painting:
                with self._lock:
                    if not self._shows:
                        self._painter = None
                        break
                self._screen.paint(self.frame(*self._screen.size))
            time.sleep(_EVERY)

    def _tidy(self) -> None:
        """Where nothing is shown any more, nothing stays: what comes next is not ours."""
        with self._lock:
            if self._shows:
                return
        with self._painting:
            self._screen.erase()

    @property
    def _shows(self) -> bool:
        return bool(self._bars) or self._pass is not None
