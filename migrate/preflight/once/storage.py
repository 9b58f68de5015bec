"""Will what is to come fit? Gmail's API does not tell how much room there is."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.preflight.each.size import size
from migrate.preflight.finding import Bytes, Finding, fine, not_asked, warning
from migrate.preflight.project import Project


def check(project: Project) -> Iterator[Finding]:
    sizes = [(each, size(each)) for each in project.seen]
    needed = sum(each.before.open if each.before else found.bytes for each, found in sizes if found)
    unknown = sum(found is None for _, found in sizes)
    told = {"needed": Bytes(needed), "accounts_unknown": unknown}
    free = project.config.target.storage_bytes
    if free is None:
        yield not_asked("storage-unknown-part" if unknown else "storage-unknown", **told)
    else:
        told["free"] = Bytes(free)
        yield warning("storage-small", **told) if needed > free else fine(**told)
