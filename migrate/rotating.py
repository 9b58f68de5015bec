"""Refresh tokens that an endpoint replaces (RFC 6749 6): the new one goes where the old one lies.

Some endpoints end the old one at once, so that the next run can't log in with it; Microsoft's stays
good for 90 days (https://learn.microsoft.com/en-us/entra/identity-platform/refresh-tokens).
"""

from __future__ import annotations

from contextlib import suppress

from migrate.credentials import Secret, SecretRef
from migrate.errors import MailhaulError, UsageError

_unkept: dict[str, MailhaulError] = {}
"""By user; of this process, for whoever runs the command."""


class RefreshToken:
    """The refresh token of `user`. Not thread-safe: `Tokens` asks for one renewal at a time."""

    def __init__(self, user: str, kept: Secret | SecretRef) -> None:
        """UsageError for one that can't be read."""
        self._user, self._kept = user, kept
        self._value = kept.resolve().reveal()
        self._stored = kept.writable
        """Whether what is kept is the latest; another process may have replaced it meanwhile."""

    def latest(self) -> str:
        if self._stored:
            with suppress(UsageError):  # taken away in mid-run: what was read is still good
                self._value = self._kept.resolve().reveal()
        return self._value

    def replace(self, new: str) -> None:
        """Store it; where that can't be done it is good for this process, and `unkept` tells."""
        self._value = new
        try:
            self._kept.store(new)
            self._stored = True
            _unkept.pop(self._user, None)
        except UsageError as error:
            self._stored = False
            _unkept.setdefault(self._user, error)
            error.users = (self._user,)


def unkept() -> list[MailhaulError]:
    """What kept new refresh tokens from being stored: each is told once."""
    told = list(_unkept.values())
    _unkept.clear()
    return told
