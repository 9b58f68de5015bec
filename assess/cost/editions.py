"""Which edition of which cloud: the cheapest of the first profile that holds the mail."""

from __future__ import annotations

from collections.abc import Collection

from assess.catalog.model import Catalog, Edition
from assess.cost.formula import Situation


def obstacles(edition: Edition, s: Situation, organisation: str) -> list[str]:
    """What it lacks: organisation · mailboxes · storage · archive; empty if it suits."""
    pool = edition.pool_gb
    checks = {
        "organisation": edition.only_for and organisation not in edition.only_for,
        "mailboxes": edition.max_mailboxes is not None and s.mailboxes > edition.max_mailboxes,
        "storage": (pool is not None and s.mailboxes * s.mailbox_gb > pool)
        or (edition.comfortable_gb is not None and s.mailbox_gb > edition.comfortable_gb),
        "archive": s.archive and not edition.archive,
    }
    return [name for name, lacking in checks.items() if lacking]


def choose(
    catalog: Catalog, s: Situation, organisation: str, excluded: Collection[str]
) -> str | None:
    """`profile/edition`; None if none suits. `excluded`: profiles and `profile/edition`s."""
    for profile_id, profile in catalog.profiles.items():
        for edition_id, edition in profile.editions.items():
            plan = f"{profile_id}/{edition_id}"
            if profile_id in excluded or plan in excluded:
                continue
            if not obstacles(edition, s, organisation):
                return plan
    return None
