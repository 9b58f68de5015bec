"""How many units a second may flow: what is configured, or less, as Gmail's refusals teach.

Nobody has written down how Gmail counts its minutes. So units flow evenly, a little slower than the
limit and with hardly anything saved up: then no sixty seconds, wherever they begin, hold more than
a minute's quota, and no bucket of tokens runs dry either.

What a refusal teaches is measured: the units that went through in the minute before it, or, when
Gmail takes requests again after a moment, as a bucket does that is filled all the time, the units
in the time up to then. Where the refusal names its limit, that counts. After a while the pace goes
up again in small steps; each refusal doubles the while. A step that is refused is taken back.

Who has not worked for a whole minute can't tell whether others have used it up, or the process
before: the pace is lowered for a few minutes, then it goes up in large steps to what it was.
Refused once more, the pace before that step, which went well, is the lesson.
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
DOUBT, BACK = 300.0, 1.5
"""Seconds after a lesson that may have been none, and the step that is tried then, each minute."""
PROOF = 2 * MINUTE
"""Seconds without a refusal that prove a pace, and in which one that is too fast is refused: until
a minute that has begun is over, and the next."""
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
        self._due = self._reserved = -math.inf
        self._recent = Recent()
        self._hold, self._try_at = HOLD, now + HOLD
        self._refused: _Refused | None = None
        self._since = now
        """When the rate last changed."""
        self._good = 0.0
        """The rate before it went up, if it went well."""
        self._before: float | None = None
        """The rate before a lesson that may have been none."""

    @property
    def rate(self) -> float:
        """Units a second; infinite as long as no limit is known."""
        return self._rate

    @property
    def learnt(self) -> float | None:
        """The rate, if it is lower than what is configured, and that for good reason."""
        rate = self._before or self._rate
        return rate if rate < self._configured else None

    def reserve(self, units: int, now: float) -> float:
        """Take `units`; gives the seconds to wait before using them."""
        if math.isinf(self._rate):
            return 0.0
        self._due, wait = reserve(self._due, now, units, self._rate, SAVED)
        self._reserved = self._due
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
            self._more(now)
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

    def _more(self, now: float) -> None:
        """Nothing was refused for a while."""
        if self._before or now - self._since >= PROOF:
            self._good = self._rate
        self._rate = min(self._ceiling, self._rate * (BACK if self._before else MORE))
        if self._before and self._rate >= self._before:
            self._rate, self._before = self._before, None
        self._since, self._try_at = now, now + MINUTE

    def _learn(self, refused: _Refused, now: float) -> None:
        """Requests go through again."""
        slower = self._rate if refused.lowered else self._rate * (LESS if self._alone else LESS_OF)
        hold, doubtful = self._hold, False
        step = self._alone and self._good and refused.at - self._since <= PROOF + MINUTE
        # The step itself was taken back; a minute that is counted from any second still holds it.
        echo = step and self._rate <= self._good
        if step:
            slower = self._good if self._before else max(slower, self._good)
        elif refused.measure and refused.units and (self._alone or math.isinf(self._rate)):
            found, hold, doubtful = self._measured(refused, now - refused.at)
            slower = min(slower, found * self._share)
        self._before = self._rate if doubtful else None
        if not math.isinf(slower):
            self._rate = max(LEAST, min(slower, self._ceiling))
        # What was given back meanwhile is nobody's: others still wait for the turns after it.
        self._due = max(self._reserved, now)
        self._since, self._good = now, self._good if step and not echo else 0.0
        if not echo:
            self._try_at = now + hold
            if hold == self._hold:
                self._hold = min(2 * self._hold, LONGEST_HOLD)

    def _measured(self, refused: _Refused, away: float) -> tuple[float, float, bool]:
        """Units a second that Gmail seems to allow, the seconds until more is tried, and whether
        it may well allow more."""
        if away < AGAIN and refused.seconds < MINUTE - AGAIN:
            found = refused.units / max(refused.seconds + away, 1.0)
            # Of a moment: more is tried soon, and the next refusal knows more.
            found = 2 * found if math.isinf(self._rate) else max(found, self._rate / 2)
            return found, MINUTE, False
        found = refused.units / MINUTE
        if math.isinf(self._rate):
            return found, self._hold, False
        idle = refused.units < self._rate * refused.seconds / 3
        if idle or refused.seconds < BRIEF:
            # It was others who used it up, before we began, or no quota at all.
            found = max(found, self._rate / 2)
        # Of the same doubt twice, the second is none.
        if self._before is None and (idle or refused.seconds < MINUTE - AGAIN):
            return found, DOUBT, True
        return found, self._hold, False
