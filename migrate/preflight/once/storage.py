"""Will what is to come fit? Gmail's API does not tell how much room there is; Drive's does, where a
user is named to ask as."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.errors import MailhaulError
from migrate.gmail.auth import STORAGE
from migrate.preflight.each.size import size
from migrate.preflight.finding import Bytes, Finding, fine, not_asked, warning
from migrate.preflight.project import Project


def check(project: Project) -> Iterator[Finding]:
    sizes = [(each, size(each)) for each in project.seen]
    needed = sum(each.before.open if each.before else found.bytes for each, found in sizes if found)
    unknown = sum(found is None for _, found in sizes)
    told = {"needed": Bytes(needed), "accounts_unknown": unknown}
    target, room = project.config.target, project.room
    if (free := target.storage_bytes) is not None:
        told["free"] = Bytes(free)
        yield warning("storage-small", **told) if needed > free else fine(**told)
    elif isinstance(room, MailhaulError):
        why = f"{room.code} {room.params.get('detail', '')}".strip()
        asked = {"user": target.storage_user, "scope": ",".join(STORAGE), "why": why}
        yield not_asked("storage-closed", **told, **asked)
    elif room is None:
        yield not_asked("storage-unknown-part" if unknown else "storage-unknown", **told)
    elif room.free is None:
        yield fine(**told, free=None, user=target.storage_user)
    else:
        told["free"] = Bytes(room.free)
        found = {"user": target.storage_user, **told}
        yield warning("storage-short", **found) if needed > room.free else fine(**found)
