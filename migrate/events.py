"""What happens in a run, as lines of JSON for those who look into it afterwards: `docs/json.md`.

Codes, counts and times; never a secret, never a word of a message. The truth is the ledger: where
a line can't be written, the run goes on without it.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Protocol

SCHEMA = 1
KEPT = 1000
"""Logs in a folder; the oldest go when there are more (`run --watch` makes one for each pass)."""

Fact = str | int | float | bool | None


def utc(at: datetime | float, precision: str = "seconds") -> str:
    """A time (UTC, or seconds since 1970), as times stand in the log."""
    at = at if isinstance(at, datetime) else datetime.fromtimestamp(at, UTC)
    return at.isoformat(timespec=precision).replace("+00:00", "Z")


class Tell(Protocol):
    """Tells an event, of one account."""

    def __call__(self, event: str, /, **facts: Fact) -> None: ...


class Events:
    """Takes events. This one lets them go."""

    def tell(self, event: str, /, **facts: Fact) -> None:
        """`event` is a code of `docs/json.md`; None is left out."""

    def of(self, user: str) -> Tell:
        """What tells the events of this source user."""

        def tell(event: str, /, **facts: Fact) -> None:
            self.tell(event, account=user, **facts)

        return tell


class Log(Events):
    """One file (0600) for one run, a line at a time. Thread-safe; a context manager."""

    def __init__(
        self, folder: Path, run: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """Nothing is raised: what can't be opened stays unwritten."""
        self._run, self._now, self._lock = run, now, threading.Lock()
        self._file: IO[str] | None = None
        with suppress(OSError):
            for old in sorted(folder.glob("*.jsonl"))[: -KEPT + 1 or None]:
                old.unlink()
            path = folder / f"{run}.jsonl"
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            self._file = os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace")

    def tell(self, event: str, /, **facts: Fact) -> None:
        known = {name: fact for name, fact in facts.items() if fact is not None}
        with self._lock, suppress(OSError):
            if self._file is None:
                return
            at = utc(self._now(), "milliseconds")
            line = {"schema": SCHEMA, "time": at, "run": self._run, "event": event, **known}
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._file.flush()

    def __enter__(self) -> Log:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock, suppress(OSError):
            if self._file is not None:
                self._file.close()
            self._file = None
