"""The list of folders (RFC 9051 6.3.9), also of servers that break off at a name they choke on."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from migrate.errors import SourceError, SourceLost
from migrate.source import FolderState
from migrate.source.folders import Row, decode, row
from migrate.source.states import state
from migrate.source.wire import Interrupted, Refused, Wire, astring, readable

_LOSSES = 10  # connections that a list may cost
_LEVELS = 100
_FIRST = [bytes([byte]) for byte in range(0x21, 0x7F) if byte not in b"%*"]
_CHILDLESS = {"\\hasnochildren", "\\noinferiors"}


class Lister:
    """Lists on a connection that it renews when the server cuts it."""

    def __init__(self, wire: Wire, reconnect: Callable[[], Wire], also: bytes = b"") -> None:
        """`also`: what LIST is to return besides, as `STATUS (…)` (RFC 5819), while the server
        takes it."""
        self._wire = wire
        self._reconnect = reconnect
        self._also = also
        self._losses = 0
        self.unlisted: list[str] = []
        """What could not be had, for people."""
        self.error: SourceError | None = None
        """Why the last list broke off."""
        self.states: dict[bytes, FolderState] = {}
        """Wire name → what the server told in passing."""

    @property
    def plain(self) -> bool:
        """The lists are those of a LIST that was not asked for anything else."""
        return not self._also

    def tree(self, prefix: bytes) -> list[Row]:
        """All folders whose name begins with `prefix`."""
        rows, whole = self._ask(prefix + b"*")
        if not whole and self._also:
            self._also, self.error = b"", None
            more, whole = self._ask(prefix + b"*")
            rows += more
        return rows if whole else self._by_level(prefix, rows)

    def _by_level(self, prefix: bytes, rows: Sequence[Row]) -> list[Row]:
        """Each parent by itself, so that a bad name costs its neighbours at most."""
        found = {each.raw: each for each in rows}
        asked = set[bytes]()
        level = {prefix}
        for _ in range(_LEVELS):
            for parent in sorted(level - asked):
                found |= {each.raw: each for each in self._level(parent)}
            asked |= level
            level = {parent for each in found.values() if (parent := _below(each))} - asked
            if not level:
                break
        return list(found.values())

    def _level(self, parent: bytes) -> list[Row]:
        """The children of one parent; by their first letter if the list breaks off here."""
        rows, whole = self._ask(parent + b"%")
        if whole:
            return rows
        broken = []
        for letter in _FIRST:
            some, whole = self._ask(parent + letter + b"%")
            rows += some
            if not whole:
                broken.append(parent + letter)
            if self._losses == _LOSSES:
                broken = [parent]
                break
        self.unlisted += [f"{decode(each)}…" for each in broken or [parent]]
        return rows

    def _ask(self, pattern: bytes) -> tuple[list[Row], bool]:
        """What came, and whether it is all."""
        rows: list[Row] = []
        options = (b"RETURN", b"(" + self._also + b")") if self._also else ()
        self._wire.ready()
        lost_before = self._wire.closed
        try:
            for response in self._wire.ask(b"LIST", b'""', astring(pattern), *options):
                found = row(response)
                if found and not _torn(response.text):
                    rows.append(found)
                elif told := state(response):
                    self.states[told[0]] = told[1]
                elif response.status == b"LIST" and readable(response.text) not in self.unlisted:
                    self.unlisted.append(readable(response.text))
        except Refused as refused:
            self.error = refused
            return rows, False
        except Interrupted:
            raise
        except SourceLost as lost:
            if lost_before or self._losses == _LOSSES:
                raise
            self.error = lost
            self._losses += 1
            self._wire = self._reconnect()
            return rows, False
        return rows, True


def _below(each: Row) -> bytes:
    """The prefix of its children; empty if there are none."""
    if not each.delimiter or each.attributes & _CHILDLESS:
        return b""
    return each.raw.removesuffix(each.delimiter) + each.delimiter


def _torn(text: bytes) -> bool:
    """Whether a quoted string is cut off: by a line break in a name that is sent as it is."""
    return re.sub(rb"\\.", b"", text, flags=re.DOTALL).count(b'"') % 2 == 1
