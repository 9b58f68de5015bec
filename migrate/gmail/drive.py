"""How much room there is, which Gmail does not tell but Drive does (about.get): the storage is one
for all services. With pooled storage, as Workspace has it, limit and use are the organisation's
(https://developers.google.com/workspace/drive/api/reference/rest/v3/about)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from migrate.gmail.auth import Access, Tokens
from migrate.gmail.lines import Lines
from migrate.gmail.service import service


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
    lines = Lines(api, Tokens(access, user, "storage", ca_file, timeout), ca_file, timeout)
    about = service("drive", "v3", api).about()
    told = lines.ask(about.get(fields="storageQuota(limit,usage)"), "storage-refused")
    quota = told["storageQuota"]
    limit = quota.get("limit")
    return Room(None if limit is None else int(limit), int(quota.get("usage", 0)))
