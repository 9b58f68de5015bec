"""Are there folders, can they all be listed, and will any be copied?"""

from __future__ import annotations

from migrate.errors import MailhaulError
from migrate.preflight.finding import Finding, fine, not_asked, warning
from migrate.preflight.seen import Seen


def check(seen: Seen) -> Finding:
    if isinstance(seen.source, MailhaulError):
        return not_asked("check-after-error")
    side = seen.source
    count, copied = len(side.folders), sum(each.rule is None for each in side.mapped)
    if side.unlisted:
        names = ", ".join(side.unlisted)
        return warning("folders-unlisted", folders=count, copied=copied, names=names)
    if not copied:
        return warning("folders-none", folders=count, copied=copied)
    sizes = side.usage.folders
    ceiling = side.provider.ceiling
    capped = [f.name for f in side.folders if f.raw in sizes and sizes[f.raw].messages == ceiling]
    if ceiling and capped:
        names = ", ".join(capped)
        return warning(
            "folders-ceiling", folders=count, copied=copied, names=names, ceiling=ceiling
        )
    return fine(folders=count, copied=copied)
