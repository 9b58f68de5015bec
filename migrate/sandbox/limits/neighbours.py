"""The limits of the APIs beside Gmail's: calls of a user in a time."""

from __future__ import annotations

from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.limits.meter import Meter, lasting

DIRECTORY_A_MINUTE = 2_400
"""https://developers.google.com/workspace/admin/directory/v1/limits."""
GROUPS_A_SECOND = 10
"""https://developers.google.com/workspace/admin/groups-migration/v1/limits, which also
says that 503 is the answer."""


class Neighbours:
    def __init__(self) -> None:
        self._directory = Meter(DIRECTORY_A_MINUTE, lasting(60.0))
        self._groups = Meter(GROUPS_A_SECOND, lasting(1.0))

    def charge(self, user: str, method: str, now: float) -> None:
        """Count a call; ApiError 403, 503."""
        # Google documents the codes and the first reason; the rest is a guess.
        if method.startswith("directory.") and not self._directory.take(user, 1, now):
            raise ApiError(
                403,
                "User Rate Limit Exceeded",
                reason="userRateLimitExceeded",
                domain="usageLimits",
            )
        if method.startswith("groupsmigration.") and not self._groups.take(user, 1, now):
            raise ApiError(503, "Quota exceeded.", reason="quotaExceeded", domain="usageLimits")


def parallel_operation() -> ApiError:
    """https://developers.google.com/workspace/admin/groups-migration/v1/reference/archive/insert
    has the name and the code; how the body looks is a guess."""
    return ApiError(400, "UNSUPPORTED_PARALLEL_OPERATION", reason="invalid")
