"""The conversations of a label, newest first, a page at a time.

A conversation stands where the newest of its messages with the label stands. A page is found by
walking the index of the label from a position; what is read grows with the page, not the mailbox.
`ORDER BY +date` keeps SQLite from walking a whole mailbox by date for one conversation's messages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from migrate.sandbox.mailbox.store import Row, Store
from migrate.sandbox.page.labels import ALL, HIDDEN
from migrate.sandbox.page.message import beginning
from migrate.sandbox.page.reading import Glance, Person, glance

SIZE = 50
KNOWN = 100
"""Messages of one conversation that its labels are gathered from."""
NOT_HIDDEN = "".join(f" AND instr(m.labels, ' {each} ') = 0" for each in sorted(HIDDEN))


class Spot(NamedTuple):
    """A position in a list: between the messages before and after it."""

    date: int
    id: int

    def __str__(self) -> str:
        return f"{self.date}.{self.id:x}"

    @classmethod
    def parse(cls, text: str) -> Spot | None:
        date, _, message = text.partition(".")
        try:
            spot = cls(int(date), int(message, 16))
        except ValueError:
            return None
        return spot if all(abs(each) < 2**63 for each in spot) else None


@dataclass(frozen=True, slots=True)
class Conversation:
    thread: str
    date: int
    count: int
    unread: bool
    starred: bool
    clip: bool
    labels: frozenset[str]
    subject: str
    snippet: str
    people: list[tuple[Person, bool]]
    """Who wrote the first and the last two, or in Sent and Drafts who gets them; whether one of
    these is unread."""


class Listed(NamedTuple):
    conversations: list[Conversation]
    newer: Spot | None
    """Where the page before begins."""
    older: Spot | None


@dataclass(frozen=True, slots=True)
class Listing:
    """One label of one mailbox."""

    store: Store
    mailbox: int
    label: str

    def page(self, older: Spot | None, newer: Spot | None) -> Listed:
        """The page older than a position, or newer than one; the first without any."""
        spots = list(self._spots(older, newer))
        more, spots = len(spots) > SIZE, spots[:SIZE]
        if newer and not more:
            return self.page(None, None)
        if newer:
            spots.reverse()
        return Listed(
            [self._conversation(spot, thread) for spot, thread in spots],
            spots[0][0] if spots and (newer or older) else None,
            spots[-1][0] if spots and (newer or more) else None,
        )

    def _spots(self, older: Spot | None, newer: Spot | None) -> Iterator[tuple[Spot, int]]:
        """Where conversations stand, from the position on, and a thread each; SIZE and one more."""
        newest: dict[int, int | None] = {}
        found = 0
        for row in self._walk(older, newer):
            thread = row["thread"]
            if thread not in newest:
                newest[thread] = self._newest(thread)
            if newest[thread] == row["id"]:
                found += 1
                yield Spot(row["date"], row["id"]), thread
            if found > SIZE:
                return

    def _walk(self, older: Spot | None, newer: Spot | None) -> Iterator[Row]:
        """Messages from the position on, by date."""
        values: list[int | str] = [self.mailbox]
        date, id_, source = "m.date", "m.id", "messages m"
        where = "m.mailbox = ? AND NOT m.deleted"
        if self.label != ALL:
            date, id_ = "l.date", "l.message"
            source = "labelled l CROSS JOIN messages m ON m.id = l.message"
            where = "l.mailbox = ? AND l.label = ?"
            values.append(self.label)
        if spot := newer or older:
            where += f" AND ({date}, {id_}) {'>' if newer else '<'} (?, ?)"
            values += spot
        way = "ASC" if newer else "DESC"
        yield from self.store.db.execute(
            f"SELECT {date} AS date, {id_} AS id, m.thread FROM {source} "  # noqa: S608
            f"WHERE {where}{self._hidden} ORDER BY {date} {way}, {id_} {way}",
            values,
        )

    def _newest(self, thread: int) -> int | None:
        """The message by which a conversation is listed."""
        own = "" if self.label == ALL else f" {self.label} "
        row = self.store.db.execute(
            "SELECT m.id FROM messages m "  # noqa: S608
            f"WHERE m.mailbox = ? AND m.thread = ? AND NOT m.deleted{self._hidden} "
            "AND instr(m.labels, ?) > 0 ORDER BY +m.date DESC, m.id DESC LIMIT 1",
            (self.mailbox, thread, own),
        ).fetchone()
        return int(row[0]) if row else None

    @property
    def _hidden(self) -> str:
        return "" if self.label in HIDDEN else NOT_HIDDEN

    def _conversation(self, spot: Spot, thread: int) -> Conversation:
        rows = self.store.db.execute(
            "SELECT m.id, m.labels, m.subject, count(*) OVER () AS count FROM messages m "  # noqa: S608
            f"WHERE m.mailbox = ? AND m.thread = ? AND NOT m.deleted{self._hidden} "
            "ORDER BY +m.date DESC, m.id DESC LIMIT ?",
            (self.mailbox, thread, KNOWN),
        ).fetchall()
        labels = frozenset(each for row in rows for each in row["labels"].split())
        looked_at = [*rows[-1:], *reversed(rows[:-1][:2])]
        glances = {row["id"]: glance(beginning(self.store, row["id"])) for row in looked_at}
        first, last = glances[looked_at[0]["id"]], glances[looked_at[-1]["id"]]
        return Conversation(
            thread=f"{thread:016x}",
            date=spot.date,
            count=rows[0]["count"],
            unread="UNREAD" in labels,
            starred="STARRED" in labels,
            clip=any(each.clip for each in glances.values()),
            labels=labels,
            subject=first.subject or rows[0]["subject"],
            snippet=last.snippet,
            people=_people(looked_at, glances, self._who),
        )

    @property
    def _who(self) -> Callable[[Glance], list[Person]]:
        if self.label in ("SENT", "DRAFT"):
            return lambda seen: seen.recipients[:2]
        return lambda seen: seen.senders[:1]


def _people(
    rows: list[Row], glances: dict[int, Glance], who: Callable[[Glance], list[Person]]
) -> list[tuple[Person, bool]]:
    """Each once, in order, by address."""
    found: dict[str, tuple[Person, bool]] = {}
    for row in rows:
        unread = " UNREAD " in row["labels"]
        for person in who(glances[row["id"]]):
            key = (person.address or person.name).lower()
            known = found.get(key)
            found[key] = (known[0], known[1] or unread) if known else (person, unread)
    return list(found.values())
