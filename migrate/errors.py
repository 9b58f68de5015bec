"""What can go wrong with a migration, as types; the base and the exit codes are shared."""

from __future__ import annotations

from datetime import datetime

from console.errors import (
    EXIT_BRAKE,
    EXIT_BUG,
    EXIT_DIFFERS,
    EXIT_DONE,
    EXIT_PENDING,
    EXIT_UNREACHABLE,
    EXIT_USAGE,
    MailhaulError,
)

__all__ = [
    "EXIT_BRAKE",
    "EXIT_BUG",
    "EXIT_DIFFERS",
    "EXIT_DONE",
    "EXIT_PENDING",
    "EXIT_UNREACHABLE",
    "EXIT_USAGE",
    "BrakeError",
    "DayOver",
    "DayUsedUp",
    "FetchRefused",
    "FolderChanged",
    "FolderRefused",
    "MailhaulError",
    "Paused",
    "Postponed",
    "SourceError",
    "SourceLost",
    "SourceUnreached",
    "StateError",
    "TargetError",
    "UsageError",
]


class UsageError(MailhaulError):
    """The command line, `migration.toml` or `accounts.csv` is wrong; nothing was done."""

    exit_code = EXIT_USAGE


class StateError(MailhaulError):
    """The ledger cannot be used: locked by another run, damaged, of a newer version, disk full."""

    exit_code = EXIT_USAGE


class BrakeError(MailhaulError):
    """A safety brake refused to go on."""

    exit_code = EXIT_BRAKE


class Paused(MailhaulError):
    """Somebody has paused the migration; nothing was begun."""

    exit_code = EXIT_PENDING


class SourceError(MailhaulError):
    """The source account can't be worked on: unreachable, TLS or login refused."""

    exit_code = EXIT_UNREACHABLE


class SourceLost(SourceError):
    """The connection broke in the middle; connect again and go on."""


class SourceUnreached(SourceLost):
    """No server answers: one that was there before may come back (an outage, a machine that woke
    up without its network); if none ever was, it is rather the settings."""


class DayUsedUp(MailhaulError):
    """The source hands out no more today: the work that is left waits, and a later run goes on."""

    exit_code = EXIT_PENDING


class FetchRefused(MailhaulError):
    """The source does not hand out this one message (NO, NIL, empty literal)."""

    exit_code = EXIT_DIFFERS


class FolderRefused(MailhaulError):
    """The source does not open this one folder; the others may well be copied."""

    exit_code = EXIT_DIFFERS


class FolderChanged(SourceError):
    """UIDVALIDITY is not what the ledger knows: the folder's UIDs mean something else now."""


class TargetError(MailhaulError):
    """The target account can't be worked on: no token, no mailbox, no right."""

    exit_code = EXIT_UNREACHABLE


class Postponed(MailhaulError):
    """Gmail takes nothing for a long time; what is open stays open."""

    exit_code = EXIT_PENDING

    def __init__(self, code: str, *, until: float, user: str = "") -> None:
        """`until`: when it may go on, in seconds since 1970. `user`: of which mailbox."""
        self.until = until
        local = datetime.fromtimestamp(until).astimezone()
        super().__init__(code, until=local.isoformat(" ", "minutes"), user=user)


class DayOver(Postponed):
    """The project's quota of the day is used up, or our budget of it."""
