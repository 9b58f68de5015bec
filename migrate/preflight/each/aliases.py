"""Do the old addresses of a person arrive at Google, too? Those that accounts.csv names."""

from __future__ import annotations

from migrate.gmail.directory import Person
from migrate.preflight.finding import Finding, fine, not_asked, warning
from migrate.preflight.seen import Seen


def check(seen: Seen) -> Finding:
    """By the directory; it does not know the addresses that come of a domain's alias."""
    wanted, person = seen.account.aliases, seen.person
    if not wanted:
        return fine()
    if not isinstance(person, Person):
        return not_asked("aliases-not-asked")
    missing = [each for each in wanted if each.casefold() not in person.addresses]
    if missing:
        user = seen.account.target_user
        return warning("aliases-missing", user=user, aliases=missing, names=", ".join(missing))
    return fine(aliases=len(wanted))
