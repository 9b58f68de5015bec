"""Mailboxes that are closed until a time, which gets later for who doesn't wait.

"User-rate limit exceeded" comes with a time and may last for hours
(https://developers.google.com/workspace/gmail/api/guides/handle-errors, bandwidth limits). Reports
show a quarter of an hour (taers232c/GAMADV-XTD3#337, googleapis/google-api-ruby-client#20544) and a
time that moves for those who go on calling. When it comes and by how much it moves is a model of
ours.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime

from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.limits.meter import Meter, lasting

PATIENCE = 100
"""Calls refused for quota within a minute that a mailbox is forgiven. Ten requests at a time that
back off from a second on make sixty."""
CLOSED = 15 * 60.0
"""Seconds that a mailbox is closed for hammering."""
LATER = 10.0
"""Seconds that each call to a closed mailbox adds …"""
LONGEST = 24 * 3600.0
"""… up to so many from now: as long as an account is shut out for IMAP
(https://support.google.com/a/answer/1071518)."""


class Penalty:
    """Forgets a mailbox at its first call after the time."""

    def __init__(self) -> None:
        self._patience = Meter(PATIENCE, lasting(60.0))
        self._until: dict[str, float] = {}

    def check(self, user: str, now: float) -> None:
        """ApiError 429 while the mailbox is closed; then it is closed for longer."""
        until = self._until.get(user)
        if until is None:
            return
        if until <= now:
            del self._until[user]
            return
        raise self.close(user, max(until, min(until + LATER, now + LONGEST)))

    def refused(self, user: str, now: float) -> None:
        """Quota refused a call; ApiError 429 instead when it was one of too many."""
        if not self._patience.take(user, 1, now):
            raise self.close(user, now + CLOSED)

    def close(self, user: str, until: float) -> ApiError:
        """Close it; what its calls are answered."""
        until = self._until[user] = math.ceil(until * 1000) / 1000
        named = datetime.fromtimestamp(until, UTC).isoformat(timespec="milliseconds")
        # Reports have 403 as well as 429; the error guide says 429. Two spaces, no header.
        return ApiError(
            429, f"User-rate limit exceeded.  Retry after {named.removesuffix('+00:00')}Z"
        )
