"""What an organisation's directory says of its users (Admin SDK, users.get), which Gmail does not
tell: suspended, archived, no mailbox yet. An administrator has to be asked as."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httplib2
from googleapiclient.discovery import build_from_document
from googleapiclient.discovery_cache import get_static_doc
from googleapiclient.errors import HttpError

from migrate.errors import TargetError
from migrate.gmail.auth import GOOGLE_API, Access, Tokens
from migrate.gmail.errors import Answer
from migrate.gmail.lines import Lines
from migrate.web import BROKEN

_RETRIES = 3
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


@cache
def _service(api: str) -> Any:
    """At Google the Directory has an address of its own; a sandbox serves both."""
    document = json.loads(get_static_doc("admin", "directory_v1"))
    if api != GOOGLE_API:
        document["rootUrl"] = document["baseUrl"] = api.rstrip("/") + "/"
    return build_from_document(document, http=httplib2.Http())


class Directory:
    """The users of one organisation. Thread-safe."""

    def __init__(
        self, api: str, access: Access, admin: str, ca_file: Path | None, timeout: float
    ) -> None:
        tokens = Tokens(access, admin, "directory", ca_file, timeout)
        self._api, self._lines = api, Lines(api, tokens, ca_file, timeout)

    def find(self, address: str) -> Person | None:
        """By address or alias; None for nobody. TargetError when the directory may not be asked."""
        request = _service(self._api).users().get(userKey=address, fields=_FIELDS)
        try:
            found = request.execute(http=self._lines.mine(), num_retries=_RETRIES)
        except HttpError as error:
            if error.resp.status == 404:
                return None
            said = Answer.parse(error.resp.status, error.content).message
            raise TargetError("directory-refused", detail=f"{error.resp.status} {said}") from error
        except BROKEN as error:
            raise TargetError("target-unreachable", host=self._api, reason=error) from error
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
