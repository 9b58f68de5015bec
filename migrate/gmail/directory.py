"""What an organisation's directory says of its users (Admin SDK, users.get), which Gmail does not
tell: suspended, archived, no mailbox yet. An administrator has to be asked as."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrate.errors import TargetError
from migrate.gmail.auth import Access, Tokens
from migrate.gmail.lines import Lines
from migrate.gmail.service import service

_FIELDS = (
    "primaryEmail,suspended,suspensionReason,archived,isMailboxSetup,aliases,nonEditableAliases"
)


@dataclass(frozen=True, slots=True)
class Person:
    """https://developers.google.com/workspace/admin/directory/reference/rest/v1/users"""

    address: str
    """Primary."""
    suspended: str
    """Why (`ADMIN`, `WEB_LOGIN_REQUIRED` …), `?` for no reason; empty for a user who is not."""
    archived: bool
    mailbox: bool
    """There is one; only a user with a licence for Gmail gets one."""
    addresses: frozenset[str] = frozenset()
    """In lower case: the primary one, its aliases, and those of the organisation's domains."""


class Directory:
    """The users of one organisation. Thread-safe."""

    def __init__(
        self, api: str, access: Access, admin: str, ca_file: Path | None, timeout: float
    ) -> None:
        tokens = Tokens(access, admin, "directory", ca_file, timeout)
        self._lines = Lines(api, tokens, ca_file, timeout)
        self._users = service("admin", "directory_v1", api).users()

    def find(self, address: str) -> Person | None:
        """By address or alias; None for nobody. TargetError when the directory may not be asked."""
        request = self._users.get(userKey=address, fields=_FIELDS)
        try:
            found = self._lines.ask(request, "directory-refused")
        except TargetError as error:
            if error.params.get("status") == 404:
                return None
            raise
        return Person(
            found["primaryEmail"],
            found.get("suspensionReason", "?") if found.get("suspended") else "",
            bool(found.get("archived")),
            bool(found.get("isMailboxSetup")),
            _addresses(found),
        )


def _addresses(user: dict[str, Any]) -> frozenset[str]:
    lists = [user.get("aliases", ()), user.get("nonEditableAliases", ()), [user["primaryEmail"]]]
    return frozenset(each.casefold() for some in lists for each in some)
