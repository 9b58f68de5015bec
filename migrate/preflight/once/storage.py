"""Will what is to come fit? Gmail's API does not tell how much room there is."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.preflight.each.size import size
from migrate.preflight.finding import Bytes, Finding, not_asked
from migrate.preflight.project import Project


def check(project: Project) -> Iterator[Finding]:
    sizes = [(each, size(each)) for each in project.seen]
    needed = sum(each.before.open if each.before else found.bytes for each, found in sizes if found)
    unknown = sum(found is None for _, found in sizes)
    yield not_asked("storage-unknown", needed=Bytes(needed), accounts_unknown=unknown)
