"""The scan: what the source holds, into the ledger. No body is fetched."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Any

from migrate.labels import LabelRules, Mapped, map_folders
from migrate.ledger import Ledger, scanning
from migrate.ledger.accounts import Account
from migrate.message import Header, conversation, message_id, parse_date, predict
from migrate.source import Listed, Source

_ROWS = 500

Scanned = dict[int, Mapped]
"""Ledger id of a folder → what becomes of it; only folders whose messages are copied."""


def scan(
    source: Source,
    ledger: Ledger,
    account: Account,
    rules: LabelRules,
    *,
    skip_deleted: bool,
    order: str,
    seen: Callable[[int], None] = lambda _: None,
) -> Scanned:
    """Bring the ledger up to date with the source: new messages, those that are gone, the order.

    `seen` is told how many new messages each step brought.
    """
    copied: Scanned = {}
    kept: list[int] = []
    with ledger.read() as conn:
        rules = replace(rules, settled=scanning.labels(conn, account.id))
    for mapped in map_folders(source.folders(), rules):
        if not mapped.folder.selectable:
            continue
        state = source.examine(mapped.folder)
        put = partial(
            scanning.put_folder,
            account_id=account.id,
            mapped=mapped,
            uidvalidity=state.uidvalidity,
            listed=state.exists,
        )
        folder_id = ledger.write(put, account.lease)
        kept.append(folder_id)
        if mapped.rule:
            continue
        copied[folder_id] = mapped
        _scan_folder(source, ledger, account, folder_id, skip_deleted, seen)
    ledger.write(lambda conn: scanning.drop_other_folders(conn, account.id, kept), account.lease)
    ledger.write(lambda conn: scanning.put_in_order(conn, account.id, order), account.lease)
    return copied


def _scan_folder(
    source: Source,
    ledger: Ledger,
    account: Account,
    folder_id: int,
    skip_deleted: bool,
    seen: Callable[[int], None],
) -> None:
    with ledger.read() as conn:
        new, gone = _differences(source.uids(), scanning.known_uids(conn, folder_id))
    if gone:
        ledger.write(lambda conn: scanning.mark_gone(conn, folder_id, gone), account.lease)
    now = datetime.now(UTC)
    for uids in _pieces(new, _ROWS):
        listed = {each.uid: each for each in source.scan(uids)}
        # A server that lists a UID and then says nothing of it may still hand out the message.
        rows = [
            _row(listed.get(uid) or _unseen(uid), now, skip_deleted)
            | {"account_id": account.id, "folder_id": folder_id}
            for uid in uids
        ]
        ledger.write(partial(scanning.add_occurrences, rows=rows), account.lease)
        seen(len(rows))


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


def _row(listed: Listed, now: datetime, skip_deleted: bool) -> dict[str, Any]:
    header = Header.parse(listed.header)
    fields = hashlib.sha256(listed.header).hexdigest()[:20]
    bundle = message_id(header) or f"?{listed.size}:{fields}"
    dates = [parse_date(value) for value in header.get("Date")[:1]]
    at = listed.internal_date or (dates[0] if dates else None)
    expected = predict(header, size=listed.size, internal_date=listed.internal_date, now=now)
    skipped = skip_deleted and "\\Deleted" in listed.flags
    return {
        "uid": listed.uid,
        "flags": " ".join(sorted(listed.flags)),
        "internal_date": listed.internal_date.isoformat() if listed.internal_date else None,
        "at": int(at.timestamp()) if at else 0,
        "size": listed.size,
        "email_id": listed.email_id,
        "bundle": bundle,
        "conversation": conversation(header) or bundle,
        "predicted": expected[0].verdict,
        "certain": expected[0].certain,
        "state": "skipped" if skipped else "pending",
        "reason": "deleted" if skipped else None,
    }


def _unseen(uid: int) -> Listed:
    return Listed(uid, frozenset(), None, 0, None, b"")


def _pieces(items: Iterable[int], size: int) -> Iterator[list[int]]:
    rest = iter(items)
    while piece := list(islice(rest, size)):
        yield piece
