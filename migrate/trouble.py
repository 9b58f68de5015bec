"""What stopped the work on one account; it must not stop the others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from migrate.errors import MailhaulError, StateError


def trouble(work: Callable[[], None], place: Path) -> MailhaulError | None:
    """Do `work`, and give what stopped it. `place` is named where a file is that can't be.

    A bug is an error like any other here: the other accounts go on to their end.
    """
    try:
        work()
    except MailhaulError as error:
        return error
    except OSError as error:
        reason = error.strerror or error
        return StateError("state-io", file=error.filename or place, reason=reason)
    except Exception as error:
        failure = MailhaulError("unexpected", error=f"{type(error).__name__}: {error}")
        failure.__cause__ = error
        return failure
    return None
