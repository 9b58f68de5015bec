"""Clearing the quarantine of what has arrived after all.

Only when the ledger says so on disk; what is left lying by a crash goes with the next run.
"""

from __future__ import annotations

from pathlib import Path

from migrate.ledger import Ledger, retry
from migrate.quarantine import path


def clear(ledger: Ledger, quarantine: Path, target_user: str) -> None:
    """Remove the .eml of every message that is quarantined no more, with what lies beside it."""
    folder = (quarantine / path(target_user, "")).parent
    for file in sorted(folder.glob("*.eml")):
        with ledger.read() as conn:
            gone = retry.arrived(conn, target_user, file.stem)
        if gone:
            # The .eml last: as long as it is there, the next run comes back for the rest.
            for beside in sorted(folder.glob(f"{file.stem}.*"), key=lambda each: each == file):
                beside.unlink()
