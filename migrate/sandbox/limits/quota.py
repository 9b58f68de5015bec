"""Quota units per minute and day: https://developers.google.com/workspace/gmail/api/reference/quota.

A refused call costs nothing.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from migrate.sandbox.access.keys import PROJECT_NUMBER
from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.limits.meter import Meter, SlidingMeter, Window, lasting, midnight
from migrate.sandbox.options import Options

MINUTE = 60.0


def _table(name: str) -> dict[str, int]:
    return tomllib.loads((files(__package__) / name).read_text("utf-8"))


UNITS = _table("units.toml")


@dataclass(frozen=True, slots=True)
class Metric:
    """What a project's calls are counted in, as Google's errors name it."""

    name: str
    title: str
    limit: str
    unit: str
    units: Mapping[str, int]


COST = Metric("total_query_cost", "Total Query Cost", "totalQueryCost", "Units", UNITS)
QUERIES = Metric("default", "Queries", "default", "Queries", UNITS | _table("units_legacy.toml"))


@dataclass(frozen=True, slots=True)
class Plan:
    """Units; 0 is no limit."""

    metric: Metric
    per_user: int = 0
    per_project: int = 0
    per_day: int = 0


PLANS = {
    "2026": Plan(COST, 6_000, 1_200_000, 80_000_000),
    "legacy": Plan(QUERIES, 15_000, 1_200_000),
    "off": Plan(COST),
}


def plan(options: Options) -> Plan:
    """The chosen plan, but for the limits that were given by themselves."""
    chosen = PLANS[options.quota]
    return Plan(
        chosen.metric,
        _or(options.units_per_user, chosen.per_user),
        _or(options.units_per_project, chosen.per_project),
        _or(options.units_per_day, chosen.per_day),
    )


def _or(given: int | None, otherwise: int) -> int:
    return otherwise if given is None else given


class Quota:
    """Counts units by user, always; refuses what goes over the plan."""

    def __init__(
        self, plan: Plan, *, by_user: bool, named: bool = True, sliding: bool = False
    ) -> None:
        """`named`: a refusal names the limit. `sliding`: any sixty seconds are a minute."""
        self._metric, self._by_user, self._named = plan.metric, by_user, named
        self._user, self._project = (
            SlidingMeter(each, MINUTE) if sliding else Meter(each, lasting(MINUTE))
            for each in (plan.per_user, plan.per_project)
        )
        self._day = Meter(plan.per_day, midnight)
        self.total: Counter[str] = Counter()

    def charge(self, user: str, method: str, now: float) -> None:
        """Take the units of a call; ApiError 403 when a limit is reached."""
        units = self._metric.units.get(method, 1)
        day = self._day.window("", now)
        mine = self._user.window(user if self._by_user else "", now)
        ours = self._project.window("", now)
        if units > day.left:
            raise _daily()
        if units > mine.left:
            raise self._exceeded(mine, self._user.limit, per_user=True)
        if units > ours.left:
            raise self._exceeded(ours, self._project.limit, per_user=False)
        for window in (day, mine, ours):
            window.take(units, now)
        self.total[user] += units

    def _exceeded(self, window: Window, limit: int, *, per_user: bool) -> ApiError:
        """As captured per user in 2026 (allodia-eu/email-calendar-sync-engine, crates/
        provider-google/tests/fixtures/error/quota_exceeded.json); older bodies lack `quota_unit`
        and `window_start_time`. The project's names are a guess after Google's other APIs."""
        metric, service = self._metric, "gmail.googleapis.com"
        title = f"{metric.unit} per minute{' per user' if per_user else ''}"
        return ApiError(
            403,
            f"Quota exceeded for quota metric '{metric.title}' and limit '{title}' of service "
            f"'{service}' for consumer 'project_number:{PROJECT_NUMBER}'.",
            reason="rateLimitExceeded",
            domain="usageLimits",
            details=[]
            if not self._named
            else [
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": "RATE_LIMIT_EXCEEDED",
                    "domain": "googleapis.com",
                    "metadata": {
                        "service": service,
                        "consumer": f"projects/{PROJECT_NUMBER}",
                        "quota_metric": f"{service}/{metric.name}",
                        "quota_limit": f"{metric.limit}PerMinutePer"
                        + ("User" if per_user else "Project"),
                        "quota_limit_value": str(limit),
                        "quota_unit": "1/min/{project}" + ("/{user}" if per_user else ""),
                        "quota_location": "global",
                        "window_start_time": str(int(window.began)),
                    },
                },
                {
                    "@type": "type.googleapis.com/google.rpc.Help",
                    "links": [
                        {
                            "description": "Request a higher quota limit.",
                            "url": "https://cloud.google.com/docs/quotas/help/request_increase",
                        }
                    ],
                },
            ],
        )


def _daily() -> ApiError:
    """https://developers.google.com/workspace/gmail/api/guides/handle-errors; that passing the
    threshold of 2026 is refused so is a guess."""
    return ApiError(403, "Daily Limit Exceeded", reason="dailyLimitExceeded", domain="usageLimits")
