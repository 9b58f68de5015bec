"""What the organisation's directory says of the user: only where an administrator lets us ask."""

from __future__ import annotations

from migrate.preflight.finding import Finding, not_asked
from migrate.preflight.seen import Seen


def check(seen: Seen) -> Finding:
    return not_asked("licence-not-granted")
