"""One user's imports against the ways in which Gmail may count its minutes, in virtual time.

Deciding is real (`migrate.gmail.governor`, `pace`); threads, network and Gmail are simulated,
seeded.
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

from migrate.gmail.governor import Governor
from migrate.gmail.pace import MINUTE, Pace
from migrate.gmail.units import UNITS

COST = UNITS["messages.import"]
THREADS = 12


class Server(Protocol):
    """How units are counted."""

    limit: int
    """A minute."""

    def take(self, units: int, now: float) -> bool:
        """Whether the request is carried out."""


@dataclass
class FixedMinutes:
    """Each minute begins at the first request after the last one, as in the sandbox."""

    limit: int
    until: float = 0.0
    left: int = 0

    def take(self, units: int, now: float) -> bool:
        if now >= self.until:
            self.until, self.left = now + MINUTE, self.limit
        fits = units <= self.left
        self.left -= units if fits else 0
        return fits


@dataclass
class SlidingMinute:
    """Any sixty seconds."""

    limit: int
    taken: deque[tuple[float, int]] = field(default_factory=deque)
    used: int = 0

    def take(self, units: int, now: float) -> bool:
        while self.taken and self.taken[0][0] <= now - MINUTE:
            self.used -= self.taken.popleft()[1]
        if self.used + units > self.limit:
            return False
        self.taken.append((now, units))
        self.used += units
        return True


@dataclass
class TokenBucket:
    """Filled all the time, and holding no more than a few seconds' worth."""

    limit: int
    holds: float = 2.0
    """Seconds."""
    level: float | None = None
    at: float = 0.0

    def take(self, units: int, now: float) -> bool:
        rate = self.limit / MINUTE
        full = max(rate * self.holds, 2.0 * COST)
        level = full if self.level is None else min(full, self.level + (now - self.at) * rate)
        self.at = now
        fits = units <= level
        self.level = level - units if fits else level
        return fits


@dataclass(frozen=True, slots=True)
class Request:
    at: float
    """When Gmail had it."""
    accepted: bool


def simulate(
    server: Server,
    configured: int,
    seconds: float,
    *,
    latency: float = 0.15,
    jitter: float = 0.05,
    seed: int = 1,
    threads: int = THREADS,
    learnt: float | None = None,
    told: bool = False,
) -> list[Request]:
    """Every request of `seconds`. `configured`: units a minute; `latency` of a request there and
    back, give or take `jitter`; `told`: a refusal names the limit."""
    chance = random.Random(seed)
    now, number = 0.0, count()
    governor = Governor(Pace(configured, now, learnt), jitter=chance.uniform)
    todo: list[tuple[float, int, Iterator[float]]] = []
    sent: list[Request] = []

    def clock() -> float:
        return now

    def thread() -> Iterator[float]:
        """What one thread of `Pacer` does; gives the times at which it wants to go on."""
        while True:
            if not governor.enter(clock()):
                yield clock() + max(governor.gate.left(clock()), 0.02)
                continue
            wait = governor.pace.reserve(COST, clock())
            yield clock() + wait
            if governor.gate.left(clock()) > 0:
                governor.pace.give_back(COST)
                governor.leave()
                continue
            trip = max(0.0, latency + chance.uniform(-jitter, jitter))
            yield clock() + trip / 2
            accepted = server.take(COST, clock())
            sent.append(Request(clock(), accepted))
            yield clock() + trip / 2
            if accepted:
                governor.accepted(COST, clock())
            else:
                governor.refused(clock(), limit=server.limit if told else None)
            governor.leave()
            yield clock() + chance.uniform(0.0, 0.005)

    for _ in range(threads):
        heapq.heappush(todo, (now, next(number), thread()))
    while todo[0][0] <= seconds:
        now, _, each = heapq.heappop(todo)
        heapq.heappush(todo, (next(each), next(number), each))
    return sent


def held(sent: list[Request], limit: int, since: float, until: float) -> float:
    """The share of `limit` that went through in this time."""
    units = sum(COST for each in sent if each.accepted and since <= each.at < until)
    return units / ((until - since) * limit / MINUTE)


def refused(sent: list[Request]) -> float:
    """The share of requests that were refused."""
    return sum(not each.accepted for each in sent) / len(sent)
