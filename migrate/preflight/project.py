"""What the checks of the whole migration look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from migrate.config import Config
from migrate.errors import MailhaulError
from migrate.gmail.drive import Room
from migrate.preflight.names import Names
from migrate.preflight.seen import Seen


@dataclass(frozen=True, slots=True)
class Project:
    config: Config
    seen: Sequence[Seen]
    """All accounts that are checked."""
    names: Names | None
    """The DNS; None: not to be asked."""
    room: Room | MailhaulError | None = None
    """At Google; None: not asked."""
