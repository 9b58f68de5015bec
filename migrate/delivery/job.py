"""What is constant for one account in one run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from migrate.events import Events, Tell
from migrate.labels import LabelRules, Mapped
from migrate.ledger.accounts import Account
from migrate.ledger.claims import Occurrence


@dataclass(frozen=True, slots=True)
class Job:
    account: Account
    run_id: str
    folders: Mapping[int, Mapped]
    rules: LabelRules
    settle: float
    """Seconds for which Gmail may still be carrying out a request that went unanswered."""
    quiet_from: float
    """When no request of an earlier process can be under way any more, seconds since 1970."""
    keep_both: bool
    """Policy `collisions`: other bytes under a Message-ID that is taken are kept beside it."""
    oversize: Literal["quarantine", "skip"]
    quarantine: Path
    check: Callable[[], None]
    """Raises when the account is not ours any more."""
    tell: Tell = Events().tell

    def copies(self, occurrences: Sequence[Occurrence]) -> list[tuple[Mapped, frozenset[str]]]:
        """(Folder, flags) of each."""
        return [(self.folders[each.folder_id], each.flags) for each in occurrences]
