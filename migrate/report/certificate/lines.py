"""The messages of an account in their canonical order, and the hashes over them.

Folders by name (its bytes), then UIDVALIDITY; in a folder by UID. A line of the source is

    folder NUL uidvalidity NUL uid NUL sha256 LF

and one of the target has NUL and Gmail's id before the LF. Names are UTF-8, and a scan leaves no
control character in them; no hash (never fetched) or no id (not in Gmail) is an empty one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, and_, select

from migrate.ledger.tables import folder, message, occurrence

_ENCODER = json.JSONEncoder(ensure_ascii=False)
"""`json.dumps` makes one for each call, which takes a quarter of the time of a line."""


@dataclass(frozen=True, slots=True)
class Line:
    """A message in a folder at a UID, as the source has it now."""

    folder: str
    uidvalidity: int
    uid: int
    state: str
    """Its class, or `pending`."""
    reason: str | None
    size: int | None
    """Bytes as they came from the source; None where they were never fetched."""
    sha256: str | None
    """Of these bytes."""
    gmail_id: str | None

    def hashed(self) -> tuple[bytes, bytes]:
        """The canonical lines, of the source and of the target."""
        source = f"{self.folder}\0{self.uidvalidity}\0{self.uid}\0{self.sha256 or ''}"
        return f"{source}\n".encode(), f"{source}\0{self.gmail_id or ''}\n".encode()

    def to_json(self) -> bytes:
        """One line of the file of messages."""
        row = {
            "folder": self.folder,
            "uidvalidity": self.uidvalidity,
            "uid": self.uid,
            "class": self.state,
            "reason": self.reason,
            "size": self.size,
            "sha256": self.sha256,
            "gmail_id": self.gmail_id,
        }
        return _ENCODER.encode(row).encode() + b"\n"


@dataclass(slots=True)
class Digest:
    """SHA-256 over the canonical lines of a folder, or of the whole account."""

    lines: int = 0
    _source: Any = field(default_factory=hashlib.sha256)
    _target: Any = field(default_factory=hashlib.sha256)

    def add(self, source: bytes, target: bytes) -> None:
        self.lines += 1
        self._source.update(source)
        self._target.update(target)

    def to_json(self) -> dict[str, Any]:
        found = self._source.hexdigest(), self._target.hexdigest()
        return {"lines": self.lines, "source": found[0], "target": found[1]}


@dataclass(frozen=True, slots=True)
class Hashes:
    whole: Digest
    folders: list[tuple[str, int, Digest]]
    """(Name, UIDVALIDITY, digest), in canonical order."""


def folders(conn: Connection, account_id: int) -> list[Row[Any]]:
    """The folders that the source has now, in canonical order."""
    mine = (folder.c.account_id == account_id, folder.c.gone.is_(False))
    found = conn.execute(select(folder).where(*mine)).all()
    return sorted(found, key=lambda row: (row.name.encode(), row.uidvalidity, row.raw))


def lines(conn: Connection, row: Row[Any]) -> Iterator[Line]:
    """The messages of one of the `folders`, read as they are asked for."""
    mine = and_(message.c.id == occurrence.c.message_id, message.c.undone.is_(None))
    query = (
        select(
            occurrence.c.uid,
            occurrence.c.state,
            occurrence.c.reason,
            message.c.size,
            message.c.sha256,
            message.c.gmail_id,
        )
        .outerjoin(message, mine)
        .where(occurrence.c.folder_id == row.id, occurrence.c.gone.is_(False))
        .order_by(occurrence.c.uid)
    )
    for uid, state, *rest in conn.execute(query.execution_options(yield_per=1_000)):
        named = "pending" if state == "intended" else state
        yield Line(row.name, row.uidvalidity, uid, named, *rest)


def digest(conn: Connection, account_id: int, write: Callable[[bytes], object]) -> Hashes:
    """Of all messages of the account; `write` gets each as a line of the file of messages."""
    whole, found = Digest(), []
    for row in folders(conn, account_id):
        part = Digest()
        for line in lines(conn, row):
            hashed = line.hashed()
            part.add(*hashed)
            whole.add(*hashed)
            write(line.to_json())
        found.append((row.name, int(row.uidvalidity), part))
    return Hashes(whole, found)
