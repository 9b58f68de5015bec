"""Is there room for the labels that will be made?"""

from __future__ import annotations

from migrate.errors import MailhaulError
from migrate.labels import ADVISED, LABELS_AT_MOST, label_key, needed
from migrate.preflight.finding import Finding, fine, not_asked, warning
from migrate.preflight.seen import Seen


def check(seen: Seen) -> Finding:
    if isinstance(seen.target, MailhaulError):
        return not_asked("check-after-error")
    there = {label_key(each.name) for each in seen.target.labels}
    if isinstance(seen.source, MailhaulError):
        return not_asked("labels-not-forecast", now=len(there))
    wanted = needed(seen.source.mapped, seen.config.label_rules(seen.account))
    new = wanted - there
    found = {"now": len(there), "new": len(new), "after": len(there | new)}
    if found["after"] > LABELS_AT_MOST:
        return warning("labels-over-limit", limit=LABELS_AT_MOST, **found)
    if found["after"] > ADVISED:
        return warning("labels-many", advised=ADVISED, **found)
    return fine(**found)
