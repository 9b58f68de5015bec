"""Does Google give a token for this user, does the user exist and is active, is there a mailbox?

One request tells the first that fails; those after it are then not known.
"""

from __future__ import annotations

from migrate.errors import MailhaulError
from migrate.preflight.each import users
from migrate.preflight.finding import Finding, failed, fine, not_asked, note
from migrate.preflight.seen import Seen

_OF_USER = {
    "target-user-suspended",
    "target-user-archived",
    "target-unknown-user",
    "target-forbidden",
    "target-delegation-denied",
}
_OF_MAILBOX = {"target-no-mail-service", "target-closed", "day-quota", "day-budget"}


def token(seen: Seen) -> Finding:
    error = _error(seen)
    if error is None or error.code in _OF_USER | _OF_MAILBOX:
        return fine(scopes=seen.config.target.scopes)
    return failed(error)


def user(seen: Seen) -> Finding:
    error, wanted = _error(seen), seen.account.target_user
    if error is not None and error.code not in _OF_MAILBOX:
        return failed(error) if error.code in _OF_USER else not_asked("check-after-error")
    address = None if isinstance(seen.target, MailhaulError) else seen.target.address
    if address and address.casefold() != wanted.casefold():
        return note("user-alias", user=wanted, address=address)
    return fine(address=address)


def mailbox(seen: Seen) -> Finding:
    if not isinstance(seen.target, MailhaulError):
        return fine(messages=seen.target.messages)
    return (
        failed(seen.target) if seen.target.code in _OF_MAILBOX else not_asked("check-after-error")
    )


def _error(seen: Seen) -> MailhaulError | None:
    """The directory knows better why Gmail refuses a user."""
    said = seen.target if isinstance(seen.target, MailhaulError) else None
    if said is not None and said.code not in _OF_USER:
        return said
    return users.wrong(seen) or said
