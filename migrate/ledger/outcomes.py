"""Outcomes: what became of a message and of each of its occurrences."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Table,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from migrate.ledger.bulk import Bulk
from migrate.ledger.stale import settle
from migrate.ledger.tables import baseline, message, notice, occurrence, repair
from migrate.message import Repair
from migrate.pieces import padded, pieces

_ANEW = {
    "stale": True,
    "touched": None,
    "unsure": None,
    "deleted": None,
    "kept": None,
    "undone": None,
}
"""Of a message that is in Gmail again: all its copies are weighed once more."""


@dataclass(frozen=True, slots=True)
class Known:
    """A message of ours that Gmail holds."""

    sha256: str
    header_id: str | None
    gmail_id: str
    thread_id: str
    labels: frozenset[str]
    draft_id: str | None = None
    """Set for a real draft; it stays when the owner writes on and Gmail replaces the message."""
    row: int | None = None
    """Its id in the ledger; None while it is on its way there."""
    undone: bool = False
    """An undo moved it to Trash."""
    basis: Mapping[str, Any] | None = None
    """What its form depended on, of one that is undone."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one message: written in one transaction with all its occurrences."""

    account_id: int
    sha256: str
    size: int
    state: str
    """`imported`, `present`, `merged` (policy "gmail"), `skipped` (by its size), `quarantined`."""
    occurrences: tuple[tuple[int, str, str | None], ...]
    """(occurrence id, class, reason)."""
    run_id: str
    header_id: str | None = None
    reason: str | None = None
    detail: str | None = None
    gmail_id: str | None = None
    thread_id: str | None = None
    date: int | None = None
    basis: Mapping[str, str | float | bool | None] | None = None
    labels: frozenset[str] = frozenset()
    labels_before: frozenset[str] | None = None
    repairs: tuple[Repair, ...] = ()
    draft_id: str | None = None

    @property
    def known(self) -> Known | None:
        if self.gmail_id is None or self.thread_id is None:
            return None
        return Known(
            self.sha256,
            self.header_id,
            self.gmail_id,
            self.thread_id,
            self.labels,
            self.draft_id,
        )


# SQLite takes an index for each side of an OR only if each side names all columns of it, and were
# gmail_id a condition, it would take that one's: it would read the whole account.
_MINE = message.c.account_id == bindparam("account")
_FIND = (
    select(message)
    .where(
        or_(
            and_(_MINE, message.c.sha256 == bindparam("sha")),
            and_(_MINE, message.c.header_id == bindparam("header")),
        )
    )
    .order_by(message.c.id)
)


def find(conn: Connection, account_id: int, sha256: str, header_id: str | None) -> list[Known]:
    """Messages of ours with these bytes or this Message-ID that Gmail holds, oldest first."""
    wanted = {"account": account_id, "sha": sha256, "header": header_id}
    return [
        Known(
            r.sha256,
            r.header_id,
            r.gmail_id,
            r.thread_id,
            frozenset(r.labels),
            r.draft_id,
            r.id,
            r.undone is not None,
            r.basis if r.undone else None,
        )
        for r in conn.execute(_FIND, wanted)
        if r.gmail_id is not None
    ]


def ours(conn: Connection, account_id: int, gmail_ids: Sequence[str]) -> set[str]:
    """Those of `gmail_ids` that are messages of ours, stand for one that is missing, or tell their
    owner of all this."""
    return {
        each
        for column in _OURS
        for each in conn.scalars(
            select(column).where(column.table.c.account_id == account_id, column.in_(gmail_ids))
        )
    }


def names(conn: Connection, account_id: int) -> Iterator[str]:
    """All that `find`, `ours` and the baseline may be asked for: hashes, Message-IDs, Gmail ids."""
    for table, columns in _NAMES.items():
        query = select(*columns).where(table.c.account_id == account_id)
        if table is occurrence:
            query = query.where(occurrence.c.placeholder_id.is_not(None))
        for row in conn.execution_options(yield_per=10_000).execute(query):
            yield from (name for name in row if name is not None)


def name_count(conn: Connection, account_id: int) -> int:
    """About how many `names` there are."""
    counts = (
        conn.scalar(select(func.count()).where(table.c.account_id == account_id))
        for table in (message, baseline)
    )
    messages, before = (int(each or 0) for each in counts)
    return 3 * messages + before


_OURS = (
    message.c.gmail_id,
    message.c.placeholder_id,
    occurrence.c.placeholder_id,
    notice.c.gmail_id,
)
_NAMES: dict[Table, tuple[Column[Any], ...]] = {
    message: (
        message.c.sha256,
        message.c.header_id,
        message.c.gmail_id,
        message.c.placeholder_id,
    ),
    occurrence: (occurrence.c.placeholder_id,),
    notice: (notice.c.gmail_id,),
    baseline: (baseline.c.gmail_id,),
}

_COLUMNS = (
    "account_id",
    "sha256",
    "size",
    "header_id",
    "state",
    "reason",
    "detail",
    "gmail_id",
    "thread_id",
    "date",
    "basis",
    "labels",
    "labels_before",
    "draft_id",
    "run_id",
)
_INSERT = Bulk(insert(message), _COLUMNS)
_UPDATE = Bulk(
    update(message)
    .where(message.c.id == bindparam("row"))
    .values({name: bindparam(name) for name in (*_COLUMNS, *_ANEW)})
)
_CLOSE = Bulk(
    update(occurrence)
    .where(occurrence.c.id == bindparam("row"))
    .values(
        state=bindparam("state"),
        reason=bindparam("reason"),
        message_id=select(message.c.id)
        .where(message.c.account_id == bindparam("account"), message.c.sha256 == bindparam("sha"))
        .scalar_subquery(),
    )
)
_IDS = select(message.c.account_id, message.c.sha256, message.c.id).where(
    message.c.account_id.in_(bindparam("accounts", expanding=True)),
    message.c.sha256.in_(bindparam("hashes", expanding=True)),
)


def record(conn: Connection, found: Sequence[Outcome]) -> None:
    """Write outcomes: message rows made or brought up to date, their occurrences closed.

    Of two for the same message the later one counts.
    """
    for piece in pieces(found):
        # The same message twice is rare, and its second row has to find the first.
        latest = {(each.account_id, each.sha256): each for each in piece}
        ids = _message_ids(conn, latest.keys())
        fresh = [_row(each) for key, each in latest.items() if key not in ids]
        again = [
            _row(each) | _ANEW | {"row": ids[key]} for key, each in latest.items() if key in ids
        ]
        _INSERT.run(conn, fresh)
        if again:
            rows = [each["row"] for each in again]
            _UPDATE.run(conn, again)
            conn.execute(delete(repair).where(repair.c.message_id.in_(rows)))
        _CLOSE.run(
            conn,
            [
                {
                    "account": each.account_id,
                    "sha": each.sha256,
                    "row": row,
                    "state": state,
                    "reason": reason,
                }
                for each in piece
                for row, state, reason in each.occurrences
            ],
        )
        _put_repairs(conn, [each for each in latest.values() if each.repairs])


def _put_repairs(conn: Connection, found: Sequence[Outcome]) -> None:
    if found:
        ids = _message_ids(conn, {(each.account_id, each.sha256) for each in found})
        rows = [
            {
                "message_id": ids[each.account_id, each.sha256],
                "field": one.field,
                "before": one.before,
                "after": one.after,
                "why": one.why,
            }
            for each in found
            for one in each.repairs
        ]
        conn.execute(insert(repair), rows)


def _message_ids(conn: Connection, keys: Collection[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """(Account id, SHA-256) → id of those that have a row."""
    if not keys:
        return {}
    some = {
        "accounts": padded([*{account for account, _ in keys}]),
        "hashes": padded([*{sha256 for _, sha256 in keys}]),
    }
    return {(row.account_id, row.sha256): row.id for row in conn.execute(_IDS, some)}


def _row(outcome: Outcome) -> dict[str, Any]:
    """For `Bulk`."""
    before = outcome.labels_before
    return {
        "account_id": outcome.account_id,
        "sha256": outcome.sha256,
        "size": outcome.size,
        "header_id": outcome.header_id,
        "state": outcome.state,
        "reason": outcome.reason,
        "detail": outcome.detail,
        "gmail_id": outcome.gmail_id,
        "thread_id": outcome.thread_id,
        "date": outcome.date,
        "basis": json.dumps(outcome.basis),
        "labels": json.dumps(sorted(outcome.labels)),
        "labels_before": json.dumps(None if before is None else sorted(before)),
        "draft_id": outcome.draft_id,
        "run_id": outcome.run_id,
    }


def add_copies(
    conn: Connection,
    account_id: int,
    sha256: str,
    labels: frozenset[str],
    occurrences: tuple[tuple[int, str, str | None], ...],
) -> None:
    """More occurrences of a message that Gmail holds already, and the labels they brought.

    It is stale: what else they say of it, as that it was read, is weighed with all its copies.
    Where the source has none of the earlier ones any more, a copy takes over their class.
    """
    mine = (message.c.account_id == account_id, message.c.sha256 == sha256)
    message_id = conn.scalars(select(message.c.id).where(*mine)).one()
    conn.execute(update(message).where(*mine).values(labels=sorted(labels), stale=True))
    _close(conn, [(message_id, *each) for each in occurrences])
    settle(conn, [message_id])


def close_unread(conn: Connection, occurrence_ids: Sequence[int], why: tuple[str, str]) -> None:
    """Occurrences whose bytes the source does not hand out: only why, (code, its words)."""
    conn.execute(
        update(occurrence)
        .where(occurrence.c.id.in_(occurrence_ids))
        .values(state="quarantined", reason=why[0], detail=why[1], message_id=None)
    )


def _close(conn: Connection, closed: Sequence[tuple[int, int, str, str | None]]) -> None:
    """(Message id, occurrence id, class, reason) each."""
    if closed:
        conn.execute(
            update(occurrence).where(occurrence.c.id == bindparam("row")),
            [
                {"message_id": message_id, "row": row, "state": state, "reason": reason}
                for message_id, row, state, reason in closed
            ],
        )
