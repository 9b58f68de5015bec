"""A source in memory, and a run from it to a sandbox within the test's own process."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from migrate.body import Body
from migrate.cli.copying import copy
from migrate.config import load
from migrate.engine import Retry
from migrate.errors import FetchRefused, MailhaulError
from migrate.progress import Progress
from migrate.report.document import Document
from migrate.sandbox.embed import Running
from migrate.source import SCANNED_FIELDS, Fetched, Flags, Folder, FolderState, Listed, Provider
from migrate.texts import Texts

from .migration import Gmail, Migration

TARGET = "user@example.org"
LIMITS = "[limits]\nunits_per_minute_user = 0\nsettle_seconds = 0.1\n"
ONE_BY_ONE = f"{LIMITS}uploads_per_user = 1\nuploads_per_user_max = 1\n"
OLDEST_FIRST = '[policy]\norder = "oldest-first"\n'
_SCANNED = "|".join(SCANNED_FIELDS)
_FIELDS = re.compile(rf"(?im)^(?:{_SCANNED}):[^\n]*\n(?:[ \t][^\n]*\n)*".encode())


@dataclass(frozen=True)
class Mail:
    raw: bytes
    flags: frozenset[str] = frozenset({"\\Seen"})
    date: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    refused: bool = False
    """The source does not hand it out."""


def mail(number: int, text: str = "Hello", **fields: str) -> Mail:
    """A message with an id, a subject and a date of its own, unless `fields` give others."""
    given = {
        "From": "a@example.com",
        "Message-ID": f"<{number}@example.com>",
        "Subject": f"Number {number}",
        "Date": f"Fri, 21 Nov 2025 09:{number:02}:06 +0000",
    } | fields
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    date = datetime(2026, 1, 1, 0, number, tzinfo=UTC)
    return Mail(f"{head}\r\n{text}\r\n".encode(), date=date)


class MemorySource:
    """Folder path → messages at UIDs 1, 2 … An implementation of `migrate.source.Source`."""

    def __init__(self, content: Mapping[str, Sequence[Mail]]) -> None:
        self._content = content
        self._open: Sequence[Mail] = ()
        self.unlisted: tuple[str, ...] = ()

    @property
    def provider(self) -> Provider:
        return Provider("unknown", "")

    def flags(self, since: int | None = None) -> Flags:
        return Flags({uid: one.flags for uid, one in enumerate(self._open, 1)}, whole=True)

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        return False

    def search(self, criteria: str) -> set[int]:
        """`SUBJECT word` alone: which messages hold the word anywhere."""
        word = criteria.removeprefix("SUBJECT ").encode()
        return {uid for uid, one in enumerate(self._open, 1) if word in one.raw}

    def folders(self) -> list[Folder]:
        return [
            Folder(name.encode(), name, tuple(name.split("/")), frozenset())
            for name in self._content
        ]

    def examine(self, folder: Folder) -> FolderState:
        self._open = self._content[folder.name]
        return FolderState(7, len(self._open))

    def uids(self) -> list[int]:
        return list(range(1, len(self._open) + 1))

    def scan(self, uids: Sequence[int], *, structure: bool = False) -> Iterator[Listed]:
        for uid in uids:
            one = self._open[uid - 1]
            head = b"".join(_FIELDS.findall(one.raw.partition(b"\r\n\r\n")[0] + b"\r\n"))
            yield Listed(uid, one.flags, one.date, len(one.raw), None, head)

    def fetch(self, wanted: Sequence[tuple[int, int]]) -> Iterator[Fetched]:
        for uid, _ in wanted:
            one = self._open[uid - 1]
            refusal = FetchRefused("source-refused-message", answer="NO [SERVERBUG] damaged")
            yield Fetched(uid, refusal if one.refused else Body(one.raw))

    def close(self) -> None:
        pass


@dataclass(frozen=True)
class Copied:
    document: Document
    errors: list[MailhaulError]
    migration: Migration
    gmail: Gmail

    def counts(self) -> dict[str, int]:
        """The classes that are not empty."""
        return {name: count for name, count in self.document.totals.classes() if count}


def run(
    monkeypatch: pytest.MonkeyPatch,
    directory: Path,
    sandbox: Running,
    content: Mapping[str, Sequence[Mail]],
    more: str = LIMITS,
    target: str = "",
    *,
    limit: int | None = None,
    retry: Retry | None = None,
    last: bool = True,
) -> Copied:
    """One `migrate run` of one account; `more` and `target` go into migration.toml."""
    monkeypatch.setattr("migrate.engine.local.open_source", lambda *_: MemorySource(content))
    accounts = {("source", TARGET): "secret"}
    migration = Migration(directory)
    migration.write("imaps://mail.example.com", None, sandbox, accounts, more, target)
    config = load(directory)
    stop = threading.Event()
    document, errors = copy(
        config, config.accounts, Progress(), Texts("en"), stop, limit, retry, last=last
    )
    return Copied(document, errors, migration, Gmail(sandbox, TARGET))
