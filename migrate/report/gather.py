"""The document of a command, from the ledger alone: any report can be made again at any time."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from sqlalchemy import Connection, Row, func, select

from migrate.explain import explain_code
from migrate.ledger import pauses, placeholders, totals
from migrate.ledger.accounts import held_now
from migrate.ledger.pauses import Paused
from migrate.ledger.tables import account, folder, message, occurrence, repair
from migrate.quarantine import path
from migrate.report.confirming import confirm
from migrate.report.document import (
    AccountLine,
    Document,
    FolderLine,
    Predicted,
    QuarantineLine,
    RepairLine,
    SkipLine,
    Totals,
)
from migrate.report.followed import followed
from migrate.report.renames import renames
from migrate.report.undone import undone
from migrate.report.words import iso
from migrate.texts import Texts

_OPEN = frozenset(totals.OPEN)
_CONFIRMING = frozenset({"run", "report"})
"""Not `status`, which is asked often and answers at once."""
_UNDOS = frozenset({"undo", "report"})


def gather(
    conn: Connection,
    command: str,
    run: str | None,
    texts: Texts,
    users: Sequence[tuple[str, str]] | None = None,
) -> Document:
    """The closed accounting of all accounts, or of the given (source, target) users."""
    rows = [
        row
        for row in conn.execute(select(account).order_by(account.c.id))
        if users is None or (row.source_user, row.target_user) in users
    ]
    stopped = pauses.paused(conn)
    accounts = [_account(conn, row, texts, stopped) for row in rows]
    whole = Totals.sum(each.totals for each in accounts)
    ids = [row.id for row in rows]
    confirmed, surprises = confirm(conn, ids) if command in _CONFIRMING else (None, None)
    seen = followed(conn, ids, run) if command in _CONFIRMING else (None, None, None)
    back = undone(conn, ids, run if command == "undo" else None) if command in _UNDOS else None
    return Document(
        command=command,
        run=run,
        complete=_complete(whole, accounts),
        totals=whole,
        accounts=accounts,
        created=iso(time.time()),
        version=version("mailhaul"),
        bytes=sum(each.bytes for each in accounts),
        confirmed=confirmed,
        surprises=surprises,
        renames=renames(conn, ids),
        repairs=_repairs(conn, ids),
        quarantine=_quarantine(conn, ids, texts),
        skips=skips(conn, ids),
        followed=seen[0],
        deleted=seen[1],
        kept=seen[2],
        undone=back[0] if back else None,
        spared=back[1] if back else None,
        paused=iso(stopped.all) if stopped.all else None,
        notes=_notes(conn, ids, texts),
    )


def predictions(conn: Connection, users: Sequence[tuple[str, str]]) -> list[Predicted]:
    """How many messages that are still to be copied the scan expects which verdict for."""
    query = (
        select(occurrence.c.predicted, occurrence.c.certain, func.count())
        .join(account, account.c.id == occurrence.c.account_id)
        .where(
            occurrence.c.predicted.is_not(None),
            occurrence.c.state.in_(totals.OPEN),
            occurrence.c.gone.is_(False),
            account.c.source_user.in_([source for source, _ in users]),
        )
        .group_by(occurrence.c.predicted, occurrence.c.certain)
        .order_by(func.count().desc(), occurrence.c.predicted)
    )
    return [Predicted(verdict, count, certain) for verdict, certain, count in conn.execute(query)]


def _complete(whole: Totals, accounts: Sequence[AccountLine]) -> bool:
    """A folder that the source did not open may hold anything: its account is not complete."""
    finished = all(each.state == "done" and not each.refused for each in accounts)
    return finished and whole.closed and whole.pending == 0 and whole.quarantined == 0


def _account(conn: Connection, row: Row[Any], texts: Texts, stopped: Paused) -> AccountLine:
    counts = totals.by_folder(conn, row.id)
    query = (
        select(folder)
        .where(folder.c.account_id == row.id, folder.c.gone.is_(False))
        .order_by(folder.c.name)
    )
    lines = []
    for each in conn.execute(query):
        states = counts.get(each.id, {})
        sums = Totals(source=each.listed, skipped=each.listed)
        for state, count in states.items():
            name = "pending" if state in _OPEN else state
            sums.source += count.messages
            setattr(sums, name, getattr(sums, name) + count.messages)
        size = sum(count.bytes for count in states.values())
        lines.append(
            FolderLine(
                each.name,
                each.label,
                sums,
                size,
                each.rule,
                each.uidvalidity,
                each.uidnext,
                _error(each.problem, each.problem_params, texts),
            )
        )
    return AccountLine(
        row.source_user,
        row.target_user,
        row.state,
        _error(row.error_code, row.error_params, texts),
        Totals.sum(line.totals for line in lines),
        lines,
        sum(line.bytes for line in lines),
        iso(since) if (since := stopped.since(row.id)) else None,
        held_now(row.lease_owner, row.lease_until),
    )


def _error(code: str | None, params: dict[str, Any] | None, texts: Texts) -> dict[str, Any] | None:
    if code is None:
        return None
    cause, cure = explain_code(code, params or {}, texts)
    return {"code": code, "cause": cause, "cure": cure}


def _repairs(conn: Connection, ids: Sequence[int]) -> list[RepairLine]:
    query = (
        select(
            account.c.source_user,
            folder.c.name,
            occurrence.c.uid,
            repair.c.field,
            repair.c.before,
            repair.c.after,
            repair.c.why,
        )
        .select_from(repair)
        .join(occurrence, occurrence.c.message_id == repair.c.message_id)
        .join(folder, folder.c.id == occurrence.c.folder_id)
        .join(account, account.c.id == occurrence.c.account_id)
        .where(account.c.id.in_(ids), occurrence.c.state.in_(["imported", "present"]))
        .order_by(account.c.id, folder.c.name, occurrence.c.uid, repair.c.id)
    )
    return [RepairLine(*row) for row in conn.execute(query)]


def _quarantine(conn: Connection, ids: Sequence[int], texts: Texts) -> list[QuarantineLine]:
    query = (
        select(
            account.c.source_user,
            account.c.target_user,
            folder.c.name,
            occurrence.c.uid,
            occurrence.c.reason,
            func.coalesce(message.c.detail, occurrence.c.detail).label("detail"),
            message.c.sha256,
        )
        .select_from(occurrence)
        .join(folder, folder.c.id == occurrence.c.folder_id)
        .join(account, account.c.id == occurrence.c.account_id)
        .outerjoin(message, message.c.id == occurrence.c.message_id)
        .where(
            account.c.id.in_(ids),
            occurrence.c.state == "quarantined",
            occurrence.c.gone.is_(False),
        )
        .order_by(account.c.id, folder.c.name, occurrence.c.uid)
    )
    lines = []
    for row in conn.execute(query):
        params = {"detail": row.detail or "", "uid": row.uid, "answer": row.detail or ""}
        cause, cure = explain_code(row.reason, params, texts)
        file = f"quarantine/{path(row.target_user, row.sha256)}" if row.sha256 else None
        lines.append(
            QuarantineLine(
                row.source_user, row.name, row.uid, row.reason, cause, cure, row.detail or "", file
            )
        )
    return lines


def _notes(conn: Connection, ids: Sequence[int], texts: Texts) -> list[str]:
    stale = len(placeholders.outdated(conn, ids))
    return [texts("report.note.placeholders", n=stale)] if stale else []


def skips(conn: Connection, ids: Sequence[int]) -> list[SkipLine]:
    """What rules left out of the accounts `ids`: whole folders, and single messages."""
    whole = (
        select(account.c.source_user, folder.c.name, folder.c.rule, folder.c.listed)
        .join(account, account.c.id == folder.c.account_id)
        .where(folder.c.account_id.in_(ids), folder.c.rule.is_not(None), folder.c.gone.is_(False))
    )
    single = (
        select(account.c.source_user, folder.c.name, occurrence.c.reason)
        .select_from(occurrence)
        .join(folder, folder.c.id == occurrence.c.folder_id)
        .join(account, account.c.id == occurrence.c.account_id)
        .where(account.c.id.in_(ids), occurrence.c.state == "skipped", occurrence.c.gone.is_(False))
    )
    counts = Counter(tuple(row) for row in conn.execute(single))
    lines = [SkipLine(*row) for row in conn.execute(whole)]
    lines += [SkipLine(user, name, rule, n) for (user, name, rule), n in counts.items()]
    return sorted(lines, key=lambda each: (each.account, each.folder))
