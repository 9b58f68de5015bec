"""Message-ID, References and In-Reply-To (RFC 5322 3.6.4, leniently) and the conversation.

Ids are text with their brackets, one character a byte (latin-1), so that any byte survives and any
database takes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, islice

from migrate.message.header import Header

# Not longer than a line may be (RFC 5322 2.1.1): ids are indexed, and indexes have limits.
_ID = rb"<[^\x00-\x20\x7f<>]{1,996}>"
_BLANK = rb"(?:\([^()]*+\)|[ \t\r\n]++)*+"
_ALONE = re.compile(_BLANK + rb"(" + _ID + rb")" + _BLANK)
_ANY = re.compile(_ID)
_NEAREST = 20
_BARE = re.compile(rb"[^\x00-\x20\x7f<>()\",@]+@[^\x00-\x20\x7f<>()\",@]+")


def usable(value: bytes) -> str | None:
    """The id, when the value of a Message-ID field is exactly one (comments are allowed)."""
    alone = _ALONE.fullmatch(value)
    return alone[1].decode("latin-1") if alone else None


def bracketed(value: bytes) -> str | None:
    """The id of a value that only lacks its angle brackets, a common bug of old mailers."""
    return usable(b"<" + value + b">") if _BARE.fullmatch(value) else None


def message_id(header: Header) -> str | None:
    """The id of a header with exactly one usable Message-ID field, else None."""
    values = header.get("Message-ID")
    return usable(values[0]) if len(values) == 1 else None


def references(header: Header) -> tuple[str, ...]:
    """The ids in References, oldest first; what stands between them does not matter."""
    return tuple(_ids(header, "References"))


def depth(header: Header) -> int:
    """How many messages this one refers to: more than any that it answers, where its mailer keeps
    to RFC 5322 3.6.4."""
    return len(set(references(header))) or (next(_ids(header, "In-Reply-To"), None) is not None)


def answered(header: Header) -> tuple[str, ...]:
    """The ids of what this one answers, the nearest first; not more than are worth a look."""
    known = (*_ids(header, "In-Reply-To"), *reversed(references(header)))
    return tuple(islice(dict.fromkeys(known), _NEAREST))


def conversation(header: Header) -> str | None:
    """The id of the oldest message this one knows of: messages that share it belong together."""
    known = chain(_ids(header, "References"), _ids(header, "In-Reply-To"))
    return next(known, None) or message_id(header)


def _ids(header: Header, name: str) -> Iterator[str]:
    if values := header.get(name):
        for found in _ANY.finditer(b" ".join(values)):
            yield found[0].decode("latin-1")
