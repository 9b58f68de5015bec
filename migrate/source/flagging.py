"""The flags of a folder's messages: of all, or only what changed (RFC 9051 6.4.5, RFC 7162 3.1.4).

A million messages take 70 MB, and 130 MB while the table grows: equal flags are one object.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from migrate.source import Flags
from migrate.source.response import Response, number
from migrate.source.scanning import flags
from migrate.source.trouble import Place
from migrate.source.uidset import uid_ranges, uid_set
from migrate.source.wire import Refused, Wire

FORMS = (b" VANISHED", b"")
"""What CHANGEDSINCE may be asked with (RFC 7162 3.2.6); the first needs QRESYNC."""

_ALL = b"1:*"
_ALL_OF_THEM = [0]  # in place of a UID, for `Place`
_CHUNK = 500
_MOST_VANISHED = 100_000

# A shortcut: nearly all answers look like this.
_USUAL = re.compile(
    rb"\d+ FETCH \(UID (\d{1,10}) FLAGS (\([^()\"]*\))(?: MODSEQ \(\d+\))?\)", re.IGNORECASE
)


def changed_flags(
    wire: Wire, since: int, forms: list[bytes], uidnext: int | None, place: Place
) -> Flags | None:
    """What changed after the mod-sequence `since`; None when all flags have to be read.

    Of `forms` the first is used; one that the server does not understand is taken out.
    """
    if not place.parted(_ALL_OF_THEM)[0]:
        return None
    while forms:
        reader = _Reader()
        try:
            with place.watched(_ALL_OF_THEM):
                reader.ask(wire, _ALL, b"(CHANGEDSINCE %d%s)" % (since, forms[0]))
        except Refused as refused:
            if not str(refused.params["answer"]).upper().startswith("BAD"):
                return None
            forms.pop(0)
            continue
        return Flags(reader.found, False, reader.vanished(uidnext) if forms[0] else None)
    return None


def all_flags(wire: Wire, exists: int, uids: Callable[[], list[int]], place: Place) -> Flags:
    """By one command; then, where messages are missing, those of `uids` that are, in pieces."""
    reader = _Reader()
    if place.parted(_ALL_OF_THEM)[0]:
        with suppress(Refused), place.watched(_ALL_OF_THEM):
            reader.ask(wire, _ALL)
    if len(reader.found) >= exists:
        return Flags(reader.found, whole=True)
    there = uids()
    reader.ask_each(wire, [uid for uid in there if uid not in reader.found], place)
    place.clear(_ALL_OF_THEM)
    return Flags(reader.found, whole=all(uid in reader.found for uid in there))


class _Reader:
    """Collects what FETCH responses say, solicited or not: the last word about a UID holds."""

    def __init__(self) -> None:
        self.found: dict[int, frozenset[str]] = {}
        self._shared: dict[frozenset[str], frozenset[str]] = {}
        self._known: dict[bytes, frozenset[str]] = {}
        self._gone: list[tuple[int, int]] = []
        self._sure = True

    def ask(self, wire: Wire, uids: bytes, *modifiers: bytes) -> None:
        """Raises Refused; what came before it stays."""
        for response in wire.ask(b"UID", b"FETCH", uids, b"(UID FLAGS)", *modifiers):
            self._note(response)

    def ask_each(self, wire: Wire, uids: Iterable[int], place: Place) -> None:
        """The same in small pieces, for a server that refuses or breaks off at some of them."""
        together, alone, _ = place.parted(uids)
        pieces = [together[start : start + _CHUNK] for start in range(0, len(together), _CHUNK)]
        for piece in [*pieces, *([uid] for uid in alone)]:
            with place.watched(piece):
                self._ask_piece(wire, piece)
            place.clear(piece)

    def vanished(self, uidnext: int | None) -> frozenset[int] | None:
        """UIDs that are gone, by what VANISHED said; None if that is unclear or has no bounds.

        A server that has forgotten names all that are not there (RFC 7162 3.2.10): few bytes, but
        perhaps millions of UIDs.
        """
        ranges = [(max(a, 1), min(b, uidnext - 1 if uidnext else b)) for a, b in self._gone]
        if not self._sure or sum(max(b - a + 1, 0) for a, b in ranges) > _MOST_VANISHED:
            return None
        gone = frozenset(uid for a, b in ranges for uid in range(a, b + 1))
        return gone - self.found.keys()

    def _ask_piece(self, wire: Wire, uids: Sequence[int]) -> None:
        try:
            self.ask(wire, uid_set(uids))
        except Refused:
            for uid in uids if len(uids) > 1 else ():
                self._ask_piece(wire, [uid])

    def _note(self, response: Response) -> None:
        text = response.text
        if usual := _USUAL.fullmatch(text):
            uid, spelled = int(usual[1]), usual[2]
            if spelled not in self._known:
                (value,) = Response(b"", [spelled]).values()
                self._known[spelled] = self._share(flags(value))
            self.found[uid] = self._known[spelled]
        elif response.status == b"VANISHED":
            ranges = uid_ranges(text.split()[-1])
            self._sure = self._sure and ranges is not None
            self._gone += ranges or ()
            if b"(EARLIER)" not in text.upper():  # also of those that were told before it
                for first, last in ranges or ():
                    self._drop(first, last)
        else:
            items = response.items()
            told = number(items.get(b"UID"))
            if told and b"FLAGS" in items:
                self.found[told] = self._share(flags(items[b"FLAGS"]))

    def _share(self, one: frozenset[str]) -> frozenset[str]:
        return self._shared.setdefault(one, one)

    def _drop(self, first: int, last: int) -> None:
        if last - first < len(self.found):
            for uid in range(first, last + 1):
                self.found.pop(uid, None)
        else:
            self.found = {k: v for k, v in self.found.items() if not first <= k <= last}
