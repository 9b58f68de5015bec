"""When which account has its next pass of `run --watch`. Pure: times are given."""

from __future__ import annotations

from collections.abc import Collection, Iterable

PAUSE = 15.0
"""Seconds between two passes of an account, at least."""
_LONGEST = 3600.0


class Schedule:
    """Accounts by number. One that failed waits twice as long each time, an hour at most."""

    def __init__(self, count: int, interval: float) -> None:
        self._interval = max(interval, PAUSE)
        self._due = dict.fromkeys(range(count), 0.0)
        self._failures = dict.fromkeys(range(count), 0)
        self._ended = dict.fromkeys(range(count), 0.0)
        self._held = dict.fromkeys(range(count), 0.0)

    def due(self, now: float) -> list[int]:
        """Those whose turn it is."""
        return [each for each in self._due if self._at(each) <= now]

    def wait(self, now: float) -> float:
        """Seconds until the next one's turn."""
        return max(0.0, min(map(self._at, self._due)) - now)

    def hold(self, numbers: Iterable[int], until: float) -> None:
        """These have no turn before that, whatever comes."""
        for each in numbers:
            self._held[each] = until

    def _at(self, number: int) -> float:
        return max(self._due[number], self._held[number])

    def hurry(self, numbers: Iterable[int], now: float) -> None:
        """Something came for these: their turn is as soon as the pause is over. One that failed
        waits its time."""
        for each in numbers:
            if not self._failures[each]:
                soon = max(now, self._ended[each] + PAUSE)
                self._due[each] = min(self._due[each], soon)

    def passed(self, done: Iterable[int], failed: Collection[int], now: float) -> None:
        """A pass over `done` has ended."""
        for each in done:
            self._ended[each] = now
            self._failures[each] = self._failures[each] + 1 if each in failed else 0
            doubled = self._interval * 2.0 ** min(self._failures[each], 12)
            self._due[each] = now + min(doubled, max(_LONGEST, self._interval))
