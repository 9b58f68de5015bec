"""Access tokens of a login at the source: renewed before they expire, and when they are refused."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from migrate.clock import elapsed

_MARGIN = 300.0
"""Seconds before its end in which a token is no longer given out; at most half its life."""
_LIFE = 3600.0
"""Of a token whose endpoint does not say: what Google and Microsoft give."""


@dataclass(frozen=True, slots=True)
class Token:
    value: str = field(repr=False)
    seconds: float | None = None
    """How long it lasts; None: not told."""


class Tokens:
    """What `renew` gives, for as long as it lasts. Thread-safe: one renewal at a time."""

    def __init__(self, renew: Callable[[], Token], clock: Callable[[], float] = elapsed) -> None:
        self._renew, self._clock = renew, clock
        self._lock = threading.Lock()
        self._value, self._until, self._uses = "", 0.0, 0

    def bearer(self) -> str:
        """One that has not expired. Raises what `renew` raises."""
        with self._lock:
            if not self._value or self._clock() >= self._until:
                begun = self._clock()
                token = self._renew()
                life = _LIFE if token.seconds is None else token.seconds
                self._until = begun + life - min(_MARGIN, life / 2)
                self._value, self._uses = token.value, 0
            self._uses += 1
            return self._value

    def refused(self, token: str) -> bool:
        """A server does not take it: it is not given out again. Whether a new one may do, because
        this one had been given out before."""
        with self._lock:
            if token != self._value:
                return True
            self._value = ""
            return self._uses > 1
