"""Folders and their messages: what a server has, and everything that can happen to it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from migrate.demo.mail import SampleMessage

_VALIDITIES = count(1_700_000_000)


@dataclass(slots=True)
class Message:
    raw: bytes
    flags: frozenset[str]
    when: datetime
    """INTERNALDATE."""


@dataclass(slots=True)
class Box:
    """One folder at one UIDVALIDITY."""

    name: str
    uidvalidity: int = field(default_factory=lambda: next(_VALIDITIES))
    uidnext: int = 1
    mail: dict[int, Message] = field(default_factory=dict)
    """By UID, ascending."""
    stale: bool = False
    """Made anew since, or deleted: whoever has it open is thrown out."""

    def put(self, raw: bytes, flags: frozenset[str], when: datetime) -> int:
        uid, self.uidnext = self.uidnext, self.uidnext + 1
        self.mail[uid] = Message(raw, flags, when)
        return uid

    def take(self, uid: int) -> Message:
        return self.mail.pop(uid)


class Store:
    """One account. Thread-safe; `size` is what a message is said to be long, given its length."""

    def __init__(
        self, messages: Iterable[SampleMessage] = (), folders: Collection[str] = ()
    ) -> None:
        self.boxes: dict[str, Box] = {"INBOX": Box("INBOX")}
        self.lock = threading.RLock()
        self.size: Callable[[int], int] = lambda length: length
        for name in folders:
            self._box(name)
        for each in messages:
            self.append(each.folder, each.raw, each.flags, each.internal_date)

    def append(self, folder: str, raw: bytes, flags: Collection[str], when: datetime) -> int:
        with self.lock:
            return self._box(folder).put(raw, frozenset(flags), when)

    def live(self) -> Iterator[tuple[str, Message]]:
        """(folder, message) of all that is there now."""
        with self.lock:
            found = [(box.name, each) for box in self.boxes.values() for each in box.mail.values()]
        yield from found

    def where(self, part: bytes, folder: str | None = None) -> list[tuple[str, int]]:
        """(folder, UID) of the messages that contain `part`."""
        with self.lock:
            return [
                (box.name, uid)
                for box in self.boxes.values()
                for uid, each in box.mail.items()
                if part in each.raw and folder in (None, box.name)
            ]

    def expunge(self, part: bytes, folder: str | None = None) -> None:
        """Delete every copy that contains `part`, or those in one folder."""
        with self.lock:
            for name, uid in self.where(part, folder):
                self.boxes[name].take(uid)

    def flag(self, part: bytes, flags: Collection[str]) -> None:
        """Give every copy that contains `part` exactly these flags."""
        with self.lock:
            for name, uid in self.where(part):
                self.boxes[name].mail[uid].flags = frozenset(flags)

    def copy(self, part: bytes, source: str, folder: str, *, move: bool = False) -> None:
        """Copy or move what contains `part` to another folder (RFC 9051 6.4.7, 6.4.8)."""
        with self.lock:
            for _, uid in self.where(part, source):
                box = self.boxes[source]
                each = box.take(uid) if move else box.mail[uid]
                self.append(folder, each.raw, each.flags, each.when)

    def rename(self, old: str, new: str) -> None:
        """Of the folder alone; it keeps its UIDVALIDITY and UIDs (RFC 9051 6.3.6)."""
        with self.lock:
            if old in self.boxes and new not in self.boxes:
                self.boxes[new] = self.boxes.pop(old)
                self.boxes[new].name = new

    def revalidate(self, name: str) -> None:
        """Make the folder anew with the same messages, as after a restore: other UIDs under
        another UIDVALIDITY (RFC 9051 2.3.1.1)."""
        with self.lock:
            if name in self.boxes:
                old, new = self.boxes[name], Box(name)
                old.stale = True
                self.boxes[name] = new
                # A gap in front, so that an old UID means another message now.
                new.uidnext = 2
                for each in old.mail.values():
                    new.put(each.raw, each.flags, each.when)

    def _box(self, name: str) -> Box:
        return self.boxes.setdefault(name, Box(name))
