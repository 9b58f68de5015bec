"""What all processes that work on this ledger may spend of the project's quota together.

One row: up to when the flow of units is given away (`gcra.py`), and what of the day is spent. A
process takes about a second's worth at a time, so a request costs no write.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from migrate.days import Day
from migrate.gcra import SAVED, reserve
from migrate.ledger.tables import quota

_ROW = 1
_AHEAD = 600.0
"""Seconds that nobody takes in advance: a clock was set back."""
_PACE_KEPT = 60.0
"""Seconds for which others heed a pace that one process has learnt."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a process would like to have."""

    least: int
    """Units, without which it can do nothing."""
    most: int
    unused: int
    """Of what it got before."""
    rate: float
    """Units a second, for all processes together; infinite: no limit is known."""


@dataclass(frozen=True, slots=True)
class Grant:
    units: int
    """0 when the day's budget does not hold what is needed."""
    wait: float
    """Seconds before they may be used."""


def grant(conn: Connection, wish: Wish, now: float, day: Day, budget: int) -> Grant:
    """Take units out of the flow, and of the day's `budget` (0: there is none).

    `now` is in seconds since 1970, which all processes have in common.
    """
    row = conn.execute(select(quota).where(quota.c.id == _ROW)).one_or_none()
    if row is None:
        conn.execute(insert(quota).values(id=_ROW, due=0.0, day=day.name, spent=0))
        return grant(conn, wish, now, day, budget)
    spent = max(0, row.spent - wish.unused) if row.day == day.name else 0
    left = max(0, budget - spent) if budget else wish.most
    units = min(wish.most, left) if wish.least <= left else 0
    learnt = row.pace if row.pace and row.pace_at > now - _PACE_KEPT else math.inf
    rate = min(wish.rate, learnt)
    due, wait = (0.0 if row.due > now + _AHEAD else row.due), 0.0
    if units and not math.isinf(rate):
        due, wait = reserve(due, now, units, rate, SAVED)
    values = {"due": due, "day": day.name, "spent": spent + units}
    if wish.rate <= learnt and not math.isinf(wish.rate):
        values |= {"pace": wish.rate, "pace_at": now}
    conn.execute(update(quota).where(quota.c.id == _ROW).values(values))
    return Grant(units, wait)


def spent(conn: Connection, day: Day) -> int:
    """Units of this day."""
    found = conn.scalar(select(quota.c.spent).where(quota.c.id == _ROW, quota.c.day == day.name))
    return found or 0
