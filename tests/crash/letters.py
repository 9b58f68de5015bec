"""The source of the crash suite: every case in which a copy can go wrong, and what it must become.

What is expected is written down where a message is made; nothing here asks the product.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from migrate.demo.mail import SampleMessage

OWNER = "owner@example.jp"
_LABELS = {"INBOX": "INBOX", "Sent": "SENT", "Drafts": "DRAFT", "Junk": "SPAM"}
_START = datetime(2024, 5, 6, 9, 0, tzinfo=UTC)

Place = tuple[str, frozenset[str]]
"""Folder and flags of one copy."""


@dataclass(frozen=True, slots=True)
class Letter:
    """Distinct bytes at the source, all their copies, and the end they must come to."""

    token: str
    """A line of the body that no other message has."""
    raw: bytes
    when: datetime
    """INTERNALDATE of every copy, and the date that Gmail must show."""
    places: tuple[Place, ...]
    end: str = "imported"
    """`imported`, `present`, `quarantined` or `skipped`."""
    repaired: bool = False

    @property
    def draft(self) -> bool:
        """Whether it must become a real draft, one that can be written on."""
        return {folder for folder, _ in self.places} == {"Drafts"}

    def labels(self, first: Collection[str] | None = None) -> frozenset[str]:
        """Names of the labels in Gmail. With `first`, only copies in these folders decide about
        everything but user labels: the others came in a later run."""
        early = [each for each in self.places if first is None or each[0] in first] or self.places
        folders = {_LABELS.get(folder, folder) for folder, _ in early}
        if folders == {"DRAFT"}:
            return frozenset(folders)
        folders -= {"DRAFT"}
        if folders != {"SPAM"}:
            folders -= {"SPAM"}
        if not any("\\Seen" in flags for _, flags in early):
            folders.add("UNREAD")
        if any("\\Flagged" in flags for _, flags in early):
            folders.add("STARRED")
        return frozenset(folders | {folder for folder, _ in self.places if folder not in _LABELS})


def letters() -> list[Letter]:
    """All letters, in the order of their dates."""
    return [*_ordinary(), *_copies(), *_drafts(), *_odd()]


def mended(found: Collection[Letter]) -> list[Letter]:
    """What they are to become where a From that Gmail refuses is mended."""
    return [
        replace(each, end="imported", repaired=True) if each.end == "quarantined" else each
        for each in found
    ]


def occurrences(found: Collection[Letter]) -> list[SampleMessage]:
    """One for every copy, as the embedded IMAP server takes them."""
    return [
        SampleMessage(folder, each.raw, flags, each.when)
        for each in found
        for folder, flags in each.places
    ]


def _place(folder: str, *flags: str) -> Place:
    return folder, frozenset(flags)


def _raw(token: str, when: datetime, text: str = "", **other: str | None) -> bytes:
    """A message; `other` replaces header fields (`_` for `-`), None leaves one out."""
    fields: Mapping[str, str | None] = {
        "From": f"{token} <{token}@example.com>",
        "To": OWNER,
        "Subject": f"Letter {token}",
        "Date": format_datetime(when),
        "Message_ID": f"<{token}@example.com>",
    } | other
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in fields.items() if value]
    return "\r\n".join([*lines, "", f"token {token}", text, ""]).encode()


def _ordinary() -> Iterator[Letter]:
    seen = (("\\Seen",), (), ("\\Seen", "\\Flagged"))
    folders = ["INBOX"] * 12 + ["Papers/2024"] * 5 + ["Sent"] * 3 + ["Junk", "Junk", "Drafts"]
    for number, folder in enumerate(folders):
        token, when = f"plain{number}", _START + timedelta(hours=number)
        thread = {"References": f"<plain{number - 1}@example.com>"} if number % 3 == 1 else {}
        text = "x" * 70 + "\r\n"
        text *= 20_000 if number == 5 else number  # one is large enough to be spooled
        raw = _raw(token, when, text, **thread)
        yield Letter(token, raw, when, (_place(folder, *seen[number % 3]),))


def _copies() -> Iterator[Letter]:
    everywhere = (
        _place("INBOX"),
        _place("Papers/2024", "\\Flagged"),
        _place("顧客/見積もり", "\\Seen"),
    )
    for number, places in enumerate(
        [
            everywhere,
            everywhere[:2],
            everywhere[1:],
            (_place("INBOX"), _place("INBOX")),
            (_place("INBOX", "\\Seen"), _place("Junk")),
        ]
    ):
        token, when = f"copied{number}", _START + timedelta(days=3, hours=number)
        yield Letter(token, _raw(token, when), when, places)


def _drafts() -> Iterator[Letter]:
    """Versions of one draft share their Message-ID; one was never given an id."""
    drafts, shared = _place("Drafts", "\\Seen", "\\Draft"), "<draft@example.com>"
    for number, (places, ident) in enumerate(
        [
            ((drafts,), shared),
            ((drafts, drafts), shared),
            ((drafts,), None),
            ((drafts, _place("Papers/2024")), "<filed@example.com>"),
        ]
    ):
        token, when = f"draft{number}", _START + timedelta(days=5, hours=number)
        raw = _raw(token, when, Message_ID=ident)
        yield Letter(token, raw, when, places, repaired=ident is None)


def _odd() -> Iterator[Letter]:
    when = _START + timedelta(days=10)
    inbox, papers = _place("INBOX", "\\Seen"), _place("Papers/2024")
    for number, places in enumerate([(inbox,), (inbox, papers), (papers,)]):
        token = f"anonymous{number}"
        when += timedelta(hours=1)
        yield Letter(token, _raw(token, when, Message_ID=None), when, places, repaired=True)
    for number in range(5):  # a pair and a triple, of one Message-ID each
        token, shared = f"shared{number}", f"<shared{number % 2}@example.com>"
        when += timedelta(hours=1)
        places = (inbox, papers) if number == 2 else (inbox,)
        yield Letter(token, _raw(token, when, Message_ID=shared), when, places)
    for number, date in enumerate(["yesterday evening", None, "Fri, 13 Sep 2052 10:00:00 +0900"]):
        token = f"undated{number}"
        when += timedelta(hours=1)
        yield Letter(token, _raw(token, when, Date=date), when, (papers,), repaired=True)
    for number, places in enumerate([(inbox,), (inbox, papers), (papers,)]):
        token = f"refused{number}"
        when += timedelta(hours=1)
        raw = _raw(token, when, From="(unknown sender)" if number < 2 else None)
        yield Letter(token, raw, when, places, end="quarantined")
    when += timedelta(hours=1)
    deleted = (_place("INBOX", "\\Deleted"),)
    yield Letter("deleted", _raw("deleted", when), when, deleted, end="skipped")


def seeds() -> dict[str, tuple[bytes, list[str]]]:
    """Token → what is in Gmail before us: bytes and labels. One is a letter, byte for byte; one
    has the Message-ID of a letter and other bytes."""
    same = next(each for each in letters() if each.token == "plain3")
    other = _raw("stranger", _START, Message_ID="<plain13@example.com>")
    return {same.token: (same.raw, ["STARRED"]), "stranger": (other, ["INBOX"])}
