"""Quota units per minute: https://developers.google.com/workspace/gmail/api/reference/quota.

Windows are fixed minutes, each starting at the first call after the last one ended; a refused
call costs nothing.
"""

from __future__ import annotations

import time
import tomllib
from collections import Counter
from importlib.resources import files

from migrate.sandbox.access.keys import PROJECT_NUMBER
from migrate.sandbox.http.errors import ApiError

UNITS: dict[str, int] = tomllib.loads((files(__package__) / "units.toml").read_text("utf-8"))
PER_USER = {"2026": 6_000, "legacy": 15_000}
PER_PROJECT = 1_200_000
WINDOW = 60.0


class Quota:
    """Counts units by user, always; refuses only when a plan is chosen."""

    def __init__(self, plan: str) -> None:
        self._per_user = PER_USER.get(plan)
        self._since = float("-inf")
        self._used: Counter[str] = Counter()
        self.total: Counter[str] = Counter()

    def charge(self, user: str, method: str) -> None:
        """Take the units of a call; ApiError 403 when a limit of this minute is reached."""
        units, now = UNITS.get(method, 1), time.monotonic()
        if now - self._since >= WINDOW:
            self._since = now
            self._used.clear()
        if self._per_user is not None:
            if self._used[user] + units > self._per_user:
                raise _exceeded("Units per minute per user")
            if self._used.total() + units > PER_PROJECT:
                raise _exceeded("Units per minute")
        self._used[user] += units
        self.total[user] += units


def _exceeded(limit: str) -> ApiError:
    return ApiError(
        403,
        f"Quota exceeded for quota metric 'Total Query Cost' and limit '{limit}' of service "
        f"'gmail.googleapis.com' for consumer 'project_number:{PROJECT_NUMBER}'.",
        reason="rateLimitExceeded",
        status="RESOURCE_EXHAUSTED",
        domain="usageLimits",
        details=[
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "RATE_LIMIT_EXCEEDED",
                "domain": "googleapis.com",
                "metadata": {
                    "service": "gmail.googleapis.com",
                    "consumer": f"projects/{PROJECT_NUMBER}",
                    "quota_metric": "gmail.googleapis.com/total_query_cost",
                },
            }
        ],
    )
