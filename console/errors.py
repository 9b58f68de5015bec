"""What can go wrong, as types, and the exit codes of the command.

Every error that a person reads has a stable `code`. Its cause and its cure stand in the half's
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
    users: tuple[str, ...] = ()
    """The names of the account that it stopped, if it is about one."""

    def __init__(self, code: str, **params: object) -> None:
        self.code = code
        self.params = params
        super().__init__(code + "".join(f" {name}={value}" for name, value in params.items()))
