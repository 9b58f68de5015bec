"""The source over IMAP (RFC 3501, 9051): one account, logged in; `connecting.py` gives it."""

from __future__ import annotations

import re
import threading
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain, pairwise

from migrate.errors import FolderRefused, SourceError, SourceLost
from migrate.source import Fetched, Flags, Folder, FolderState, Listed, Provider, providers
from migrate.source.fetching import fetch
from migrate.source.flagging import FORMS, all_flags, changed_flags
from migrate.source.folders import (
    SPECIAL_USES,
    Kind,
    Namespace,
    Row,
    chosen_folders,
    row,
)
from migrate.source.folders import namespaces as told_namespaces
from migrate.source.idling import idle
from migrate.source.listing import Lister
from migrate.source.response import Response, number
from migrate.source.sasl import explained
from migrate.source.scanning import scan
from migrate.source.searching import search_words, searched
from migrate.source.session import Session
from migrate.source.states import ask_states, state, status_items
from migrate.source.surveying import Usage, quota, sampled, told
from migrate.source.trouble import Trouble
from migrate.source.wire import Interrupted, Refused, Wire, astring

_STATE = re.compile(rb"\[(UIDVALIDITY|UIDNEXT|HIGHESTMODSEQ) (\d{1,18})\]", re.IGNORECASE)
_SEARCHED = 50_000  # messages at a time: the answer is one line, and must not become too long


class ImapSource:
    """One account; see `Source`. For one thread at a time."""

    def __init__(
        self,
        opening: Callable[[], Session],
        kinds: frozenset[Kind],
        provider: str,
        batch_bytes: int,
        trouble: Trouble,
        closed: Callable[[], None],
    ) -> None:
        self._closed: Callable[[], None] | None = closed
        self._trouble = trouble
        self._opening = opening
        self._session = opening()
        self._kinds = kinds
        self._batch_bytes = batch_bytes
        self._provider, self._quirks = providers.choose(self._session.seen, provider)
        self._folder = ""
        self._state = FolderState(0, 0)
        self._open: tuple[bytes, int] | None = None
        self._condstore = self._offers(b"CONDSTORE")
        self._forms = list(FORMS[0 if self._session.qresync else 1 :])
        self._statuses = True
        self._idles = self._offers(b"IDLE")
        self._unlisted: tuple[str, ...] = ()
        self.elsewhere: dict[Kind, int] = {}
        """Of the last `folders()`: folders of namespaces that were not asked for, by kind."""

    @property
    def provider(self) -> Provider:
        return self._provider

    @property
    def quirks(self) -> providers.Quirks:
        return self._quirks

    @property
    def unlisted(self) -> tuple[str, ...]:
        return self._unlisted

    def folders(self) -> list[Folder]:
        if self._open and self._statuses:
            with suppress(Refused):  # the state of the open folder is as of the last command
                self._wire.run(b"NOOP")
        spaces: list[Namespace] = []
        if self._offers(b"NAMESPACE"):
            with suppress(Refused):
                spaces = [n for r in self._wire.run(b"NAMESPACE") for n in told_namespaces(r)]
        lister = Lister(self._wire, self._reconnect, self._also())
        rows = lister.tree(b"")
        if lister.error and not rows:
            raise explained(lister.error, self._session.seen.host)
        for space in spaces:
            # A namespace with a prefix of its own need not be below "" (RFC 2342 5).
            if space.kind in self._kinds and not any(r.raw.startswith(space.prefix) for r in rows):
                rows += lister.tree(space.prefix)
        told = not lister.plain and self._offers(b"SPECIAL-USE")
        if not told and not any(each.attributes & SPECIAL_USES for each in rows):
            rows += self._special_uses()
        self._unlisted = tuple(lister.unlisted)
        folders = chosen_folders(rows, spaces, self._kinds)
        self.elsewhere = self._left_out(rows, spaces)
        states = lister.states or self._ask_states(folders)
        return [replace(each, status=states.get(each.raw)) for each in folders]

    def examine(self, folder: Folder) -> FolderState:
        exists = 0
        codes: dict[bytes, int] = {}
        self._folder = folder.name
        try:
            for response in self._examined(astring(folder.raw)):
                match response.text.split():
                    case [count, word] if word.upper() == b"EXISTS":
                        exists = number(count) or 0
                if response.status == b"OK" and (code := _STATE.search(response.text)):
                    codes[code[1].upper()] = int(code[2])
        except Refused as refused:
            raise self._not_opened(refused) from None
        self._open = folder.raw, codes.get(b"UIDVALIDITY", 0)
        self._state = FolderState(
            uidvalidity=codes.get(b"UIDVALIDITY", 0),
            exists=exists,
            uidnext=codes.get(b"UIDNEXT") or None,
            highestmodseq=codes.get(b"HIGHESTMODSEQ") or None,
        )
        return self._state

    def uids(self) -> list[int]:
        """FolderRefused when the server does not list them in any way."""
        # Not in an empty folder: 1:* is an error there with some servers.
        if not self._state.exists:
            return []
        found = array("Q")
        refusal: Refused | None = None
        try:
            for response in self._wire.ask(b"UID", b"FETCH", b"1:*", b"(UID)"):
                found.append(number(response.items().get(b"UID")) or 0)
        except Refused as refused:
            refusal = refused
        found = _ascending(found)
        # A server that fails at one message, or passes over some, may know more by its index.
        if len(found) < self._state.exists:
            try:
                for first in range(1, self._state.exists + 1, _SEARCHED):
                    last = min(first + _SEARCHED - 1, self._state.exists)
                    found.extend(self._search([b"%d:%d" % (first, last)]))
            except Refused:
                if refusal:
                    raise self._not_opened(refusal) from None
        return _ascending(found).tolist()

    def flags(self, since: int | None = None) -> Flags:
        state = self._state
        if not state.exists:  # as in `uids`
            return Flags({}, whole=True)
        # Mod-sequences that have become smaller are those of another index.
        changes = self._trouble.at("changes", self._open)
        found: Flags | None = None
        if since and since <= (state.highestmodseq or 0):
            found = changed_flags(self._wire, since, self._forms, state.uidnext, changes)
        if found is None:
            place = self._trouble.at("flags", self._open)
            found = all_flags(self._wire, state.exists, self.uids, place)
            changes.clear([0])
        return found

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        if not self._idles:
            return False
        try:
            return idle(self._wire, self._state.exists, seconds, stop)
        except Refused:
            self._idles = False
            return False

    def search(self, criteria: str) -> set[int]:
        words = search_words(criteria)
        if not self._state.exists:
            return set()
        try:
            if self._state.exists <= _SEARCHED:
                return self._search(words)
            head = words[:2] if words[0] == b"CHARSET" else []
            uids, found = self.uids(), set[int]()
            for start in range(0, len(uids), _SEARCHED):
                some = uids[start : start + _SEARCHED]
                only = [b"UID", b"%d:%d" % (some[0], some[-1])]
                found |= self._search([*head, *only, *words[len(head) :]])
            return found
        except Refused as refused:
            answer = refused.params["answer"]
            raise SourceError("source-search-refused", criteria=criteria, answer=answer) from None

    def scan(self, uids: Sequence[int], *, structure: bool = False) -> Iterator[Listed]:
        return scan(
            self._wire,
            uids,
            self._trouble.at("scan", self._open),
            objectid=self._offers(b"OBJECTID"),
            structure=structure,
            apart=self._quirks.apart,
        )

    def fetch(self, wanted: Sequence[tuple[int, int]]) -> Iterator[Fetched]:
        place = self._trouble.at("fetch", self._open)
        return fetch(self._wire, wanted, place, self._batch_bytes, self._quirks.batch_messages)

    def usage(self, folders: Sequence[Folder]) -> Usage:
        """How much mail the folders hold, by what the server offers for it."""
        limits = quota(self._wire) if self._offers(b"QUOTA") else ()
        asked = [each for each in folders if each.selectable]
        if self._offers(b"STATUS=SIZE"):
            try:
                return Usage(told(self._wire, asked), "status-size", limits)
            except Interrupted:
                raise
            except SourceLost:  # one that has to read all mail for it
                self._reconnect()
        return Usage(sampled(self._wire, asked, self.examine), "sample", limits)

    def close(self) -> None:
        self._session.close()
        if self._closed:
            self._closed()
            self._closed = None

    @property
    def _wire(self) -> Wire:
        return self._session.wire

    def _offers(self, capability: bytes) -> bool:
        return capability in self._session.offered

    def _reconnect(self) -> Wire:
        self._session = self._opening()
        return self._wire

    def _left_out(self, rows: Sequence[Row], spaces: Sequence[Namespace]) -> dict[Kind, int]:
        kinds = {space.kind for space in spaces} - self._kinds
        counted = {
            kind: sum(each.selectable for each in chosen_folders(rows, spaces, {kind}))
            for kind in sorted(kinds)
        }
        return {kind: count for kind, count in counted.items() if count}

    def _also(self) -> bytes:
        """What LIST may tell besides."""
        if not (self._statuses and self._offers(b"LIST-STATUS")):
            return b""
        # An extended LIST tells of uses only if asked to (RFC 6154 3).
        uses = b"SPECIAL-USE " if self._offers(b"SPECIAL-USE") else b""
        return uses + b"STATUS " + status_items(condstore=self._offers(b"CONDSTORE"))

    def _ask_states(self, folders: Sequence[Folder]) -> dict[bytes, FolderState]:
        """By STATUS, where that saves more than it costs: with mod-sequences the state says all,
        without them the folder has to be opened anyway, because flags may have changed."""
        if not (self._statuses and self._offers(b"CONDSTORE")):
            return {}
        try:
            names = [each.raw for each in folders if each.selectable]
            return ask_states(self._wire, names, status_items(condstore=True), state)
        except Interrupted:
            raise
        except SourceLost:
            self._statuses = False
            self._reconnect()
            return {}

    def _examined(self, name: bytes) -> Iterator[Response]:
        """Dovecot tells HIGHESTMODSEQ only to those who ask (RFC 7162 3.1.8)."""
        if self._condstore:
            try:
                yield from self._wire.ask(b"EXAMINE", name, b"(CONDSTORE)")
                return
            except Refused as refused:
                if not str(refused.params["answer"]).upper().startswith("BAD"):
                    raise
                self._condstore = False
        yield from self._wire.ask(b"EXAMINE", name)

    def _special_uses(self) -> list[Row]:
        """RFC 6154, or what there was before it."""
        words: tuple[bytes, ...] = (b"XLIST", b'""', b'"*"')
        if self._offers(b"SPECIAL-USE"):
            words = (b"LIST", b"(SPECIAL-USE)", b'""', b'"*"')
        elif not self._offers(b"XLIST"):
            return []
        with suppress(Refused):
            return [found for r in self._wire.run(*words) if (found := row(r))]
        return []

    def _search(self, words: Sequence[bytes]) -> set[int]:
        answers = self._wire.ask(b"UID", b"SEARCH", *words)
        return set[int]().union(*(searched(response.text) for response in answers))

    def _not_opened(self, refused: Refused) -> FolderRefused:
        answer = refused.params["answer"]
        return FolderRefused("source-folder-refused", folder=self._folder, answer=answer)


def _ascending(uids: array[int]) -> array[int]:
    """Each once, without the 0 that is none. Mostly they are so already, and a set of a million
    takes 64 MB."""
    if all(before < uid for before, uid in pairwise(chain((0,), uids))):
        return uids
    return array("Q", sorted(set(uids) - {0}))
