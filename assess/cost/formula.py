"""The sums: five years of mail for one organisation, at one price for everything.

A cost arises at the start (year 0), every year whatever the size, or every year for each mailbox.
So both sides are a list of parts of that shape, and the money is one loop over the years. Money
is yen, tax excluded; prices are by the ids of costs.toml. Payments of a year are discounted as if
made at its end. Dividing by the mailbox-months lets growing organisations compare fairly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

Prices = Mapping[str, float]
Part = tuple[str, float, float, float]
"""Name · yen at the start · yen a year · yen a year for each mailbox."""

YEARS = 5  # servers are replaced after as many, so no second purchase falls within
MAILBOXES_PER_SERVER = 1500
HOURS_PER_YEAR = 8760


@dataclass(frozen=True, slots=True)
class Situation:
    """What the costs depend on besides the prices."""

    mailboxes: float
    growth: float  # per year
    mailbox_gb: float
    archive: bool
    second_site: bool
    exchange: bool
    avoided: float  # yen a year for tools that a suite would replace
    gmail_share: float  # of the users, who know Gmail and need no training


@dataclass(frozen=True, slots=True)
class Money:
    start: float
    years: tuple[float, ...]  # year 0 to 5, not discounted
    npv: float
    mailbox_months: float

    @property
    def per_mailbox_month(self) -> float:
        return self.npv / self.mailbox_months

    @property
    def running(self) -> float:
        """Per mailbox and month, without the start."""
        return (self.npv - self.start) / self.mailbox_months


def servers(s: Situation) -> int:
    """One for every 1,500 mailboxes and a spare, at least two; a hot second site has the same."""
    return max(2, ceil(s.mailboxes / MAILBOXES_PER_SERVER) + 1) * (2 if s.second_site else 1)


def onprem_parts(s: Situation, p: Prices) -> tuple[Part, ...]:
    n, machines, staff = s.mailboxes, servers(s), p["staff"]
    power = p["watts"] / 1000 * HOURS_PER_YEAR * p["pue"] * p["kwh"]
    outage = p["downtime_onprem"] * p["productivity_lost"] * p["wage"]
    software = p["software_exchange"] if s.exchange else p["software_open_source"]
    per_mailbox = p["onprem_fte_per_1000"] / 1000 * staff
    return (
        ("servers", machines * p["server"], 0.0, 0.0),
        ("storage", n * s.mailbox_gb * p["storage_gb"], 0.0, 0.0),
        ("project", p["project_fixed"] + n * p["project_user"], 0.0, 0.0),
        ("staff", 0.0, p["onprem_fte_fixed"] * staff, per_mailbox),
        ("software", 0.0, 0.0, software),
        ("security", 0.0, 0.0, p["security"]),
        ("backup", 0.0, 0.0, p["backup"]),
        ("archive", 0.0, 0.0, p["archive"] if s.archive else 0.0),
        ("power", 0.0, machines * power, 0.0),
        ("space", 0.0, machines * p["space"], 0.0),
        ("audit", 0.0, p["audit"], 0.0),
        ("downtime", 0.0, 0.0, outage),
    )


def cloud_parts(s: Situation, p: Prices) -> tuple[Part, ...]:
    """Without the subscription, whose price alone rises from year to year."""
    n, staff = s.mailboxes, p["staff"]
    training = p["training_hours"] * (1 - s.gmail_share) * p["wage"]
    outage = p["downtime_cloud"] * p["productivity_lost"] * p["wage"]
    per_mailbox = p["cloud_fte_per_1000"] / 1000 * staff
    return (
        ("migration", p["migration_fixed"] + n * p["migration_user"], 0.0, 0.0),
        ("training", n * training, 0.0, 0.0),
        ("staff", 0.0, p["cloud_fte_fixed"] * staff, per_mailbox),
        ("backup", 0.0, 0.0, 12 * p["cloud_backup"]),
        ("downtime", 0.0, 0.0, outage),
        ("avoided", 0.0, -s.avoided, 0.0),
    )


def onprem(s: Situation, prices: Prices) -> Money:
    return _money(s, prices, onprem_parts(s, prices), 0.0)


def cloud(s: Situation, subscription: float, prices: Prices) -> Money:
    """`subscription`: yen per user and month, today's."""
    return _money(s, prices, cloud_parts(s, prices), subscription)


def _money(s: Situation, p: Prices, parts: tuple[Part, ...], subscription: float) -> Money:
    start = yearly = per_mailbox = 0.0
    for _, at_start, a_year, a_mailbox in parts:
        start += at_start
        yearly += a_year
        per_mailbox += a_mailbox
    n, factor, months, npv, years = s.mailboxes, 1.0, 0.0, start, [start]
    growth, drift, discount = 1 + s.growth, 1 + p["drift"], 1 + p["discount"]
    subscription *= 12
    for _ in range(YEARS):
        spent = yearly + n * (per_mailbox + subscription)
        factor /= discount
        npv += spent * factor
        months += 12 * n
        years.append(spent)
        n *= growth
        subscription *= drift
    return Money(start, tuple(years), npv, months)


def onprem_npv(s: Situation, prices: Prices) -> dict[str, float]:
    """NPV in yen by part; what costs nothing is left out."""
    return _npv(s, prices, onprem_parts(s, prices), 0.0)


def cloud_npv(s: Situation, subscription: float, prices: Prices) -> dict[str, float]:
    """NPV in yen by part; what costs nothing is left out."""
    return _npv(s, prices, cloud_parts(s, prices), subscription)


def _npv(
    s: Situation, prices: Prices, parts: tuple[Part, ...], subscription: float
) -> dict[str, float]:
    found = {"subscription": _money(s, prices, (), subscription).npv}
    found |= {part[0]: _money(s, prices, (part,), 0.0).npv for part in parts}
    return {name: npv for name, npv in found.items() if npv}
