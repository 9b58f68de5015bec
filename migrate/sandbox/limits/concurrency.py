"""How many requests of a mailbox may be under way at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from migrate.sandbox.http.errors import ApiError


class Concurrency:
    """`most` for every mailbox (or whatever has a name); 0 is no limit."""

    def __init__(self, most: int, refusal: Callable[[], ApiError] | None = None) -> None:
        self._most, self._refusal = most, refusal or _too_many
        self._under_way: Counter[str] = Counter()

    @contextmanager
    def under_way(self, user: str | None) -> Iterator[ApiError | None]:
        """One request from its header to its answer; the 429 when it is one too many, and then it
        does not count. A service account itself has no mailbox, so no limit."""
        under_way = self._under_way
        if user is None or not self._most:
            yield None
        elif under_way[user] >= self._most:
            yield self._refusal()
        else:
            under_way[user] += 1
            try:
                yield None
            finally:
                under_way[user] -= 1
                if not under_way[user]:
                    del under_way[user]


def _too_many() -> ApiError:
    """As captured in 2026 (allodia-eu/email-calendar-sync-engine, crates/provider-google/tests/
    fixtures/error/concurrency_exceeded.json); older reports lack the full stop and have the domain
    `usageLimits`."""
    return ApiError(429, "Too many concurrent requests for user.")
