"""What the source's own quota says (RFC 9208): a second opinion on the size."""

from __future__ import annotations

from migrate.errors import MailhaulError
from migrate.preflight.finding import Bytes, Finding, fine, not_asked
from migrate.preflight.seen import Seen


def check(seen: Seen) -> Finding:
    if isinstance(seen.source, MailhaulError):
        return not_asked("check-after-error")
    quotas = seen.source.usage.quotas
    if not quotas:
        return not_asked("source-quota-none")
    # Of several roots the one that is nearest to its limit counts.
    tightest = max(quotas, key=lambda each: each.used / each.limit)
    return fine(used=Bytes(tightest.used), limit=Bytes(tightest.limit))
