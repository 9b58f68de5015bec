"""A server with folders that holds what Dovecot never serves, and answers as others have been seen
to: NUL and bare line ends, sizes that lie, dates that are none, bodies that it keeps to itself.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from ..scripted_imap import OK, ScriptedImap, _covers, literal

_FIELDS = re.compile(rb"BODY\.PEEK(\[HEADER\.FIELDS \(([^)]*)\)\])", re.IGNORECASE)
_HEADER_END = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True, slots=True)
class Odd:
    """One message as this server tells of it."""

    raw: bytes
    flags: bytes = b"\\Seen"
    date: bytes = b'"04-Mar-2020 05:06:07 +0000"'
    """As it stands on the wire, quotes included."""
    size: int | None = None
    """RFC822.SIZE, if it is a lie."""
    body: str = "whole"
    """`whole`; `nil`, `empty` or `refused` (a NO): BODY[] is, and its parts are not; `nothing`: all
    of them are NIL; `broken`: all of them are refused."""
    silent: bool = False
    """Listed as a UID and in no answer to anything else."""


@dataclass(frozen=True, slots=True)
class Box:
    """A folder: UID → message. `row` is its LIST response after the word LIST."""

    row: bytes
    mail: Mapping[int, Odd]
    uidvalidity: int = 7
    refused: bool = False


class OddServer(ScriptedImap):
    """`boxes` by wire name; a `broken` row is sent in LIST as it stands."""

    def __init__(self, boxes: Mapping[bytes, Box], broken: bytes = b"") -> None:
        self.boxes = dict(boxes)
        self.broken = broken
        self._session = threading.local()
        super().__init__(None, implicit_tls=False)

    def _answer(self, command: bytes) -> bytes:
        word = command.partition(b" ")[0].upper()
        if word == b"LIST":
            rows = b"".join(b"* LIST %s\r\n" % box.row for box in self.boxes.values())
            return rows + self.broken + OK
        if word == b"EXAMINE":
            return self._examine(_argument(command))
        if command.upper().startswith(b"UID SEARCH"):
            uids = b" ".join(b"%d" % uid for uid in self._mail)
            return b"* SEARCH %s\r\n" % uids + OK
        return super()._answer(command)

    @property
    def _mail(self) -> Mapping[int, Odd]:
        found: Mapping[int, Odd] = self._session.box.mail
        return found

    def _examine(self, name: bytes) -> bytes:
        box = self.boxes.get(name)
        if box is None or box.refused:
            return b"TAG NO [SERVERBUG] this folder is broken\r\n"
        self._session.box = box
        count, validity = len(box.mail), box.uidvalidity
        return b"* %d EXISTS\r\n* OK [UIDVALIDITY %d] valid\r\n" % (count, validity) + OK

    def _fetched(self, command: bytes) -> bytes:
        uids, answer = command.split()[2], b""
        asked = command.split(b"(", 1)[1]
        for number, (uid, odd) in enumerate(self._mail.items(), 1):
            if not _covers(uids, uid) or (odd.silent and asked != b"UID)"):
                continue
            refused = {"refused": b"BODY.PEEK[]", "broken": b"BODY.PEEK["}.get(odd.body)
            if refused and refused in asked.replace(b"BODY.PEEK[HEADER.FIELDS", b""):
                return answer + b"TAG NO [SERVERBUG] message is broken\r\n"
            items = [b"UID %d" % uid, *_items(odd, asked)]
            answer += b"* %d FETCH (%s)\r\n" % (number, b" ".join(items))
        return answer + OK


def _items(odd: Odd, asked: bytes) -> list[bytes]:
    items = []
    if b"FLAGS" in asked:
        items.append(b"FLAGS (%s)" % odd.flags)
    if b"INTERNALDATE" in asked:
        items.append(b"INTERNALDATE " + odd.date)
    if b"RFC822.SIZE" in asked:
        items.append(b"RFC822.SIZE %d" % (len(odd.raw) if odd.size is None else odd.size))
    if fields := _FIELDS.search(asked):
        items.append(b"BODY" + fields[1] + b" " + literal(_chosen(odd.raw, fields[2])))
    if b"BODYSTRUCTURE" in asked:
        items.append(b"BODYSTRUCTURE NIL")
    end = _HEADER_END.search(odd.raw)
    cut = end.end() if end else len(odd.raw)
    for section, data in {b"": odd.raw, b"HEADER": odd.raw[:cut], b"TEXT": odd.raw[cut:]}.items():
        if b"BODY.PEEK[%s]" % section in asked:
            items.append(b"BODY[%s] " % section + _served(odd, section, data))
    return items


def _served(odd: Odd, section: bytes, data: bytes) -> bytes:
    if odd.body == "nothing" or (odd.body == "nil" and not section):
        return b"NIL"
    return b'""' if odd.body == "empty" and not section else literal(data)


def _chosen(raw: bytes, names: bytes) -> bytes:
    end = _HEADER_END.search(raw)
    head = raw[: end.start()] if end else raw
    wanted = b"|".join(re.escape(name) for name in names.split())
    lines = re.findall(rb"(?im)^(?:%s):[^\n]*(?:\n[ \t][^\n]*)*\n?" % wanted, head)
    return b"".join(line if line.endswith(b"\n") else line + b"\r\n" for line in lines) + b"\r\n"


def _argument(command: bytes) -> bytes:
    """The name in EXAMINE: an atom, a quoted string or a literal."""
    rest = command.split(b" ", 1)[1]
    if found := re.match(rb"\{\d+\}\r\n(.*)", rest, re.DOTALL):
        return found[1]
    if found := re.match(rb'"((?:[^"\\]|\\.)*)"', rest):
        return re.sub(rb"\\(.)", rb"\1", found[1])
    return rest.split()[0]
