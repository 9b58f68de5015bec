"""One stored message for the conversation page."""

from __future__ import annotations

from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from typing import NamedTuple

from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.mailbox import mime
from migrate.sandbox.mailbox.arrival import prepended
from migrate.sandbox.mailbox.headers import decode_words, header_block
from migrate.sandbox.mailbox.store import Row, Store
from migrate.sandbox.page.reading import Person, Piece, people, pieces, subject, values
from migrate.sandbox.page.words import safe_name

BEGINNING = 64 * 1024
"""How many bytes of a message a list reads."""
MAX_TEXT = 200 * 1024
"""Bytes of text, as they came, that are shown of a message."""
MAX_HEADER = 64 * 1024
MAX_PEOPLE = 50
ORIGINAL = "x-mailhaul-original-"
"""What mailhaul puts before the name of a field that it replaced."""


class Text(NamedTuple):
    """A text of the message: plain, or HTML for a frame of its own."""

    number: int
    html: bool
    text: str
    """Empty when it goes into a frame."""
    height: int
    """CSS pixels that a frame for it should have: a page without script can't ask."""
    inside: str | None
    """The subject of the attached message that it belongs to."""


class Attachment(NamedTuple):
    number: int
    name: str
    kind: str
    size: int


class Repair(NamedTuple):
    """A header field that was replaced: what stood there, what stands there now."""

    field: str
    before: list[str]
    after: list[str]


@dataclass(frozen=True, slots=True)
class Shown:
    id: str
    date: int
    size: int
    labels: tuple[str, ...]
    lacking: bool
    """Its bytes aren't there: it was stored with --discard."""
    subject: str
    sender: list[Person]
    fields: list[tuple[str, list[Person], int]]
    """Of `to`, `cc` and `bcc`: who, and how many more."""
    texts: list[Text]
    alternatives: bool
    """The texts say the same: HTML and plain."""
    cut: bool
    attachments: list[Attachment]
    repairs: list[Repair]
    header: str


def content(store: Store, message: int) -> bytes | None:
    """The uploaded bytes; None when they weren't kept."""
    try:
        return store.content(message)
    except (OSError, ApiError):
        return None


def beginning(store: Store, message: int) -> bytes:
    """The first of the uploaded bytes; none when they weren't kept."""
    try:
        with store.blob(message).open("rb") as file:
            return file.read(BEGINNING)
    except OSError:
        return b""


def show(store: Store, row: Row, owner: str) -> Shown:
    data = content(store, row["id"])
    before = prepended(row, owner)
    found = list(pieces(data or b""))
    head = found[0].head if found else Message()
    texts, cut = _texts(found)
    recipients = [(name, people(values(head, name))) for name in ("to", "cc", "bcc")]
    block = before + header_block(data or b"")
    return Shown(
        id=f"{row['id']:016x}",
        date=row["date"],
        size=row["size"],
        labels=tuple(row["labels"].split()),
        lacking=data is None,
        subject=subject(head),
        sender=people(values(head, "from")),
        fields=[
            (name, who[:MAX_PEOPLE], max(0, len(who) - MAX_PEOPLE))
            for name, who in recipients
            if who
        ],
        texts=texts,
        alternatives=any(each.kind == "multipart/alternative" for each in found)
        and any(each.html for each in texts),
        cut=cut,
        attachments=[attachment(each) for each in found if each.attached],
        repairs=repairs(message_from_bytes(block + b"\r\n\r\n")),
        header=block[:MAX_HEADER].decode("utf-8", "replace").strip(),
    )


def attachment(piece: Piece) -> Attachment:
    name = safe_name(piece.name, f"attachment-{piece.number}")
    return Attachment(piece.number, name, piece.kind, piece.size)


def repairs(head: Message) -> list[Repair]:
    """What `X-Mailhaul-Original-…` fields say: they come after the ones that replaced them."""
    found: dict[str, Repair] = {}
    for name, value in head.raw_items():
        if name.lower().startswith(ORIGINAL) and (field := name[len(ORIGINAL) :]):
            after = [decode_words(each) for each in values(head, field.lower())]
            repair = found.setdefault(field.lower(), Repair(field, [], after))
            repair.before.append(decode_words(mime.text(value)))
    return list(found.values())


def _texts(found: list[Piece]) -> tuple[list[Text], bool]:
    """The texts in order, and whether there was more than is shown."""
    texts: list[Text] = []
    left, cut, inside, entering = MAX_TEXT, False, None, False
    for each in found:
        if entering:
            inside = subject(each.head)
        entering = each.kind.startswith("message/") and each.container
        if each.container or each.attached or not each.body:
            continue
        if left <= 0:
            return texts, True
        text, html = each.text(left), each.kind == "text/html"
        cut = cut or len(each.body) > left
        left -= len(each.body)
        texts.append(Text(each.number, html, "" if html else text, _height(text), inside))
    return texts, cut


def _height(html: str) -> int:
    lines = len(html) // 90 + html.lower().count("<br") + html.lower().count("<p")
    return max(160, min(640, 60 + 24 * lines))
