"""What stopped the work on one account; it must not stop the others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from migrate.errors import MailhaulError, StateError


def trouble(work: Callable[[], None], users: tuple[str, ...], place: Path) -> MailhaulError | None:
    """Do `work` for the account of these names, and give what stopped it. `place` is named where a
    file is that can't be.

    A bug is an error like any other here: the other accounts go on to their end.
    """
    found: MailhaulError | None = None
    try:
        work()
    except MailhaulError as error:
        found = error
    except OSError as error:
        reason = error.strerror or error
        found = StateError("state-io", file=error.filename or place, reason=reason)
    except Exception as error:
        found = MailhaulError("unexpected", error=f"{type(error).__name__}: {error}")
        found.__cause__ = error
    if found:
        found.users = users
    return found
