"""The labels of a mailbox as the side of the page shows them."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

ALL = "ALL"
"""All mail: no label, but a place to look at."""
SYSTEM = (
    *("INBOX", "STARRED", "IMPORTANT", "SENT", "DRAFT"),
    *("CATEGORY_PERSONAL", "CATEGORY_SOCIAL", "CATEGORY_UPDATES", "CATEGORY_FORUMS"),
    *("CATEGORY_PROMOTIONS", "CHAT", ALL, "SPAM", "TRASH"),
)
"""In Gmail's order."""
ALWAYS = frozenset({"INBOX", "STARRED", "IMPORTANT", "SENT", "DRAFT", ALL, "SPAM", "TRASH"})
CHIPS = frozenset({"INBOX", "DRAFT", "SPAM", "TRASH"})
LEVELS = 8
HIDDEN = frozenset({"SPAM", "TRASH"})
"""What no other label shows."""


class Entry(NamedTuple):
    """A line of the tree."""

    id: str | None
    """None: only a level above labels, no label itself."""
    name: str
    """The last level; of a system label its id."""
    full: str
    depth: int
    unread: int


@dataclass(frozen=True, slots=True)
class Labels:
    system: list[Entry]
    user: list[Entry]
    names: dict[str, str]
    """Of user labels, by id."""

    def __contains__(self, label: object) -> bool:
        return label in SYSTEM or label in self.names

    def chips(self, carried: Collection[str], but: str | None) -> list[str]:
        """Which of a conversation's labels a list shows: where it is, and what its owner gave."""
        system = [each for each in SYSTEM if each in CHIPS and each in carried]
        user = sorted((each for each in carried if each in self.names), key=self.names.__getitem__)
        return [each for each in (*system, *user) if each != but]


def read(db: sqlite3.Connection, mailbox: int) -> Labels:
    rows = db.execute("SELECT id, name FROM labels WHERE mailbox = ?", (mailbox,)).fetchall()
    names = {row["id"]: row["name"] for row in rows}
    unread = _unread(db, mailbox)
    system = [
        Entry(each, each, each, 0, unread[each])
        for each in SYSTEM
        if each in ALWAYS or used(db, mailbox, each)
    ]
    return Labels(system, tree(names, unread), names)


def tree(names: dict[str, str], unread: Counter[str]) -> list[Entry]:
    """The labels by name, each under those that its name begins with, also where they are none."""
    ids = {levels(name): label for label, name in names.items()}
    nodes = {path[:depth] for path in ids for depth in range(1, len(path) + 1)}
    ordered = sorted(nodes, key=lambda path: ([each.casefold() for each in path], path))
    return [
        Entry(label, path[-1], "/".join(path), len(path) - 1, unread[label] if label else 0)
        for path in ordered
        for label in [ids.get(path)]
    ]


def levels(name: str) -> tuple[str, ...]:
    """The levels of a name; one, if any would be empty. The last of LEVELS takes what is left."""
    found = tuple(name.split("/", LEVELS - 1))
    return found if all(each.strip() for each in found) else (name,)


def _unread(db: sqlite3.Connection, mailbox: int) -> Counter[str]:
    """Unread messages by label; those in Spam and Trash count only there."""
    counts: Counter[str] = Counter()
    for packed, count in db.execute(
        "SELECT m.labels, count(*) FROM labelled u JOIN messages m ON m.id = u.message "
        "WHERE u.mailbox = ? AND u.label = 'UNREAD' GROUP BY m.labels",
        (mailbox,),
    ):
        labels = set(packed.split())
        for label in labels & HIDDEN or labels | {ALL}:
            counts[label] += count
    return counts


def used(db: sqlite3.Connection, mailbox: int, label: str) -> bool:
    """Whether any message has the label."""
    query = "SELECT 1 FROM labelled WHERE mailbox = ? AND label = ? LIMIT 1"
    return db.execute(query, (mailbox, label)).fetchone() is not None
