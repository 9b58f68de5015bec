"""The scan: what the source holds, into the ledger. No body is fetched."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection

from migrate.errors import BrakeError, FolderRefused
from migrate.filters import Filters
from migrate.forecast import Forecast, Foretold
from migrate.labels import LabelRules, Mapped, map_folders, priority
from migrate.ledger import Ledger, scanning, shared, waiting
from migrate.ledger.accounts import Account
from migrate.ledger.order import Order, put_in_order
from migrate.message import Header, conversation, depth, message_id, parse_date, predict, prepare
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
    """Bring the ledger up to date with the source: new messages, those that are gone, the order.

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

    def run(self) -> Scanned:
        copied: Scanned = {}
        kept: list[int] = []
        for mapped in map_folders(self._known(self._source.folders()), self._rules()):
            folder_id, state = self._open(mapped)
            kept.append(folder_id)
            if state is None or mapped.rule:
                continue
            try:
                self._folder(folder_id, mapped.folder.raw, state)
            except FolderRefused as refusal:
                why = partial(scanning.set_problem, folder_id=folder_id, refusal=refusal)
                self._write(why)
                continue
            copied[folder_id] = mapped
        missing = self._source.unlisted
        mine = self._account.id
        kept += self._write(lambda conn: scanning.put_unlisted(conn, mine, missing))
        if not missing:
            self._write(lambda conn: scanning.drop_other_folders(conn, mine, kept))
        self._write(lambda conn: shared.mark_shared_ids(conn, mine))
        ranks = {
            folder_id: rank
            for folder_id, mapped in copied.items()
            if (rank := priority(mapped.folder, self._look.first)) is not None
        }
        self._write(lambda conn: put_in_order(conn, mine, self._look.order, ranks))
        return copied

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
            known = scanning.folders(conn, self._account.id)
            settled = scanning.labels(conn, self._account.id)
        rules = self._look.rules
        planned = {each.name: each.label for each in known if "plan" in (each.rule, each.renamed)}
        return replace(rules, settled=settled, reviewed=rules.reviewed or planned)

    def _open(self, mapped: Mapped) -> tuple[int, FolderState | None]:
        """The ledger's id of a folder, and its state; None when the source does not open it."""
        try:
            state = self._source.examine(mapped.folder)
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

    def _folder(self, folder_id: int, raw: bytes, state: FolderState) -> None:
        with self._ledger.read() as conn:
            new, gone = _differences(self._source.uids(), scanning.known_uids(conn, folder_id))
        if gone:
            self._write(lambda conn: scanning.mark_gone(conn, folder_id, gone))
        search = self._look.filters.search
        matched = self._source.search(search) if search else None
        foretold = partial(self._foretold, raw, state.uidvalidity)
        self._again(folder_id, matched, foretold)
        for uids in _pieces(new, _ROWS):
            known = foretold(uids)
            structure = self._look.structure and not known.keys() >= set(uids)
            there = {each.uid: each for each in self._source.scan(uids, structure=structure)}
            # A server that lists a UID and then says nothing of it may still hand out the message.
            rows = [
                self._row(there.get(uid) or _unseen(uid), matched, known.get(uid))
                | {"account_id": self._account.id, "folder_id": folder_id}
                for uid in uids
            ]
            self._write(partial(scanning.add_occurrences, rows=rows))
            self._seen(len(rows))

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

    def _row(
        self, listed: Listed, matched: set[int] | None, foretold: Foretold | None
    ) -> dict[str, Any]:
        header = Header.parse(listed.header)
        fields = hashlib.sha256(listed.header)
        bundle = message_id(header) or f"?{listed.size}:{fields.hexdigest()[:20]}"
        dates = [parse_date(value) for value in header.get("Date")[:1]]
        at = listed.internal_date or (dates[0] if dates else None)
        shown = prepare(header, digest="", internal_date=listed.internal_date, now=self._now).date
        dated = int(shown.timestamp()) if shown else None
        rule = self._look.filters.rule(
            uid=listed.uid, flags=listed.flags, size=listed.size, dated=dated, matched=matched
        )
        expected = foretold or self._predicted(header, listed)
        return {
            "uid": listed.uid,
            "flags": " ".join(sorted(listed.flags)),
            "internal_date": listed.internal_date.isoformat() if listed.internal_date else None,
            "at": int(at.timestamp()) if at else 0,
            "dated": dated,
            "size": listed.size,
            "email_id": listed.email_id,
            "bundle": bundle,
            "conversation": conversation(header) or bundle,
            "depth": depth(header),
            "predicted": expected.verdict,
            "certain": expected.certain,
            "digest": expected.digest,
            "parts": foretold is not None or listed.parts is not None,
            "fields": int.from_bytes(fields.digest()[:7]),
            "state": "skipped" if rule else "pending",
            "reason": rule,
        }

    def _predicted(self, header: Header, listed: Listed) -> Foretold:
        parts = listed.parts
        expected = predict(
            header,
            size=listed.size,
            internal_date=listed.internal_date,
            now=self._now,
            attachments=None if parts is None else [p.filename for p in parts if p.filename],
            mend_from=self._look.mend_from,
        )
        return Foretold(expected[0].verdict, expected[0].certain)

    def _write(self, op: Callable[[Connection], T]) -> T:
        return self._ledger.write(op, self._account.lease)


def _differences(there: Sequence[int], known: Iterator[int]) -> tuple[list[int], list[int]]:
    """(UIDs that only the source has, UIDs that only the ledger has); both inputs ascend."""
    new: list[int] = []
    gone: list[int] = []
    old = next(known, None)
    for uid in there:
        while old is not None and old < uid:
            gone.append(old)
            old = next(known, None)
        if old == uid:
            old = next(known, None)
        else:
            new.append(uid)
    while old is not None:
        gone.append(old)
        old = next(known, None)
    return new, gone


def _unseen(uid: int) -> Listed:
    return Listed(uid, frozenset(), None, 0, None, b"")


def _pieces(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while piece := list(islice(rest, size)):
        yield piece
