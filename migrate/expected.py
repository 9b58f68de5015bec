"""How much there is to do, and what is allowed for it: for the time that is left."""

from __future__ import annotations

import time
from collections.abc import Mapping

from migrate.config import Config
from migrate.days import day
from migrate.forecast import counted
from migrate.gmail.units import UNITS
from migrate.ledger import Ledger, accounts, quota, totals
from migrate.progress import Allowed

Pair = tuple[str, str]


def expected(config: Config, ledger: Ledger, ids: Mapping[Pair, int]) -> dict[str, int | None]:
    """Source user → messages that are open: by the ledger, or by the last plan where no run has
    scanned the account yet; None: nobody knows."""
    with ledger.read() as conn:
        scanned = accounts.scanned(conn, [*ids.values()])
        left = totals.open_counts(conn, [*ids.values()])
    planned = counted(config.scan_cache) if len(scanned) < len(ids) else {}
    return {
        pair[0]: left.get(number, 0) if number in scanned else planned.get(pair)
        for pair, number in ids.items()
    }


def allowed(config: Config, ledger: Ledger) -> Allowed:
    """What the quotas of `[limits]` allow, and what of the day's budget is left now."""
    limits, budget = config.limits, config.limits.units_per_day
    spent, today = 0, day(time.time(), limits.day_zone)
    if budget:
        with ledger.read() as conn:
            spent = quota.spent(conn, today)
    return Allowed(
        user=limits.units_per_minute_user / 60,
        project=limits.units_per_minute_project / 60,
        day=budget,
        left_today=max(0, budget - spent),
        until_tomorrow=today.ends - time.time(),
        lanes=limits.accounts,
        message=UNITS["messages.import"],
    )
