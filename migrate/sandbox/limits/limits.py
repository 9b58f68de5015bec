"""All limits together: asked at the begin and the end of a request, and for its cost.

With `--quota off` units are counted and nothing is refused. A restart forgets everything.
"""

from __future__ import annotations

from collections import Counter
from contextlib import AbstractContextManager

from migrate.sandbox.access.tokens import Grant
from migrate.sandbox.clock import Clock
from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.limits.concurrency import Concurrency
from migrate.sandbox.limits.meter import Meter, midnight
from migrate.sandbox.limits.neighbours import Neighbours, parallel_operation
from migrate.sandbox.limits.penalty import Penalty
from migrate.sandbox.limits.quota import Quota, plan
from migrate.sandbox.options import Options


class Limits:
    def __init__(self, options: Options, clock: Clock) -> None:
        assume, enforced = options.assume, options.quota != "off"
        self._now = clock.now
        self._quota = Quota(
            plan(options),
            by_user=assume.quota_by == "user",
            named=assume.quota_details == "named",
            sliding=assume.quota_minute == "sliding",
        )
        self._concurrency = Concurrency(assume.concurrency if enforced else 0)
        self._archives = Concurrency(1, parallel_operation)
        self._uploads = Meter(assume.upload_per_day if enforced else 0, midnight)
        self._penalty = Penalty()
        self._neighbours = Neighbours() if enforced else None

    def under_way(
        self, grant: Grant, group: str | None = None
    ) -> AbstractContextManager[ApiError | None]:
        """One request of this mailbox, or for the archive of this group, from its header to its
        answer; the 429 or 400 when it is one too many (not raised, because its body has to be read
        all the same)."""
        if group is not None:
            return self._archives.under_way(group.lower())
        return self._concurrency.under_way(grant.user)

    def charge(self, grant: Grant, method: str, size: int) -> None:
        """Take the cost of a call that brings `size` bytes of mail; ApiError 403, 429, 503."""
        user, now = grant.user or "", self._now()
        if not method.startswith("gmail."):
            if self._neighbours:
                self._neighbours.charge(user, method, now)
            return
        self._penalty.check(user, now)
        if size and not self._uploads.take(user, size, now):
            raise self._penalty.close(user, midnight(now))
        try:
            self._quota.charge(user, method, now)
        except ApiError:
            self._penalty.refused(user, now)
            raise

    @property
    def units(self) -> Counter[str]:
        """All units so far, by user."""
        return self._quota.total
