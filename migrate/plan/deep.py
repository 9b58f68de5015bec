"""`plan --deep`: read every message that is to be copied, and say what becomes of it.

Nothing is kept of a message but its verdict and its SHA-256, which tell copies from different
messages with one Message-ID.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import islice

from migrate.body import Body
from migrate.errors import FolderRefused
from migrate.ledger import Ledger, deep
from migrate.ledger.accounts import Account
from migrate.ledger.deep import Read, Unread
from migrate.message import examine
from migrate.scan import Scanned
from migrate.source import Fetched, Source

_ROWS = 500


def read_all(
    source: Source,
    ledger: Ledger,
    account: Account,
    folders: Scanned,
    *,
    mend_from: bool,
    seen: Callable[[int, int], None],
) -> None:
    """Look into everything pending in `folders`; `seen` is told of messages and bytes."""
    for folder_id, mapped in folders.items():
        with ledger.read() as conn:
            unread = list(deep.unread(conn, folder_id))
        if not unread:
            continue
        try:
            source.examine(mapped.folder)
        except FolderRefused:
            continue  # the scan could open it a moment ago; what it predicted stands
        rest = iter(unread)
        while piece := list(islice(rest, _ROWS)):
            found = list(_read(source, piece, mend_from=mend_from))
            ledger.write(partial(deep.note, found=found), account.lease)
            seen(len(piece), sum(each.size for each in piece))
    ledger.write(lambda conn: deep.tell_apart(conn, account.id), account.lease)


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
