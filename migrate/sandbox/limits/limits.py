"""All limits together: asked at the begin and the end of a request, and for its cost.

With `--quota off` units are counted and nothing is ever refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from migrate.sandbox.access.tokens import Grant
from migrate.sandbox.clock import Clock
from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.limits.quota import Quota
from migrate.sandbox.options import Options


class Limits:
    def __init__(self, options: Options, clock: Clock) -> None:
        self._quota = Quota(options.quota)

    @contextmanager
    def under_way(self, grant: Grant) -> Iterator[ApiError | None]:
        """One request of this mailbox, from its header to its answer; the 429 when it is one too
        many (not raised, because its body has to be read all the same)."""
        yield None

    def charge(self, grant: Grant, method: str, size: int) -> None:
        """Take the cost of a call that brings `size` bytes of mail; ApiError 403, 429."""
        self._quota.charge(grant.user or "", method)

    @property
    def units(self) -> Counter[str]:
        """All units so far, by user."""
        return self._quota.total
