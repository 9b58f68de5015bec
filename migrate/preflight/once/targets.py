"""Do two accounts go into one mailbox, one of them by an alias? Are rows mixed up?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from migrate.errors import MailhaulError
from migrate.preflight.finding import Finding, fine, warning
from migrate.preflight.project import Project


def check(project: Project) -> Iterator[Finding]:
    users: dict[str, list[str]] = defaultdict(list)
    for each in project.seen:
        if not isinstance(each.target, MailhaulError) and each.target.address:
            users[each.target.address.casefold()].append(each.account.target_user)
    shared = {address: names for address, names in users.items() if len(names) > 1}
    for address, names in shared.items():
        yield warning("targets-same", address=address, users=names, names=", ".join(names))
    doubts = project.config.doubts
    for doubt in doubts:
        yield warning(doubt.code, **doubt.params)
    if not (shared or doubts):
        yield fine()
