"""What is checked once, whatever the number of accounts: a name, and what looks and judges."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from migrate.preflight.finding import Finding
from migrate.preflight.once import clock, disk, ledger, modes, mx, storage, targets
from migrate.preflight.project import Project

CHECKS: Mapping[str, Callable[[Project], Iterable[Finding]]] = {
    "clock": clock.check,
    "ledger": ledger.check,
    "disk": disk.check,
    "modes": modes.check,
    "targets": targets.check,
    "storage": storage.check,
    "mx": mx.check,
}
"""In the order in which they are told."""


def judge(project: Project) -> list[tuple[str, Finding]]:
    """One check may find several things, as one for each domain."""
    return [(name, found) for name, check in CHECKS.items() for found in check(project)]
