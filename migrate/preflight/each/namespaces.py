"""Does the server have folders that nobody asked for: those of other users, or shared ones?"""

from __future__ import annotations

from migrate.errors import MailhaulError
from migrate.preflight.finding import Finding, fine, not_asked, warning
from migrate.preflight.seen import Seen


def check(seen: Seen) -> Finding:
    if isinstance(seen.source, MailhaulError):
        return not_asked("check-after-error")
    asked = list(seen.config.source.namespaces)
    if others := seen.source.elsewhere:
        kinds = ", ".join(others)
        return warning(
            "namespaces-left-out", kinds=kinds, asked=asked, folders=sum(others.values())
        )
    return fine(asked=asked)
