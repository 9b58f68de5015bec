"""One look at an account: what the source holds, into the ledger."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection

from migrate.errors import BrakeError, FolderRefused
from migrate.filters import Filters
from migrate.forecast import Forecast, Foretold
from migrate.labels import LabelRules, Mapped, map_folders, priority
from migrate.ledger import Ledger, anchoring, scanning, shared, stale, waiting
from migrate.ledger.accounts import Account
from migrate.ledger.order import Order, put_in_order
from migrate.ledger.scanning import FolderRow
from migrate.pieces import pieces
from migrate.scan.changes import Changes, changes
from migrate.scan.row import row
from migrate.source import Folder, FolderState, Listed, Source

T = TypeVar("T")
_ROWS = 500

Scanned = dict[int, Mapped]
"""Ledger id of a folder → what becomes of it; only folders whose messages can be copied now."""


@dataclass(frozen=True, slots=True)
class Look:
    """How to look at an account."""

    rules: LabelRules
    filters: Filters
    order: Order
    forecast: Forecast | None = None
    """What a plan predicted; the scan's own prediction knows the header only."""
    mend_from: bool = False
    """What Gmail refuses for its From will be mended."""
    structure: bool = False
    """Ask for the names of attachments too. The server may have to read every message for it, so
    the dry run does, once, and the run does not: it learns what Gmail says soon enough."""
    planned: Collection[str] | None = None
    """Of a plan that binds: the folders that there may be."""
    first: Sequence[str] = ()
    """Patterns of folders whose conversations come before others."""


def scan(
    source: Source,
    ledger: Ledger,
    account: Account,
    look: Look,
    seen: Callable[[int], None] = lambda _: None,
) -> Scanned:
    """Bring the ledger up to date with the source: what is new, gone, has other flags.

    A folder that the source does not open keeps what is known of it, and says why. What the list
    of folders does not tell is noted; then no folder is taken for gone. `seen` is told how many new
    messages each step brought.

    What a reviewed plan made of a folder stays until another reviewed plan says otherwise, also in
    runs without one: the mail of a folder must not end under two labels. BrakeError when a plan
    binds and there is a folder that it does not know; SourceError when the server does not
    understand the search of the filters.
    """
    return _Scan(source, ledger, account, look, seen).run()


class _Scan:
    def __init__(
        self,
        source: Source,
        ledger: Ledger,
        account: Account,
        look: Look,
        seen: Callable[[int], None],
    ) -> None:
        self._source, self._ledger, self._account = source, ledger, account
        self._look, self._seen = look, seen
        self._now = datetime.now(UTC)
        with ledger.read() as conn:
            self._rows = scanning.folders(conn, account.id)
            self._waiting = waiting.folders(conn, account.id)
        self._by_name = {each.raw: each for each in self._rows}

    def run(self) -> Scanned:
        copied: Scanned = {}
        kept: list[int] = []
        for mapped in map_folders(self._known(self._source.folders()), self._rules()):
            if before := self._unchanged(mapped):
                kept.append(before.id)
                if not mapped.rule:
                    copied[before.id] = mapped
                    self._decide(before.id, mapped, before.uidvalidity, None)
                continue
            folder_id, state = self._open(mapped)
            kept.append(folder_id)
            if state is None or mapped.rule:
                continue
            try:
                self._folder(folder_id, mapped, state)
            except FolderRefused as refusal:
                why = partial(scanning.set_problem, folder_id=folder_id, refusal=refusal)
                self._write(why)
                continue
            copied[folder_id] = mapped
        missing, mine = self._source.unlisted, self._account.id
        if missing:
            self._write(lambda conn: scanning.put_unlisted(conn, mine, missing))
        elif {each.id for each in self._rows} - set(kept):
            self._write(lambda conn: scanning.drop_other_folders(conn, mine, kept))
        ranks = {
            folder_id: rank
            for folder_id, mapped in copied.items()
            if (rank := priority(mapped.folder, self._look.first)) is not None
        }
        self._write(lambda conn: self._settle(conn, ranks))
        return copied

    def _settle(self, conn: Connection, ranks: Mapping[int, int]) -> None:
        """What only all folders together tell."""
        mine = self._account.id
        if scanning.any_pending(conn, mine):
            anchoring.anchor(conn, mine)
        stale.settle_classes(conn, mine)
        if scanning.any_pending(conn, mine):
            shared.mark_shared_ids(conn, mine)
        put_in_order(conn, mine, self._look.order, ranks)

    def _known(self, folders: list[Folder]) -> list[Folder]:
        """All of `folders`. One may have been made since the plan was held against the source."""
        planned = self._look.planned
        if planned is not None:
            for each in folders:
                if each.selectable and each.name not in planned:
                    raise BrakeError("plan-new-folder", folder=each.name)
        return folders

    def _rules(self) -> LabelRules:
        """With what earlier runs have settled: labels, and what a reviewed plan said."""
        with self._ledger.read() as conn:
            settled = scanning.labels(conn, self._account.id)
        rules, known = self._look.rules, self._rows
        planned = {each.name: each.label for each in known if "plan" in (each.rule, each.renamed)}
        return replace(rules, settled=settled, reviewed=rules.reviewed or planned)

    def _unchanged(self, mapped: Mapped) -> FolderRow | None:
        """The folder's row, if nothing has happened in the folder since: it need not be opened."""
        told, before = mapped.folder.status, self._by_name.get(mapped.folder.raw)
        if not told or not before or not before.same(mapped, told):
            return None
        if not mapped.rule and self._look.filters.search and before.id in self._waiting:
            return None
        return before

    def _open(self, mapped: Mapped) -> tuple[int, FolderState | None]:
        """The ledger's id of a folder, and its state; None when the source does not open it."""
        told = mapped.folder.status
        try:
            # A folder that a rule leaves out is only counted.
            state = told if told and mapped.rule else self._source.examine(mapped.folder)
        except FolderRefused as refusal:
            why = partial(scanning.put_refused, mapped=mapped, refusal=refusal)
            return self._write(lambda conn: why(conn, self._account.id)), None
        put = partial(
            scanning.put_folder,
            account_id=self._account.id,
            mapped=mapped,
            uidvalidity=state.uidvalidity,
            listed=state.exists,
            ceiling=self._source.provider.ceiling,
        )
        return self._write(put), state

    def _folder(self, folder_id: int, mapped: Mapped, state: FolderState) -> None:
        """Look at the open folder. That it was seen is written last, and as it was before."""
        found = changes(self._source, self._ledger, folder_id, state)
        if found.gone:
            gone = partial(scanning.mark_gone, folder_id=folder_id, uids=found.gone)
            self._write(gone)
        if found.flagged:
            flagged = partial(stale.set_flags, folder_id=folder_id, flags=found.flagged)
            self._write(flagged)
        search = self._look.filters.search
        matched = self._source.search(search) if search else None
        self._decide(folder_id, mapped, state.uidvalidity, matched)
        self._add(folder_id, mapped, state, found, matched)
        self._write(partial(scanning.set_seen, folder_id=folder_id, state=state))

    def _add(
        self,
        folder_id: int,
        mapped: Mapped,
        state: FolderState,
        found: Changes,
        matched: set[int] | None,
    ) -> None:
        look = self._look
        for uids in pieces(found.new):
            known = self._foretold(mapped.folder.raw, state.uidvalidity, uids)
            structure = look.structure and not known.keys() >= set(uids)
            there = {each.uid: each for each in self._source.scan(uids, structure=structure)}
            # A server that lists a UID and then says nothing of it may still hand out the message.
            rows = [
                row(
                    there.get(uid) or _unseen(uid),
                    look.filters,
                    matched,
                    known.get(uid),
                    self._now,
                    mend_from=look.mend_from,
                )
                | {"account_id": self._account.id, "folder_id": folder_id}
                for uid in uids
            ]
            self._write(partial(scanning.add_occurrences, rows=rows))
            self._seen(len(rows))

    def _decide(
        self, folder_id: int, mapped: Mapped, uidvalidity: int, matched: set[int] | None
    ) -> None:
        if folder_id in self._waiting:
            foretold = partial(self._foretold, mapped.folder.raw, uidvalidity)
            self._again(folder_id, matched, foretold)

    def _again(
        self,
        folder_id: int,
        matched: set[int] | None,
        foretold: Callable[[Sequence[int]], Mapping[int, Foretold]],
    ) -> None:
        """What is not copied yet, under the filters of today and with what a plan has learnt."""
        filters, last = self._look.filters, 0
        while True:
            with self._ledger.read() as conn:
                piece = waiting.uncopied(
                    conn, folder_id, filters.revocable, after=last, limit=_ROWS
                )
            if not piece:
                return
            last = piece[-1].uid
            known = foretold([each.uid for each in piece])
            changed = []
            for each in piece:
                rule = filters.rule(
                    uid=each.uid,
                    flags=each.flags.split(),
                    size=each.size,
                    dated=each.dated,
                    matched=matched,
                )
                expected = known.get(each.uid, each.expected)
                if (rule, expected) != (each.reason, each.expected):
                    changed.append((each, rule, expected))
            if changed:
                self._write(partial(waiting.decide_again, decided=changed))

    def _foretold(
        self, raw: bytes, uidvalidity: int, uids: Sequence[int]
    ) -> Mapping[int, Foretold]:
        forecast = self._look.forecast
        return forecast.of(raw, uidvalidity, uids) if forecast else {}

    def _write(self, op: Callable[[Connection], T]) -> T:
        return self._ledger.write(op, self._account.lease)


def _unseen(uid: int) -> Listed:
    return Listed(uid, frozenset(), None, 0, None, b"")
