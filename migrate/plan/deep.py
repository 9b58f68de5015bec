"""`plan --deep`: read every message that is to be copied, and say what becomes of it.

Nothing is kept of a message but its verdict and its SHA-256, which tell copies from different
messages with one Message-ID. What an earlier plan has read is not read again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial

from migrate.body import Body
from migrate.errors import FolderRefused
from migrate.forecast import predictor
from migrate.ledger import Ledger, deep, shared
from migrate.ledger.accounts import Account
from migrate.ledger.deep import Read, Unread
from migrate.message import examine
from migrate.scan import Scanned
from migrate.source import Fetched, Source

_ROWS = 100  # a connection that breaks costs no more


def read_all(
    source: Source,
    ledger: Ledger,
    account: Account,
    folders: Scanned,
    *,
    mend_from: bool,
    stop: threading.Event,
    seen: Callable[[int, int], None],
) -> None:
    """Look into everything pending in `folders` until it is read or `stop` is set; `seen` is told
    of messages and bytes."""
    by = predictor(mend_from=mend_from)
    for folder_id, mapped in folders.items():
        last, opened = 0, False
        while not stop.is_set():
            with ledger.read() as conn:
                piece = deep.unread(conn, folder_id, after=last, limit=_ROWS)
            if not piece:
                break
            last = piece[-1].uid
            try:
                if not opened:
                    source.examine(mapped.folder)
                opened = True
            except FolderRefused:
                break  # the scan could open it a moment ago; what it predicted stands
            found = list(_read(source, piece, mend_from=mend_from))
            ledger.write(partial(deep.note, found=found, predictor=by), account.lease)
            seen(len(piece), sum(each.size for each in piece))
    ledger.write(lambda conn: shared.mark_shared_ids(conn, account.id), account.lease)


def _read(source: Source, piece: list[Unread], *, mend_from: bool) -> Iterator[Read]:
    now = datetime.now(UTC)
    by_uid = {each.uid: each for each in piece}
    for fetched in source.fetch([(each.uid, each.size) for each in piece]):
        yield _judged(by_uid[fetched.uid], fetched, now, mend_from=mend_from)


def _judged(row: Unread, fetched: Fetched, now: datetime, *, mend_from: bool) -> Read:
    if not isinstance(fetched.body, Body):
        return Read(row.id, "source-unreadable", True, None)
    with fetched.body as body:
        verdict = examine(body, internal_date=row.internal_date, now=now, mend_from=mend_from)[0]
        return Read(row.id, verdict.verdict, verdict.certain, body.sha256())
