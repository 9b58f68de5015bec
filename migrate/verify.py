"""Verification: reads both sides again and believes neither the run nor its own memory of it.

Every message at the source must have an end in the ledger; everything that ended in Gmail must be
there, under the labels and with the date that belong to it; with `deep` the source's bytes, after
their recorded repairs, must be the bytes in Gmail. A draft must be there, as a draft.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from migrate.body import Body
from migrate.delivery import formed
from migrate.delta.history import by_others
from migrate.errors import FolderRefused
from migrate.gmail.api import Found, Mailbox
from migrate.gmail.errors import NotFound
from migrate.labels import label_key
from migrate.ledger import Ledger, accounts, labels
from migrate.ledger.labels import LabelRow
from migrate.ledger.tables import folder, message, occurrence
from migrate.pieces import pieces
from migrate.quarantine import path as quarantine_path
from migrate.report.document import Difference
from migrate.sending import ends_with
from migrate.source import Folder, Source

_PIECE = 50
_PIECE_BYTES = 16 * 1024 * 1024
"""Messages are compared in pieces that are held in memory; a larger message is a piece alone."""
_THREADS = 4
_VOLATILE = frozenset({"UNREAD", "STARRED", "INBOX"})
"""What a user changes by reading, flagging and archiving: no loss, so no difference."""


@dataclass(slots=True)
class Verified:
    """What was looked at and what is wrong."""

    checked: int
    differences: list[Difference]
    changed: int = 0
    """Messages that their owner changed in Gmail, or deleted there: no difference."""


@dataclass(frozen=True, slots=True)
class _Copy:
    """One occurrence that ended in Gmail, or in quarantine."""

    folder_id: int
    folder: str
    uid: int
    size: int
    label: str | None
    state: str
    sha256: str
    gmail_id: str | None
    date: int | None
    basis: Mapping[str, Any] | None
    labels: frozenset[str]
    touched: bool
    """Somebody else changed it in Gmail."""
    draft_id: str | None
    """Of a draft, whose bytes and date are its owner's and Gmail's to change."""


class Verifier:
    """Verifies one account. Only reads."""

    def __init__(
        self,
        ledger: Ledger,
        account_id: int,
        user: str,
        target_user: str,
        source: Source,
        mailbox: Mailbox | None,
        kept: Callable[[str], Body | None],
    ) -> None:
        """`mailbox` is None when the scopes allow no reading; `kept` finds a quarantined file."""
        self._ledger, self._account, self._user = ledger, account_id, user
        self._target_user = target_user
        self._source, self._mailbox, self._kept = source, mailbox, kept
        self._names: dict[str, str] = {}
        self._labels: dict[str, LabelRow] = {}
        self._touched: set[str] = set()
        self._changed: set[str] = set()

    def run(self, *, deep: bool, seen: Callable[[int], None] = lambda _: None) -> Verified:
        """Everything of this account; `seen` is told how many more were checked."""
        found = Verified(0, [])
        if self._mailbox:
            self._names = {each.gmail_id: each.name for each in self._mailbox.labels()}
        with self._ledger.read() as conn:
            self._labels = labels.known(conn, self._account)
            folders = conn.execute(
                select(folder).where(
                    folder.c.account_id == self._account,
                    folder.c.gone.is_(False),
                    folder.c.rule.is_(None),
                )
            ).all()
        if self._mailbox:
            self._hear(self._mailbox)
        there = {each.raw: each for each in self._source.folders() if each.selectable}
        for row in folders:
            self._folder(row, there.get(row.raw), found, deep, seen)
        found.changed = len(self._changed)
        return found

    def _hear(self, mailbox: Mailbox) -> None:
        """What was done in Gmail since the last run. Where its history has expired, nobody can
        tell it from a loss, and it counts for one."""
        with self._ledger.read() as conn:
            since = accounts.changes_since(conn, self._account)
        if since is None:
            return
        ids = {label_key(name): gmail_id for gmail_id, name in self._names.items()}
        ids |= {key: row.gmail_id for key, row in self._labels.items() if row.gmail_id}
        with suppress(NotFound):
            for records in pieces(mailbox.changes(since)):
                with self._ledger.read() as conn:
                    self._touched |= by_others(
                        conn,
                        self._account,
                        records,
                        lambda name: ids.get(label_key(name), name),
                        self._names,
                    )

    def _folder(
        self,
        row: Row[Any],
        there: Folder | None,
        found: Verified,
        deep: bool,
        seen: Callable[[int], None],
    ) -> None:
        if there is None:
            found.differences.append(self._difference(row.name, 0, "source-gone", row.name, ""))
            return
        try:
            state = self._source.examine(there)
        except FolderRefused as refusal:
            why = str(refusal.params.get("answer", refusal.code))
            found.differences.append(self._difference(row.name, 0, "source-gone", row.name, why))
            return
        if state.uidvalidity != row.uidvalidity:
            found.differences.append(
                self._difference(
                    row.name,
                    0,
                    "source-gone",
                    f"UIDVALIDITY {row.uidvalidity}",
                    f"UIDVALIDITY {state.uidvalidity}",
                )
            )
            return
        with self._ledger.read() as conn:
            ended = self._ended(conn, row.id)
        for uid in self._source.uids():
            if uid not in ended:
                found.differences.append(
                    self._difference(row.name, uid, "missing", "not copied yet", "")
                )
        with ThreadPoolExecutor(_THREADS) as pool:
            for piece in _pieces(each for each in ended.values() if each is not None):
                answers = list(pool.map(lambda each: self._look(each, deep), piece))
                bodies = self._bodies(piece) if deep else {}
                for copy, answer in zip(piece, answers, strict=True):
                    found.differences += self._compare(copy, answer, bodies.get(copy.uid), deep)
                for body in bodies.values():
                    body.discard()
                found.checked += len(piece)
                seen(len(piece))

    def _ended(self, conn: Connection, folder_id: int) -> dict[int, _Copy | None]:
        """UID → what it ended as; None for what needs no look (skipped by a rule)."""
        query = (
            select(
                occurrence.c.uid,
                message.c.size,
                occurrence.c.state,
                occurrence.c.message_id,
                folder.c.id,
                folder.c.name,
                folder.c.label,
                message.c.sha256,
                message.c.gmail_id,
                message.c.date,
                message.c.basis,
                message.c.labels,
                message.c.touched,
                message.c.draft_id,
            )
            .select_from(occurrence)
            .join(folder, folder.c.id == occurrence.c.folder_id)
            .outerjoin(message, message.c.id == occurrence.c.message_id)
            .where(
                occurrence.c.folder_id == folder_id,
                occurrence.c.gone.is_(False),
                occurrence.c.state.not_in(["pending", "intended"]),
            )
        )
        return {
            row.uid: _Copy(
                row.id,
                row.name,
                row.uid,
                row.size,
                row.label,
                row.state,
                row.sha256,
                row.gmail_id,
                row.date,
                row.basis,
                frozenset(row.labels),
                bool(row.touched),
                row.draft_id,
            )
            if row.message_id is not None and row.state != "skipped"
            else None
            for row in conn.execute(query)
        }

    def _look(self, copy: _Copy, deep: bool) -> Found | None:
        if self._mailbox is None or copy.gmail_id is None:
            return None
        try:
            if copy.draft_id is not None:
                return self._mailbox.draft(copy.draft_id)
            get = self._mailbox.get_raw if deep else self._mailbox.get
            return get(copy.gmail_id)
        except NotFound:
            return None

    def _bodies(self, piece: Sequence[_Copy]) -> dict[int, Body]:
        wanted = [(each.uid, each.size) for each in piece]
        return {
            each.uid: each.body
            for each in self._source.fetch(wanted)
            if isinstance(each.body, Body)
        }

    def _compare(
        self, copy: _Copy, answer: Found | None, body: Body | None, deep: bool
    ) -> Iterator[Difference]:
        if deep and body is None:
            yield self._difference(copy.folder, copy.uid, "source-gone", "no bytes", "")
        if deep and body is not None and body.sha256() != copy.sha256:
            yield self._difference(copy.folder, copy.uid, "bytes", body.sha256(), copy.sha256)
            return
        if copy.state == "quarantined":
            yield from self._compare_kept(copy)
            return
        if self._mailbox is None:
            return
        if answer is None and copy.gmail_id and self._by_others(copy):
            self._changed.add(copy.gmail_id)
            return
        if answer is None:
            yield self._difference(
                copy.folder, copy.uid, "missing", copy.sha256, str(copy.gmail_id)
            )
            return
        yield from self._compare_labels(copy, answer)
        if copy.date is not None and answer.internal_date != copy.date:
            yield self._difference(
                copy.folder, copy.uid, "date", _iso(copy.date), _iso(answer.internal_date)
            )
        whole = deep and copy.draft_id is None
        if whole and body is not None and not self._same_bytes(copy, answer, body):
            yield self._difference(copy.folder, copy.uid, "bytes", copy.sha256, answer.gmail_id)

    def _compare_kept(self, copy: _Copy) -> Iterator[Difference]:
        kept = self._kept(copy.sha256)
        file = str(quarantine_path(self._target_user, copy.sha256))
        if kept is None or kept.sha256() != copy.sha256:
            yield self._difference(copy.folder, copy.uid, "missing", copy.sha256, file)

    def _compare_labels(self, copy: _Copy, answer: Found) -> Iterator[Difference]:
        there = {label_key(self._names.get(each, each)) for each in answer.labels}
        lost = [
            each
            for each in sorted(copy.labels - _VOLATILE)
            if label_key(each) not in there and not self._stands_in(each, answer)
        ]
        if lost and self._by_others(copy):
            self._changed.add(answer.gmail_id)
        elif lost:
            names = sorted(self._names.get(each, each) for each in answer.labels)
            yield self._difference(
                copy.folder, copy.uid, "label", ", ".join(sorted(lost)), ", ".join(names)
            )

    def _by_others(self, copy: _Copy) -> bool:
        return copy.touched or copy.gmail_id in self._touched

    def _stands_in(self, name: str, answer: Found) -> bool:
        """Whether it has the label that Gmail took instead, or had to do without any: as reported
        among the renames."""
        row = self._labels.get(label_key(name))
        return row is not None and (row.gmail_id in answer.labels or row.stand_in == "")

    def _same_bytes(self, copy: _Copy, answer: Found, body: Body) -> bool:
        form = formed(body, copy.sha256, copy.basis or {})
        return answer.raw is not None and ends_with(answer.raw, form.parcel)

    def _difference(self, name: str, uid: int, what: str, source: str, target: str) -> Difference:
        return Difference(self._user, name, uid, what, source, target)


def _pieces(copies: Iterable[_Copy]) -> Iterator[list[_Copy]]:
    piece: list[_Copy] = []
    size = 0
    for each in copies:
        if piece and (len(piece) == _PIECE or size + each.size > _PIECE_BYTES):
            yield piece
            piece, size = [], 0
        piece.append(each)
        size += each.size
    if piece:
        yield piece


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
