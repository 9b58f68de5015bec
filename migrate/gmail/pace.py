"""How many units a second may flow: what is configured, or less, as Gmail's refusals teach.

Nobody has written down how Gmail counts its minutes. So units flow evenly, a little slower than the
limit and with hardly anything saved up: then no sixty seconds, wherever they begin, hold more than
a minute's quota, and no bucket of tokens runs dry either.

What a refusal teaches is measured: the units that went through in the minute before it, or, when
Gmail takes requests again after a moment, as a bucket does that is filled all the time, the units
in the time up to then. Where the refusal names its limit, that counts. After a while the pace goes
up again in small steps; each refusal doubles the while.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from migrate.gcra import SAVED, reserve

MINUTE = 60.0
SHARE = 0.985
"""Of a limit that is used. The rest is for what is saved up, one dear request, and the fraction of
a second by which the network shifts requests."""
AGAIN = 5.0
"""Seconds of refusals up to which a bucket may have run dry; after more, a minute was used up."""
BRIEF = 5.0
"""Seconds of work that say nothing of what a minute holds."""
LESS, MORE = 0.97, 1.02
"""By what a refusal slows down at least, and what is tried after a while without one."""
LESS_OF = 0.8
"""By what it slows down where others spend, too, so that nothing can be measured."""
HOLD, LONGEST_HOLD = 600.0, 3600.0
"""Seconds until more is tried."""
LEAST = 2.5
"""Units a second: an import every ten seconds."""


class Recent:
    """Units that went through in the last minute, by the tenth of a second."""

    def __init__(self) -> None:
        self._parts: deque[tuple[float, int]] = deque()

    def add(self, units: int, now: float) -> None:
        part = math.floor(now * 10) / 10
        if self._parts and self._parts[-1][0] == part:
            units += self._parts.pop()[1]
        self._parts.append((part, units))
        self._forget(now)

    def sum(self, now: float) -> tuple[int, float]:
        """Units, and the seconds since the first of them, 60 at most."""
        self._forget(now)
        if not self._parts:
            return 0, 0.0
        return sum(units for _, units in self._parts), now - self._parts[0][0]

    def _forget(self, now: float) -> None:
        while self._parts and self._parts[0][0] < now - MINUTE:
            self._parts.popleft()


@dataclass(slots=True)
class _Refused:
    """Since when Gmail takes nothing, and what had gone through in the minute before."""

    at: float
    units: int
    seconds: float
    measure: bool = True
    """False where what went through says nothing: a penalty, or a limit that was told."""
    lowered: bool = False
    """The limit that Gmail told is lower than what was known."""


class Pace:
    """Of one user, or of a project. Pure: times are given, in seconds of any clock."""

    def __init__(
        self,
        per_minute: int,
        now: float,
        learnt: float | None = None,
        *,
        share: float | None = None,
        alone: bool = True,
    ) -> None:
        """`per_minute`: units, 0 for no limit. `learnt`: units a second that an earlier run found
        to be the pace. `share`: of a limit that is used. `alone`: nobody else spends of it, so that
        it can be measured."""
        self._share, self._alone = share or SHARE, alone
        self._configured = per_minute / MINUTE * self._share if per_minute else math.inf
        self._ceiling = self._configured
        self._rate = min(self._ceiling, learnt or math.inf)
        self._due = -math.inf
        self._recent = Recent()
        self._hold, self._try_at = HOLD, now + HOLD
        self._refused: _Refused | None = None

    @property
    def rate(self) -> float:
        """Units a second; infinite as long as no limit is known."""
        return self._rate

    @property
    def learnt(self) -> float | None:
        """The rate, if it is lower than what is configured."""
        return self._rate if self._rate < self._configured else None

    def reserve(self, units: int, now: float) -> float:
        """Take `units`; gives the seconds to wait before using them."""
        if math.isinf(self._rate):
            return 0.0
        self._due, wait = reserve(self._due, now, units, self._rate, SAVED)
        return wait

    def give_back(self, units: int) -> None:
        """`units` were not used after all."""
        if not math.isinf(self._rate):
            self._due -= units / self._rate

    def accepted(self, units: int, now: float) -> None:
        """A request of so many units went through."""
        if self._refused:
            self._learn(self._refused, now)
            self._refused = None
        elif self._rate < self._ceiling and now >= self._try_at:
            self._rate = min(self._ceiling, self._rate * MORE)
            self._try_at = now + MINUTE
        self._recent.add(units, now)

    def refused(self, now: float, *, limit: int | None = None, penalty: bool = False) -> None:
        """A request was refused: by a minute's `limit`, as a `penalty`, or nobody knows by what."""
        if self._refused is None:
            self._refused = _Refused(now, *self._recent.sum(now))
        if penalty or limit:
            self._refused.measure = False
        told = max(LEAST, limit / MINUTE * self._share) if limit else math.inf
        if told < self._ceiling:
            self._ceiling = told
            self._refused.lowered = self._rate > told
            self._rate = min(self._rate, told)

    def _learn(self, refused: _Refused, now: float) -> None:
        """Requests go through again."""
        slower = self._rate if refused.lowered else self._rate * (LESS if self._alone else LESS_OF)
        hold = self._hold
        if refused.measure and refused.units and (self._alone or math.isinf(self._rate)):
            away = now - refused.at
            if away < AGAIN and refused.seconds < MINUTE - AGAIN:
                found = refused.units / max(refused.seconds + away, 1.0)
                # Of a moment: more is tried soon, and the next refusal knows more.
                hold = MINUTE
                found = 2 * found if math.isinf(self._rate) else max(found, self._rate / 2)
            else:
                found = refused.units / MINUTE
                idle = refused.units < self._rate * refused.seconds / 3
                if not math.isinf(self._rate) and (idle or refused.seconds < BRIEF):
                    # It was others who used it up, before we began, or no quota at all.
                    hold, found = MINUTE, max(found, self._rate / 2)
            slower = min(slower, found * self._share)
        if not math.isinf(slower):
            self._rate = max(LEAST, slower)
        self._due = max(self._due, now)
        self._try_at = now + hold
        if hold == self._hold:
            self._hold = min(2 * self._hold, LONGEST_HOLD)
