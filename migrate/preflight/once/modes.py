"""Are state, reports and quarantine closed to the other users of this machine?"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from migrate.preflight.finding import Finding, fine, warning
from migrate.preflight.project import Project


def check(project: Project) -> Iterator[Finding]:
    config = project.config
    folders = {config.ledger_path.parent, config.scan_cache.parent, config.spool}
    folders |= {config.reports, config.quarantine}
    folders -= {config.directory}
    files = {config.ledger_path, config.scan_cache}
    open_ones = sorted(str(each) for each in folders | files if _open(each))
    if open_ones:
        yield warning(
            "modes-open", paths=open_ones, names=" ".join(f"'{each}'" for each in open_ones)
        )
    else:
        yield fine()


def _open(path: Path) -> bool:
    return path.exists() and bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
