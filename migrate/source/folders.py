"""From what LIST and NAMESPACE say to `Folder`s. Pure."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace
from typing import Literal

from imapclient.imap_utf7 import encode

from migrate.source import Folder
from migrate.source.response import Response, Value

SPECIAL_USES = {"\\all", "\\archive", "\\drafts", "\\flagged", "\\junk", "\\sent", "\\trash"}
"""RFC 6154 section 2."""
_XLIST = {"\\allmail": "\\all", "\\spam": "\\junk", "\\starred": "\\flagged"}
"""What servers before RFC 6154 called them."""

Kind = Literal["personal", "users", "shared"]
"""RFC 2342: the user's own folders, those of other users, those of everybody."""
_KINDS: tuple[Kind, ...] = ("personal", "users", "shared")
PERSONAL = frozenset[Kind](("personal",))

_ACTING = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)
_SHIFTED = re.compile(r"&([A-Za-z0-9+,]*)-")


@dataclass(frozen=True, slots=True)
class Row:
    """One LIST response."""

    raw: bytes
    delimiter: bytes
    """Empty for NIL: a flat name."""
    attributes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Namespace:
    prefix: bytes
    kind: Kind

    @property
    def personal(self) -> bool:
        return self.kind == "personal"


def row(response: Response) -> Row | None:
    """A LIST or XLIST response as a row, None for any other (RFC 9051 7.3.1)."""
    match response.values():
        case [bytes(word), list(attributes), delimiter, bytes(raw), *_] if word.upper() in (
            b"LIST",
            b"XLIST",
        ):
            names = (
                a.decode("ascii", "replace").lower() for a in attributes if isinstance(a, bytes)
            )
            return Row(
                inbox(raw),
                delimiter if isinstance(delimiter, bytes) else b"",
                frozenset(_XLIST.get(name, name) for name in names),
            )
    return None


def namespaces(response: Response) -> list[Namespace]:
    """A NAMESPACE response: personal, other users', shared (RFC 2342 5); [] for any other."""
    match response.values():
        case [bytes(word), *kinds] if word.upper() == b"NAMESPACE":
            return [
                Namespace(prefix, kind)
                for kind, entries in zip(_KINDS, kinds, strict=False)
                for prefix in _prefixes(entries)
            ]
    return []


def chosen_folders(
    rows: Iterable[Row], spaces: Sequence[Namespace], kinds: Set[Kind] = PERSONAL
) -> list[Folder]:
    """The folders of the namespaces of these kinds: INBOX first, parents before children.

    No two have the same name. The prefix of a personal namespace is left out of the path; that of
    another stays, so that nobody's `Work` meets the user's own. Without NAMESPACE all folders are
    personal, and the prefix is `INBOX` and the delimiter if all other folders are below it, as
    with Courier. What is below the INBOX is personal too where the server names other namespaces
    only, as Cyrus may.
    """
    merged: dict[bytes, Row] = {}
    for each in rows:
        seen = merged.setdefault(each.raw, each)
        merged[each.raw] = replace(seen, attributes=seen.attributes | each.attributes)
    found = list(merged.values())
    if not any(space.personal for space in spaces):
        below = {b"INBOX" + each.delimiter for each in found if each.delimiter}
        others = [each.raw for each in found if each.raw != b"INBOX"]
        prefix = below.pop() if len(below) == 1 else b""
        mine = [raw for raw in others if prefix and raw.startswith(prefix)]
        if mine and (spaces or mine == others):
            spaces = [*spaces, Namespace(prefix, "personal")]
    folders = [
        _folder(each, space.prefix if space.personal else b"")
        for each in found
        if (space := _home(each, spaces)).kind in kinds
    ]
    return sorted(_distinct(folders), key=lambda folder: (folder.raw != b"INBOX", folder.path))


def decode(raw: bytes) -> str:
    """`raw` decoded from modified UTF-7 (RFC 3501 5.1.3) or, against the rule, UTF-8.

    Nothing is lost silently: a broken shift stays as it is, a byte that is no text and a character
    that acts on the text around it (control, line end, change of direction) become an escape such
    as `\\x1b`. Joiners and blanks of all kinds are part of a name, as of 👩‍💻.
    """
    text = raw.decode("utf-8", "backslashreplace")
    if raw.isascii():
        text = _SHIFTED.sub(_unshift, text)
    return _ACTING.sub(lambda found: ascii(found[0])[1:-1], text)


def _unshift(match: re.Match[str]) -> str:
    if not match[1]:
        return "&"
    try:
        coded = match[1].replace(",", "/")
        return binascii.a2b_base64(coded + "=" * (-len(coded) % 4)).decode("utf-16-be")
    except ValueError:
        return match[0]


def inbox(raw: bytes) -> bytes:
    """INBOX is the same folder in any case (RFC 9051 5.1)."""
    return b"INBOX" if raw.upper() == b"INBOX" else raw


def _prefixes(kind: Value) -> list[bytes]:
    entries = kind if isinstance(kind, list) else []
    return [e[0] for e in entries if isinstance(e, list) and e and isinstance(e[0], bytes)]


def _home(each: Row, spaces: Sequence[Namespace]) -> Namespace:
    """The namespace of a folder: that with the longest prefix; INBOX is always personal."""
    nowhere = Namespace(b"", "personal")
    if each.raw == b"INBOX":
        return nowhere
    fitting = (
        space
        for space in spaces
        if each.raw.startswith(space.prefix)
        or (each.delimiter and each.raw + each.delimiter == space.prefix)
    )
    return max(fitting, key=lambda space: len(space.prefix), default=nowhere)


def _folder(each: Row, prefix: bytes) -> Folder:
    def split(raw: bytes) -> list[str]:
        parts = raw.removesuffix(each.delimiter).split(each.delimiter) if each.delimiter else [raw]
        names = [decode(part) for part in parts]
        return ["INBOX", *names[1:]] if names[0].upper() == "INBOX" else names

    path = full = split(each.raw)
    if each.raw.startswith(prefix) and each.raw != prefix:
        path = split(each.raw[len(prefix) :])
    if path[0] == "INBOX" and each.raw != b"INBOX":
        path = full  # a folder INBOX.INBOX is not the INBOX
    return Folder(
        each.raw, each.delimiter.decode("latin-1").join(full), tuple(path), each.attributes
    )


def _distinct(folders: Iterable[Folder]) -> list[Folder]:
    """Two wire names that decode to the same get the odd one's wire name added."""
    taken: set[str] = set()
    result = []
    for folder in sorted(folders, key=lambda f: (encode(f.name) != f.raw, f.raw)):
        suffix = ""
        while folder.name + suffix in taken:
            suffix += f" [{ascii(folder.raw)[2:-1]}]"
        taken.add(folder.name + suffix)
        path = (*folder.path[:-1], folder.path[-1] + suffix)
        result.append(replace(folder, name=folder.name + suffix, path=path))
    return result
