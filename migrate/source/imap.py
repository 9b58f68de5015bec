"""The source over IMAP (RFC 3501, 9051): `connect` gives a `Source` of one account."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from imapclient import IMAPClient

from migrate.errors import FolderRefused, SourceError
from migrate.source import Fetched, Folder, FolderState, Listed, Provider
from migrate.source.fetching import fetch
from migrate.source.folders import (
    PERSONAL,
    SPECIAL_USES,
    Kind,
    Namespace,
    Row,
    chosen_folders,
    row,
)
from migrate.source.folders import namespaces as told_namespaces
from migrate.source.login import Login
from migrate.source.response import number
from migrate.source.scanning import scan
from migrate.source.searching import search_words, searched
from migrate.source.session import open_session
from migrate.source.wire import Refused, Wire, astring

_STATE = re.compile(rb"\[(UIDVALIDITY|UIDNEXT|HIGHESTMODSEQ) (\d+)\]", re.IGNORECASE)
_SEARCHED = 50_000  # messages at a time: imaplib cuts a line at a million bytes
_LOGOUT_TIMEOUT = 5.0


def connect(
    login: Login,
    spool: Path,
    *,
    namespaces: Collection[Kind] = PERSONAL,
    spool_over: int = 1 << 20,
    batch_bytes: int = 4 << 20,
) -> ImapSource:
    """Log in. Raises SourceError (or UsageError for a PEM file that can't be read).

    Folders of these kinds of `namespaces` are listed, where the server tells them apart.

    Messages of more than `spool_over` bytes come as files (mode 0600) in the directory `spool`;
    about `batch_bytes` bytes are asked for at a time.
    """
    client, wire, offered = open_session(login, spool, spool_over)
    return ImapSource(client, wire, offered, frozenset(namespaces), batch_bytes)


class ImapSource:
    """One account; see `Source`. For one thread at a time."""

    def __init__(
        self,
        client: IMAPClient,
        wire: Wire,
        offered: frozenset[bytes],
        kinds: frozenset[Kind],
        batch_bytes: int,
    ) -> None:
        self._client = client
        self._wire = wire
        self._offered = offered
        self._kinds = kinds
        self._batch_bytes = batch_bytes
        self._exists = 0
        self.unlisted: tuple[str, ...] = ()

    @property
    def provider(self) -> Provider:
        return Provider("unknown", "")

    def folders(self) -> list[Folder]:
        spaces: list[Namespace] = []
        if b"NAMESPACE" in self._offered:
            with suppress(Refused):
                spaces = [n for r in self._wire.run(b"NAMESPACE") for n in told_namespaces(r)]
        rows = self._list(b"LIST", b'""', b'"*"')
        for space in spaces:
            # A namespace with a prefix of its own need not be below "" (RFC 2342 5).
            if space.kind in self._kinds and not any(r.raw.startswith(space.prefix) for r in rows):
                rows += self._list(b"LIST", b'""', astring(space.prefix + b"*"))
        if not any(each.attributes & SPECIAL_USES for each in rows):
            with suppress(Refused):
                if b"SPECIAL-USE" in self._offered:
                    rows += self._list(b"LIST", b"(SPECIAL-USE)", b'""', b'"*"')
                elif b"XLIST" in self._offered:
                    rows += self._list(b"XLIST", b'""', b'"*"')
        return chosen_folders(rows, spaces, self._kinds)

    def examine(self, folder: Folder) -> FolderState:
        """Raises FolderRefused when the server does not open it."""
        exists = 0
        codes: dict[bytes, int] = {}
        # Dovecot tells HIGHESTMODSEQ only to those who ask (RFC 7162 3.1.8).
        condstore = (b"(CONDSTORE)",) if b"CONDSTORE" in self._offered else ()
        try:
            for response in self._wire.ask(b"EXAMINE", astring(folder.raw), *condstore):
                match response.text.split():
                    case [count, word] if word.upper() == b"EXISTS":
                        exists = number(count) or 0
                if response.status == b"OK" and (code := _STATE.search(response.text)):
                    codes[code[1].upper()] = int(code[2])
        except Refused as refused:
            answer = refused.params["answer"]
            raise FolderRefused(
                "source-folder-refused", folder=folder.name, answer=answer
            ) from None
        self._exists = exists
        return FolderState(
            uidvalidity=codes.get(b"UIDVALIDITY", 0),
            exists=exists,
            uidnext=codes.get(b"UIDNEXT"),
            highestmodseq=codes.get(b"HIGHESTMODSEQ"),
        )

    def uids(self) -> list[int]:
        # Not SEARCH: its answer is one line, which imaplib cuts at a million bytes.
        # Not in an empty folder: 1:* is an error there with some servers.
        if not self._exists:
            return []
        answers = self._wire.ask(b"UID", b"FETCH", b"1:*", b"(UID)")
        return sorted({uid for r in answers if (uid := number(r.items().get(b"UID")))})

    def search(self, criteria: str) -> set[int]:
        words = search_words(criteria)
        if not self._exists:
            return set()
        found: set[int] = set()
        try:
            for part in self._uid_ranges(words):
                for response in self._wire.ask(b"UID", b"SEARCH", *part):
                    found |= searched(response.text)
        except Refused as refused:
            answer = refused.params["answer"]
            raise SourceError("source-search-refused", criteria=criteria, answer=answer) from None
        return found

    def _uid_ranges(self, words: list[bytes]) -> Iterator[list[bytes]]:
        """The search as it is, or by ranges of UIDs where its answer would be too long a line."""
        if self._exists <= _SEARCHED:
            yield words
            return
        head = words[:2] if words[0] == b"CHARSET" else []
        uids = self.uids()
        for start in range(0, len(uids), _SEARCHED):
            some = uids[start : start + _SEARCHED]
            yield [*head, b"UID", b"%d:%d" % (some[0], some[-1]), *words[len(head) :]]

    def scan(self, uids: Sequence[int], *, structure: bool = False) -> Iterator[Listed]:
        objectid = b"OBJECTID" in self._offered
        return scan(self._wire, uids, objectid=objectid, structure=structure)

    def fetch(self, wanted: Sequence[tuple[int, int]]) -> Iterator[Fetched]:
        return fetch(self._wire, wanted, self._batch_bytes)

    def close(self) -> None:
        with suppress(Exception):
            self._wire.ready()
            if not self._wire.closed:
                self._client.socket().settimeout(_LOGOUT_TIMEOUT)
                self._client.logout()
        self._wire.close()

    def _list(self, *words: bytes) -> list[Row]:
        return [found for r in self._wire.run(*words) if (found := row(r))]
