"""How much room there is, which Gmail does not tell but Drive does (about.get): the storage is one
for all services. With pooled storage, as Workspace has it, limit and use are the organisation's
(https://developers.google.com/workspace/drive/api/reference/rest/v3/about)."""

from __future__ import annotations

import json
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes."""

    limit: int | None
    """None: none."""
    used: int

    @property
    def free(self) -> int | None:
        return None if self.limit is None else max(0, self.limit - self.used)


def room(api: str, access: Access, user: str, ca_file: Path | None, timeout: float) -> Room:
    """As `user` is told. TargetError when Drive may not be asked."""
    document = json.loads(get_static_doc("drive", "v3"))
    if api != GOOGLE_API:  # at Google it has an address of its own; a sandbox serves both
        document["rootUrl"] = document["baseUrl"] = api.rstrip("/") + "/"
    about: Any = build_from_document(document, http=httplib2.Http()).about()
    lines = Lines(api, Tokens(access, user, "storage", ca_file, timeout), ca_file, timeout)
    try:
        told = about.get(fields="storageQuota(limit,usage)").execute(
            http=lines.mine(), num_retries=_RETRIES
        )
    except HttpError as error:
        said = Answer.parse(error.resp.status, error.content).message
        raise TargetError("storage-refused", detail=f"{error.resp.status} {said}") from error
    except BROKEN as error:
        raise TargetError("target-unreachable", host=api, reason=error) from error
    quota = told["storageQuota"]
    limit = quota.get("limit")
    return Room(None if limit is None else int(limit), int(quota.get("usage", 0)))
