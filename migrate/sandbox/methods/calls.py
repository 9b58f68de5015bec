"""What a handler gets: one validated API call."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from migrate.sandbox.access.directory import Directory
from migrate.sandbox.access.tokens import Tokens
from migrate.sandbox.description.api import Method
from migrate.sandbox.http.errors import not_found
from migrate.sandbox.mailbox.store import Row, Store
from migrate.sandbox.options import Options

METADATA = "https://www.googleapis.com/auth/gmail.metadata"


@dataclass(frozen=True, slots=True)
class Call:
    """One call, after authorisation and validation, before anything was changed."""

    method: Method
    path: Mapping[str, str]
    query: Mapping[str, Any]
    json: Mapping[str, Any]
    content: memoryview | None
    """The uploaded message; None when the JSON may carry it as `raw`."""
    user: str
    """Who the token stands for; empty for the service account itself."""
    mailbox: int
    """0 for a method that has no mailbox."""
    scopes: frozenset[str]
    store: Store
    directory: Directory
    tokens: Tokens
    options: Options

    @property
    def metadata_only(self) -> bool:
        """Nothing but gmail.metadata entitles this call."""
        return METADATA in self.scopes and not (self.scopes & self.method.scopes) - {METADATA}

    def message(self, message_id: str | None = None) -> Row:
        """The visible message of that id, by default of the path; ApiError 404."""
        row = self.store.message(self.mailbox, parse_id(message_id or self.path["id"]))
        if row is None:
            raise not_found()
        return row


Handler = Callable[[Call], dict[str, Any] | None]
"""The JSON answer; None is 204 without content."""


def parse_id(text: str) -> int:
    """An id of 16 hex digits; ApiError 404 for anything else."""
    if not re.fullmatch("[0-9a-fA-F]{1,16}", text) or (number := int(text, 16)) >= 2**63:
        raise not_found()
    return number


def brief(row: Mapping[str, Any] | Row) -> dict[str, Any]:
    """id, threadId and labelIds of a message row, as import, insert and modify answer."""
    answer: dict[str, Any] = {"id": f"{row['id']:016x}", "threadId": f"{row['thread']:016x}"}
    if labels := row["labels"].split():
        answer["labelIds"] = labels
    return answer
