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
_OLD = 300.0
"""Seconds after which a token may have been revoked. One mailbox that no token opens must not have
the token renewed again and again that all others have in common with it."""


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
        self._value, self._begun, self._until = "", 0.0, 0.0
        self._in: set[str] = set()
        """Who was let in with this one."""

    def bearer(self) -> str:
        """One that has not expired. Raises what `renew` raises."""
        with self._lock:
            if not self._value or self._clock() >= self._until:
                begun = self._clock()
                token = self._renew()
                life = _LIFE if token.seconds is None else token.seconds
                self._begun, self._until = begun, begun + life - min(_MARGIN, life / 2)
                self._value, self._in = token.value, set()
            return self._value

    def accepted(self, token: str, user: str) -> None:
        """The server has let `user` in with it."""
        with self._lock:
            if token == self._value:
                self._in.add(user)

    def refused(self, token: str, user: str) -> bool:
        """The server does not take it for `user`. Whether another one may do: because this one was
        good before, or is old. It is not given out again then."""
        with self._lock:
            if token != self._value:
                return True
            if user not in self._in and self._clock() - self._begun < _OLD:
                return False
            self._value = ""
            return True
