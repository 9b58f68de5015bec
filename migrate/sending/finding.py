"""Looking in Gmail for a message that may have been stored without an answer to us.

Asked are its history since the slice began, or all its ids when the history has expired; of those
that are neither ours nor were there before, the ones with the Message-ID. A message is proven by
its bytes. A draft's bytes are Gmail's to rewrite: it is proven by being one, and the bytes only
choose among several.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator

from migrate.gmail.api import Found, Mailbox
from migrate.gmail.errors import NotFound
from migrate.gmail.upload import Stored
from migrate.sending.letter import FALLBACKS, Letter, ends_with

_PIECE = 500


class Finder:
    """Finds messages of one account. Thread-safe."""

    def __init__(
        self, mailbox: Mailbox, is_known: Callable[[Collection[str]], Collection[str]]
    ) -> None:
        """`is_known` picks the Gmail ids that are ours or were there before us."""
        self._mailbox, self._is_known = mailbox, is_known
        self._foreign: dict[str, str | None] = {}
        self._lock = threading.Lock()

    def find(self, letter: Letter) -> Stored | None:
        """The message of `letter`, if it is there now."""
        candidates = (
            each
            for each in self._strangers(letter.history_id)
            if self._message_id(each) == letter.message_id
        )
        return self._draft(letter, candidates) if letter.draft else self._same(letter, candidates)

    def by_message_id(self, history_id: str | None, message_ids: Collection[str]) -> dict[str, str]:
        """Message-ID → Gmail id of those that are there now; for what nobody else would send."""
        return {
            own_id: gmail_id
            for gmail_id in self._strangers(history_id)
            if (own_id := self._message_id(gmail_id)) in message_ids and own_id
        }

    def _same(self, letter: Letter, candidates: Iterable[str]) -> Stored | None:
        for found in self._read(candidates):
            if found.raw is not None and ends_with(found.raw, letter.parcel):
                refused = frozenset(FALLBACKS) & letter.names - found.labels
                return Stored(found.gmail_id, found.thread_id, found.labels, refused)
        return None

    def _draft(self, letter: Letter, candidates: Iterable[str]) -> Stored | None:
        there = [each for each in self._read(candidates) if "DRAFT" in each.labels]
        if not there:
            return None
        drafts = {gmail_id: draft_id for draft_id, gmail_id in self._mailbox.drafts()}
        # Equal bytes first: versions of a draft share their Message-ID.
        there.sort(key=lambda each: not (each.raw and ends_with(each.raw, letter.parcel)))
        for found in there:
            if draft_id := drafts.get(found.gmail_id):
                return Stored(found.gmail_id, found.thread_id, found.labels, frozenset(), draft_id)
        return None

    def _read(self, gmail_ids: Iterable[str]) -> Iterator[Found]:
        for gmail_id in gmail_ids:
            try:
                yield self._mailbox.get_raw(gmail_id)
            except NotFound:
                continue

    def _strangers(self, history_id: str | None) -> Iterator[str]:
        """Messages that came after `history_id` and that we know nothing of."""
        try:
            if history_id is None:
                raise NotFound
            changes = self._mailbox.changes(history_id)
            added = [change.gmail_id for change in changes if change.added]
        except NotFound:
            yield from self._unknown_of(self._mailbox.ids())
        else:
            yield from self._unknown_of(added)

    def _unknown_of(self, gmail_ids: Iterable[str]) -> Iterator[str]:
        piece: list[str] = []
        for gmail_id in gmail_ids:
            piece.append(gmail_id)
            if len(piece) == _PIECE:
                yield from self._strange(piece)
                piece = []
        yield from self._strange(piece)

    def _strange(self, gmail_ids: list[str]) -> list[str]:
        known = self._is_known(gmail_ids) if gmail_ids else ()
        return [each for each in gmail_ids if each not in known]

    def _message_id(self, gmail_id: str) -> str | None:
        """The Message-ID of a message that is not ours, as far as we know; asked once."""
        with self._lock:
            if gmail_id in self._foreign:
                return self._foreign[gmail_id]
        try:
            value = self._mailbox.get_message_id(gmail_id).message_id
        except NotFound:
            value = None
        with self._lock:
            self._foreign[gmail_id] = value.strip() if value else None
        return self._foreign[gmail_id]
