"""What the organisation's directory says of the user, where an administrator is named to ask as."""

from __future__ import annotations

from migrate.errors import MailhaulError, TargetError
from migrate.gmail.auth import DIRECTORY
from migrate.gmail.directory import Person
from migrate.preflight.finding import Finding, failed, fine, not_asked
from migrate.preflight.seen import Seen


def wrong(seen: Seen) -> TargetError | None:
    """Why this user can't be migrated to, by the directory."""
    person, user = seen.person, seen.account.target_user
    if not isinstance(person, Person):
        return None
    if person.suspended:
        return TargetError("target-user-suspended", user=user, reason=person.suspended)
    return TargetError("target-user-archived", user=user) if person.archived else None


def check(seen: Seen) -> Finding:
    """The licence, by its effect: only a user with one for Gmail gets a mailbox."""
    person = seen.person
    if person is None:
        admin = seen.config.target.directory_admin
        return not_asked("check-after-error" if admin else "licence-not-asked")
    if isinstance(person, MailhaulError):
        admin, scope = seen.config.target.directory_admin, ",".join(DIRECTORY)
        why = f"{person.code} {person.params.get('detail', '')}".strip()
        return not_asked("directory-closed", admin=admin, scope=scope, why=why)
    if not person.mailbox:
        user = seen.account.target_user
        return failed(TargetError("target-no-mailbox", user=user, detail="isMailboxSetup: false"))
    return fine(address=person.address, mailbox=True)
