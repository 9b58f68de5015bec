"""Is there room for the large messages on their way, and for the ledger?"""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from migrate.message import UPLOAD_LIMIT
from migrate.preflight.each.size import size
from migrate.preflight.finding import Bytes, Finding, fine, warning
from migrate.preflight.once.ledger import nearest
from migrate.preflight.project import Project

_A_ROW = 1_000  # bytes of the ledger for a message with all its indexes; measured: 990


def check(project: Project) -> Iterator[Finding]:
    """A message over 1 MiB is a file until it is uploaded; of a large one there may be as many as
    uploads at a time. Where no plan has seen the largest, one of Gmail's limit an account."""
    limits, seen = project.config.limits, project.seen
    known = [each.before.largest for each in seen if each.before]
    all_known = len(known) == len(seen)
    largest = min(max(known, default=0), UPLOAD_LIMIT) if all_known else UPLOAD_LIMIT
    uploads = limits.uploads_per_user_max if all_known else 1
    spool = largest * uploads * min(limits.accounts, len(seen))
    messages = sum(held.messages for each in seen if (held := size(each)))
    needed = spool + messages * _A_ROW
    free = shutil.disk_usage(nearest(project.config.spool)).free
    found = {
        "free": Bytes(free),
        "needed": Bytes(needed),
        "largest": Bytes(largest),
        "largest_known": all_known,
    }
    yield warning("disk-small", **found) if free < needed else fine(**found)
