"""What the scan writes: folders and occurrences."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, or_, select, update
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from migrate.errors import FolderRefused
from migrate.labels import Mapped
from migrate.ledger import stale
from migrate.ledger.bulk import Bulk
from migrate.ledger.tables import folder, occurrence
from migrate.pieces import padded, pieces
from migrate.source import FolderState


@dataclass(frozen=True, slots=True)
class FolderRow:
    id: int
    raw: bytes
    name: str
    uidvalidity: int
    label: str | None
    system: bool
    rule: str | None
    renamed: str | None
    listed: int = 0
    seen: dict[str, int | None] | None = None
    problem: str | None = None

    def same(self, mapped: Mapped, told: FolderState) -> bool:
        """Whether nothing has happened in the folder since it was last seen, nor to what becomes
        of it. Without a mod-sequence nobody can tell (RFC 7162 3.1.2)."""
        now = (mapped.folder.name, mapped.label, mapped.system, mapped.rule, mapped.renamed)
        if now != (self.name, self.label, self.system, self.rule, self.renamed):
            return False
        if self.problem or not told.uidvalidity or told.uidvalidity != self.uidvalidity:
            return False
        if self.rule:
            return self.listed == told.exists
        return bool(told.highestmodseq) and self.seen == _seen(told)


def _seen(state: FolderState) -> dict[str, int | None]:
    return {
        "uidnext": state.uidnext,
        "messages": state.exists,
        "highestmodseq": state.highestmodseq,
    }


def put_folder(
    conn: Connection,
    account_id: int,
    mapped: Mapped,
    uidvalidity: int,
    listed: int,
    ceiling: int | None = None,
) -> int:
    """The row of a folder, made or brought up to date; older UIDVALIDITYs of it are gone.

    A folder with as many messages as the server ever shows (`ceiling`) may hold more. Without a
    UIDVALIDITY (0) UIDs mean nothing beyond a session (RFC 9051 2.3.1.1): then the folder is new
    each time, and that a message was copied already is seen by its bytes.
    """
    raw = mapped.folder.raw
    full = ceiling is not None and listed >= ceiling and not mapped.rule
    values = {
        "name": mapped.folder.name,
        "label": mapped.label,
        "system": mapped.system,
        "rule": mapped.rule,
        "renamed": mapped.renamed,
        "listed": listed if mapped.rule else 0,
        "problem": "source-ceiling" if full else None,
        "problem_params": {"folder": mapped.folder.name, "count": listed} if full else None,
        "gone": False,
    }
    mine = (folder.c.account_id == account_id, folder.c.raw == raw)
    if uidvalidity == 0:
        forgotten = update(folder).where(*mine, folder.c.uidvalidity == 0)
        conn.execute(forgotten.values(uidvalidity=-folder.c.id))
    _drop(
        conn,
        list(conn.scalars(select(folder.c.id).where(*mine, folder.c.uidvalidity != uidvalidity))),
    )
    known = conn.execute(
        select(folder.c.id, folder.c.label).where(*mine, folder.c.uidvalidity == uidvalidity)
    ).first()
    if known is not None:
        if mapped.rule:
            _leave_out(conn, known.id)
        elif known.label != mapped.label:
            stale.mark(conn, occurrence.c.folder_id == known.id)
        conn.execute(update(folder).where(folder.c.id == known.id).values(**values))
        return int(known.id)
    row = {"account_id": account_id, "raw": raw, "uidvalidity": uidvalidity}
    key = conn.execute(insert(folder).values(**row, **values)).inserted_primary_key
    assert key is not None
    return int(key[0])


def _leave_out(conn: Connection, folder_id: int) -> int:
    """Count no single messages any more, `listed` does; should the rule go, the next scan brings
    them back. How many there were."""
    there = update(occurrence).where(
        occurrence.c.folder_id == folder_id, occurrence.c.gone.is_(False)
    )
    conn.execute(update(folder).where(folder.c.id == folder_id).values(seen=None))
    return conn.execute(there.values(gone=True)).rowcount


def _drop(conn: Connection, folder_ids: Sequence[int]) -> None:
    """The source has these folders no longer, and nothing of what was in them there."""
    for some in pieces(folder_ids):
        there = (occurrence.c.folder_id.in_(some), occurrence.c.gone.is_(False))
        stale.mark(conn, *there)
        conn.execute(update(occurrence).where(*there).values(gone=True))
        conn.execute(update(folder).where(folder.c.id.in_(some)).values(gone=True, seen=None))


def set_problem(conn: Connection, folder_id: int, refusal: FolderRefused) -> None:
    """The source did not open this folder; until a scan opens it again."""
    params = {key: str(value) for key, value in refusal.params.items()}
    conn.execute(
        update(folder)
        .where(folder.c.id == folder_id)
        .values(problem=refusal.code, problem_params=params)
    )


def put_refused(conn: Connection, account_id: int, mapped: Mapped, refusal: FolderRefused) -> int:
    """A folder that the source did not open: what is known of it stays as it is.

    Where a rule leaves the folder out that is no problem: nothing of it is wanted.
    """
    mine = (folder.c.account_id == account_id, folder.c.raw == mapped.folder.raw)
    known = conn.execute(
        select(folder.c.id, folder.c.listed).where(*mine, folder.c.gone.is_(False))
    ).first()
    values: dict[str, Any] = {
        "name": mapped.folder.name,
        "label": mapped.label,
        "system": mapped.system,
        "rule": mapped.rule,
        "renamed": mapped.renamed,
        "problem": None,
        "problem_params": None,
        "gone": False,
    }
    if known is None:
        folder_id = _put(conn, account_id, mapped.folder.raw, values)
    else:
        folder_id = int(known.id)
        values["listed"] = (_leave_out(conn, folder_id) or known.listed) if mapped.rule else 0
        conn.execute(update(folder).where(folder.c.id == folder_id).values(**values))
    if not mapped.rule:
        set_problem(conn, folder_id, refusal)
    return folder_id


def put_unlisted(conn: Connection, account_id: int, what: Sequence[str]) -> list[int]:
    """What the list of folders did not tell, as folders that were not opened."""
    rows = []
    for each in what:
        problem = {"problem": "source-unlisted", "problem_params": {"folder": each}}
        raw = b"\0" + each.encode("utf-8", "surrogatepass")  # no folder's name has a NUL
        rows.append(_put(conn, account_id, raw, {"name": each, "gone": False} | problem))
    return rows


def _put(conn: Connection, account_id: int, raw: bytes, values: dict[str, Any]) -> int:
    """The row of a folder whose UIDVALIDITY is not known."""
    key = {"account_id": account_id, "raw": raw, "uidvalidity": 0}
    there = [folder.c[name] == value for name, value in key.items()]
    known = conn.scalar(select(folder.c.id).where(*there))
    if known is None:
        made = conn.execute(insert(folder).values(**key, **values)).inserted_primary_key
        assert made is not None
        return int(made[0])
    conn.execute(update(folder).where(folder.c.id == known).values(**values))
    return int(known)


def drop_other_folders(conn: Connection, account_id: int, kept: Collection[int]) -> None:
    """Mark the folders that the source no longer has."""
    mine = conn.scalars(select(folder.c.id).where(folder.c.account_id == account_id))
    _drop(conn, sorted(set(mine) - set(kept)))


def folders(conn: Connection, account_id: int) -> list[FolderRow]:
    """The folders that the source has now."""
    query = (
        select(folder)
        .where(folder.c.account_id == account_id, folder.c.gone.is_(False))
        .order_by(folder.c.id)
    )
    return [
        FolderRow(
            r.id,
            r.raw,
            r.name,
            r.uidvalidity,
            r.label,
            r.system,
            r.rule,
            r.renamed,
            r.listed,
            r.seen,
            r.problem,
        )
        for r in conn.execute(query)
    ]


def labels(conn: Connection, account_id: int) -> dict[bytes, str]:
    """Wire name of a folder → the user label that its mail went to so far."""
    query = (
        select(folder.c.raw, folder.c.label)
        .where(
            folder.c.account_id == account_id,
            folder.c.label.is_not(None),
            folder.c.system.is_(False),
        )
        .order_by(folder.c.id)
    )
    return {row.raw: row.label for row in conn.execute(query)}


def standing(conn: Connection, folder_id: int) -> tuple[int, dict[str, int | None] | None]:
    """How many messages of a folder are in the ledger and not gone, and its `seen`."""
    count = conn.scalar(
        select(func.count()).where(
            occurrence.c.folder_id == folder_id, occurrence.c.gone.is_(False)
        )
    )
    return int(count or 0), conn.scalar(select(folder.c.seen).where(folder.c.id == folder_id))


def set_seen(conn: Connection, folder_id: int, state: FolderState) -> None:
    """All that was in the folder in `state` is in the ledger."""
    conn.execute(update(folder).where(folder.c.id == folder_id).values(seen=_seen(state)))


def known_flags(conn: Connection, folder_id: int) -> Iterator[tuple[int, str]]:
    """(UID, flags) of what of a folder is in the ledger and not gone, by UID."""
    query = (
        select(occurrence.c.uid, occurrence.c.flags)
        .where(occurrence.c.folder_id == folder_id, occurrence.c.gone.is_(False))
        .order_by(occurrence.c.uid)
    )
    for row in conn.execution_options(yield_per=10_000).execute(query):
        yield row.uid, row.flags


def flags_of(conn: Connection, folder_id: int, uids: Sequence[int]) -> dict[int, str]:
    """UID → flags of those that are in the ledger and not gone."""
    query = select(occurrence.c.uid, occurrence.c.flags).where(
        occurrence.c.folder_id == folder_id,
        occurrence.c.uid.in_(uids),
        occurrence.c.gone.is_(False),
    )
    return {row.uid: row.flags for row in conn.execute(query)}


def mark_gone(conn: Connection, folder_id: int, uids: Iterable[int]) -> None:
    """The source no longer has these messages, or says so; the next scan looks again."""
    for some in pieces(uids):
        there = (occurrence.c.folder_id == folder_id, occurrence.c.uid.in_(some))
        stale.mark(conn, *there)
        conn.execute(update(occurrence).where(*there).values(gone=True))
    conn.execute(update(folder).where(folder.c.id == folder_id).values(seen=None))


_DEFAULTS: dict[str, Any] = {
    each.name: each.default.arg if isinstance(each.default, ScalarElementColumnDefault) else None
    for each in occurrence.c
    if each is not occurrence.c.id
}
_INSERT = Bulk(insert(occurrence), tuple(_DEFAULTS))
_THERE = select(occurrence.c.uid).where(
    occurrence.c.folder_id == bindparam("folder"),
    occurrence.c.uid.in_(bindparam("uids", expanding=True)),
)
_NEXT = (
    update(folder)
    .where(
        folder.c.id == bindparam("folder"),
        or_(folder.c.uidnext.is_(None), folder.c.uidnext < bindparam("next")),
    )
    .values(uidnext=bindparam("next"))
)


def add_occurrences(conn: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """New occurrences of one folder, as dicts of the table's columns.

    One that was gone and is back is the same message (RFC 9051 2.3.1.1) and keeps its state.
    """
    if not rows:
        return
    uids, folder_id = [row["uid"] for row in rows], rows[0]["folder_id"]
    back = set(conn.scalars(_THERE, {"folder": folder_id, "uids": padded(uids)}))
    if back:
        again = (occurrence.c.folder_id == folder_id, occurrence.c.uid.in_(uids))
        conn.execute(update(occurrence).where(*again).values(gone=False))
        stale.mark(conn, *again)
        now = {row["uid"]: row.get("flags", "") for row in rows if row["uid"] in back}
        stale.set_flags(conn, folder_id, now)
    if fresh := [row for row in rows if row["uid"] not in back]:
        _INSERT.run(conn, [_DEFAULTS | each for each in fresh])
    conn.execute(_NEXT, {"folder": folder_id, "next": max(uids) + 1})


_PENDING = (
    select(occurrence.c.id)
    .where(
        occurrence.c.account_id == bindparam("account"),
        occurrence.c.state == "pending",
        occurrence.c.gone.is_(False),
    )
    .limit(1)
)


def any_pending(conn: Connection, account_id: int) -> bool:
    """Whether anything is still to be claimed."""
    return conn.scalar(_PENDING, {"account": account_id}) is not None
