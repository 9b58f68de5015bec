"""What can go wrong, as types.

Every error that a person reads has a stable `code`. Its cause and its cure stand in
`texts/errors.toml`, English and Japanese side by side, with the error's parameters filled in;
an exception carries no prose. The exit code belongs to the type (see `docs/design.md`).
"""

from __future__ import annotations

EXIT_DONE = 0
EXIT_BUG = 1
EXIT_USAGE = 2
EXIT_DIFFERS = 3
EXIT_PENDING = 4
EXIT_UNREACHABLE = 5
EXIT_BRAKE = 6


class MailhaulError(Exception):
    """An expected error: `code` names an entry of `texts/errors.toml`, `params` fill it in."""

    exit_code = EXIT_BUG

    def __init__(self, code: str, **params: object) -> None:
        self.code = code
        self.params = params
        super().__init__(code + "".join(f" {name}={value}" for name, value in params.items()))


class UsageError(MailhaulError):
    """The command line, `migration.toml` or `accounts.csv` is wrong; nothing was done."""

    exit_code = EXIT_USAGE


class StateError(MailhaulError):
    """The ledger cannot be used: locked by another run, damaged, of a newer version, disk full."""

    exit_code = EXIT_USAGE


class BrakeError(MailhaulError):
    """A safety brake refused to go on."""

    exit_code = EXIT_BRAKE


class SourceError(MailhaulError):
    """The source account can't be worked on: unreachable, TLS or login refused."""

    exit_code = EXIT_UNREACHABLE


class SourceLost(SourceError):
    """The connection broke in the middle; connect again and go on."""


class FetchRefused(MailhaulError):
    """The source does not hand out this one message (NO, NIL, empty literal)."""

    exit_code = EXIT_DIFFERS


class FolderChanged(SourceError):
    """UIDVALIDITY is not what the ledger knows: the folder's UIDs mean something else now."""


class TargetError(MailhaulError):
    """The target account can't be worked on: no token, no mailbox, no right."""

    exit_code = EXIT_UNREACHABLE
