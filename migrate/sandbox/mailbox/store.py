"""The sandbox's data: one SQLite database and a folder of blobs.

    DATA/sandbox.db     mailboxes, labels, messages, history (WAL, synchronous=OFF)
    DATA/blobs/xx/ID    the uploaded bytes of message ID, exactly; absent with --discard
    DATA/spool/         large requests while they arrive

Everything runs on the one event loop. Writes open a transaction that the application commits
once per loop turn (group commit), before any of its answers leaves; `changing` makes one API call
atomic inside it. Message ids are global, increasing, 16 hex digits; history ids belong to a
mailbox, one per changed message, written in the transaction of the change itself.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from migrate.sandbox.clock import Clock
from migrate.sandbox.http.errors import ApiError

SCHEMA = """
CREATE TABLE IF NOT EXISTS mailboxes (
  id INTEGER PRIMARY KEY, address TEXT NOT NULL UNIQUE,
  history INTEGER NOT NULL, label_seq INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS labels (
  mailbox INTEGER NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, key TEXT NOT NULL,
  settings TEXT NOT NULL, PRIMARY KEY (mailbox, id), UNIQUE (mailbox, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS messages (
  id INTEGER PRIMARY KEY, mailbox INTEGER NOT NULL, thread INTEGER NOT NULL,
  date INTEGER NOT NULL, received INTEGER NOT NULL, size INTEGER NOT NULL,
  labels TEXT NOT NULL, message_id TEXT, subject TEXT NOT NULL, has_date INTEGER NOT NULL,
  history INTEGER NOT NULL, deleted INTEGER NOT NULL, sha256 BLOB, draft INTEGER);
CREATE INDEX IF NOT EXISTS by_date ON messages (mailbox, date, id) WHERE NOT deleted;
CREATE INDEX IF NOT EXISTS by_message_id ON messages (mailbox, message_id)
  WHERE message_id IS NOT NULL AND NOT deleted;
CREATE INDEX IF NOT EXISTS by_thread ON messages (mailbox, thread) WHERE NOT deleted;
CREATE INDEX IF NOT EXISTS by_draft ON messages (mailbox, draft) WHERE draft IS NOT NULL;
CREATE TABLE IF NOT EXISTS labelled (
  mailbox INTEGER NOT NULL, label TEXT NOT NULL, date INTEGER NOT NULL, message INTEGER NOT NULL,
  PRIMARY KEY (mailbox, label, date, message)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS refs (
  mailbox INTEGER NOT NULL, ref TEXT NOT NULL, message INTEGER NOT NULL,
  PRIMARY KEY (mailbox, ref, message)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS history (
  mailbox INTEGER NOT NULL, id INTEGER NOT NULL, kind TEXT NOT NULL, message INTEGER NOT NULL,
  thread INTEGER NOT NULL, changed TEXT NOT NULL, labels TEXT NOT NULL,
  PRIMARY KEY (mailbox, id, kind)) WITHOUT ROWID;
"""
FIRST_HISTORY = 1000
WRITE = 1024 * 1024

Row = sqlite3.Row


def pack(labels: Iterable[str]) -> str:
    """Labels as stored: sorted, each between spaces, so that LIKE '% X %' finds one."""
    inner = " ".join(sorted(set(labels)))
    return f" {inner} " if inner else ""


class Store:
    """Whoever changes something must `commit` before it is told to anybody."""

    def __init__(self, data: Path, discard: bool = False, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        data.chmod(0o700)
        self.blobs, self.spool, self.discard = data / "blobs", data / "spool", discard
        for folder in (self.blobs, self.spool):
            folder.mkdir(mode=0o700, exist_ok=True)
        for shard in range(256):
            (self.blobs / f"{shard:02x}").mkdir(mode=0o700, exist_ok=True)
        database = data / "sandbox.db"
        os.close(os.open(database, os.O_CREAT | os.O_RDWR, 0o600))
        self.db = sqlite3.connect(database, isolation_level=None, cached_statements=256)
        self.db.row_factory = sqlite3.Row
        self.db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;" + SCHEMA)
        last = self.db.execute("SELECT max(id) FROM messages").fetchone()[0]
        self._last_id: int = last or 0
        self._mailboxes: dict[str, int] = {}
        self._used: dict[int, tuple[int, int]] = {}
        self._gone: list[Path] = []

    def close(self) -> None:
        self.commit()
        self.db.close()

    def commit(self) -> None:
        if self.db.in_transaction:
            self.db.execute("COMMIT")
        for path in self._gone:
            path.unlink(missing_ok=True)
        self._gone.clear()

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """One atomic change inside the open transaction."""
        if not self.db.in_transaction:
            self.db.execute("BEGIN IMMEDIATE")
        self.db.execute("SAVEPOINT change")
        gone = len(self._gone)
        try:
            yield self.db
        except BaseException:
            self.db.execute("ROLLBACK TO change")
            del self._gone[gone:]
            raise
        finally:
            self.db.execute("RELEASE change")

    def mailbox(self, address: str) -> int:
        """The id of the mailbox, made at its first use."""
        known = self._mailboxes.get(address)
        if known is None:
            with self.changing() as db:
                db.execute(
                    "INSERT OR IGNORE INTO mailboxes (address, history) VALUES (?, ?)",
                    (address, FIRST_HISTORY),
                )
            found = self.db.execute("SELECT id FROM mailboxes WHERE address = ?", (address,))
            known = self._mailboxes[address] = int(found.fetchone()[0])
        return known

    def history_id(self, mailbox: int) -> int:
        row = self.db.execute("SELECT history FROM mailboxes WHERE id = ?", (mailbox,)).fetchone()
        return int(row[0])

    def message(self, mailbox: int, message: int) -> Row | None:
        """The row of a message one can see, None otherwise."""
        found: Row | None = self.db.execute(
            "SELECT * FROM messages WHERE id = ? AND mailbox = ? AND NOT deleted",
            (message, mailbox),
        ).fetchone()
        return found

    def next_id(self, now: int) -> int:
        """Like Gmail's: the time in ms and 20 more bits, always larger than the last."""
        self._last_id = max(self._last_id + 1, now << 20)
        return self._last_id

    def record(
        self, mailbox: int, kind: str, row: tuple[int, int], changed: str, labels: str
    ) -> int:
        """Add a history entry for `row` (message, thread); its id."""
        new = self.db.execute(
            "UPDATE mailboxes SET history = history + 1 WHERE id = ? RETURNING history", (mailbox,)
        ).fetchone()[0]
        self.db.execute(
            "INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?)",
            (mailbox, new, kind, *row, changed, labels),
        )
        return int(new)

    def relabel(self, row: Row, labels: Iterable[str]) -> str:
        """Give a message exactly these labels; the packed labels. No history without a change."""
        before, after = set(row["labels"].split()), set(labels)
        packed, mailbox, key = pack(after), row["mailbox"], (row["id"], row["thread"])
        history = None
        for kind, changed in (("labelAdded", after - before), ("labelRemoved", before - after)):
            if changed:
                history = self.record(mailbox, kind, key, pack(changed), packed)
        if history is None:
            return packed
        self.db.executemany(
            "INSERT INTO labelled VALUES (?, ?, ?, ?)",
            [(mailbox, label, row["date"], row["id"]) for label in after - before],
        )
        self.db.executemany(
            "DELETE FROM labelled WHERE mailbox = ? AND label = ? AND date = ? AND message = ?",
            [(mailbox, label, row["date"], row["id"]) for label in before - after],
        )
        self.db.execute(
            "UPDATE messages SET labels = ?, history = ? WHERE id = ?", (packed, history, row["id"])
        )
        return packed

    def remove(self, row: Row) -> None:
        """Delete a message for good."""
        mailbox, message = row["mailbox"], row["id"]
        self._used.pop(mailbox, None)
        self.record(mailbox, "messageDeleted", (message, row["thread"]), "", row["labels"])
        self.db.executemany(
            "DELETE FROM labelled WHERE mailbox = ? AND label = ? AND date = ? AND message = ?",
            [(mailbox, label, row["date"], message) for label in row["labels"].split()],
        )
        self.db.execute("DELETE FROM messages WHERE id = ?", (message,))
        self._gone.append(self.blob(message))

    def blob(self, message: int) -> Path:
        return self.blobs / f"{message & 255:02x}" / f"{message:016x}"

    def used(self, mailbox: int) -> int:
        """Bytes of mail that a mailbox holds; only what came since the last question is read."""
        total, last = self._used.get(mailbox, (0, 0))
        more, newest = self.db.execute(
            "SELECT coalesce(sum(size), 0), coalesce(max(id), 0) FROM messages "
            "WHERE id > ? AND mailbox = ?",
            (last, mailbox),
        ).fetchone()
        self._used[mailbox] = total + more, max(last, newest)
        return int(total + more)

    def content(self, message: int) -> bytes:
        """The uploaded bytes of a message; ApiError 501 when it came under `--discard`."""
        try:
            return self.blob(message).read_bytes()
        except FileNotFoundError as error:
            raise ApiError(501, "The sandbox kept no body of this message (--discard).") from error

    def keep(self, message: int, content: memoryview) -> bytes | None:
        """Write the bytes of a message; with `discard`, only their SHA-256 (returned)."""
        if self.discard:
            return hashlib.sha256(content).digest()
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        target = os.open(self.blob(message), flags, 0o600)
        try:
            done = 0
            while done < len(content):
                done += os.write(target, content[done : done + WRITE])
        finally:
            os.close(target)
        return None
