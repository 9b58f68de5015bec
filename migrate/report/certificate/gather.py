"""What the ledger says of one account, and whether that is complete."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from sqlalchemy import Connection, func, select

from migrate.explain import explain_code
from migrate.ledger import notices, verifications
from migrate.ledger.stale import ENDED
from migrate.ledger.tables import change, folder, message, notice, occurrence, repair, run, slice_
from migrate.ledger.tables import verification as verification_
from migrate.ledger.verifications import Verification
from migrate.report.certificate.document import (
    CauseCount,
    Certificate,
    Exception_,
    Lack,
    RepairCount,
    RunLine,
    Since,
    SkipCount,
)
from migrate.report.document import AccountLine, Totals
from migrate.report.followed import followed
from migrate.report.gather import skips
from migrate.texts import Texts

NAMED = 100
"""The most messages in quarantine that the page names."""

Marks = dict[int, tuple[int | str | None, ...]]
"""Account id → the last row about it of each table that grows with whatever a run, an undo or a
verification does, and the notice."""


def marks(conn: Connection) -> Marks:
    """Of all accounts at once: four small queries."""
    found: dict[int, list[int | str | None]] = {}
    for place, column in enumerate(
        (slice_.c.id, change.c.id, verification_.c.id, notice.c.gmail_id)
    ):
        mine = column.table.c.account_id
        for account_id, last in conn.execute(select(mine, func.max(column)).group_by(mine)):
            found.setdefault(account_id, [None] * 4)[place] = last
    return {account_id: tuple(each) for account_id, each in found.items()}


def stamp(account_id: int, line: AccountLine, known: Marks, lang: str) -> str:
    """Equal as long as nothing that a certificate states has changed."""
    facts = [asdict(line), known.get(account_id), version("mailhaul"), lang]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def gather(
    conn: Connection, account_id: int, line: AccountLine, stamp: str, texts: Texts
) -> Certificate:
    """`line` is the accounting of this account, with its folders."""
    servers = _servers(conn)
    last = verifications.last(conn, account_id)
    deep = verifications.last(conn, account_id, deep=True)
    runs = _runs(conn, account_id)
    changed, _, _ = followed(conn, [account_id], None)
    causes, named = _quarantine(conn, account_id, texts)
    brought = sum(each.messages for each in runs if last and each.started > last.started)
    return Certificate(
        account=line,
        source=servers.get("source"),
        target=servers.get("target"),
        created=time.time(),
        version=version("mailhaul"),
        lacks=list(lacks(line, last, deep)),
        runs=runs,
        skips=_skipped(conn, account_id),
        causes=causes,
        exceptions=named,
        repairs=_repairs(conn, account_id),
        verification=last,
        deep=deep,
        since=Since(
            brought if last else None,
            _touched(conn, account_id),
            changed.deleted,
            changed.kept,
            changed.open,
            notices.known(conn, account_id).gmail_id,
        ),
        stamp=stamp,
    )


def lacks(
    line: AccountLine, last: Verification | None, deep: Verification | None
) -> Iterator[Lack]:
    """Why the account is not complete; nothing when it is."""
    totals = line.totals
    sums = Totals.sum(each.totals for each in line.folders)
    if not totals.closed or sums != totals:
        yield Lack("unbalanced", 1)
    if line.state != "done":
        yield Lack("failed" if line.error else "unfinished", 1)
    if totals.pending:
        yield Lack("pending", totals.pending)
    if line.refused:
        yield Lack("refused", len(line.refused))
    # What one that read all bytes found, one that did not can't take back.
    found = max(each.differences if each else 0 for each in (last, deep))
    if found:
        yield Lack("differences", found)


def _servers(conn: Connection) -> dict[str, Any]:
    query = select(run.c.options).order_by(run.c.started.desc())
    return next((each for each in conn.scalars(query) if "source" in each), {})


def _runs(conn: Connection, account_id: int) -> list[RunLine]:
    query = (
        select(run.c.id, run.c.started, run.c.ended, func.count())
        .join(message, message.c.run_id == run.c.id)
        .where(
            message.c.account_id == account_id,
            message.c.undone.is_(None),
            message.c.state.in_(ENDED),
        )
        .group_by(run.c.id)
        .order_by(run.c.started)
    )
    return [RunLine(*row) for row in conn.execute(query)]


def _skipped(conn: Connection, account_id: int) -> list[SkipCount]:
    counted: dict[str, int] = {}
    for each in skips(conn, [account_id]):
        counted[each.rule] = counted.get(each.rule, 0) + each.count
    return [SkipCount(rule, count) for rule, count in sorted(counted.items()) if count]


def _quarantine(
    conn: Connection, account_id: int, texts: Texts
) -> tuple[list[CauseCount], list[Exception_]]:
    mine = (
        occurrence.c.account_id == account_id,
        occurrence.c.state == "quarantined",
        occurrence.c.gone.is_(False),
    )
    counts = conn.execute(
        select(occurrence.c.reason, func.count()).where(*mine).group_by(occurrence.c.reason)
    )
    detail = func.coalesce(message.c.detail, occurrence.c.detail, "")
    places = conn.execute(
        select(folder.c.name, occurrence.c.uid, occurrence.c.reason, detail.label("detail"))
        .join(folder, folder.c.id == occurrence.c.folder_id)
        .outerjoin(message, message.c.id == occurrence.c.message_id)
        .where(*mine)
        .order_by(folder.c.name, occurrence.c.uid)
        .limit(NAMED)
    )
    causes = [CauseCount(code, _cause(code, "…", "…", texts), n) for code, n in counts]
    causes.sort(key=lambda each: (-each.count, each.code))
    return causes, [
        Exception_(row.name, row.uid, _cause(row.reason, row.detail, row.uid, texts))
        for row in places
    ]


def _cause(code: str, detail: str, uid: int | str, texts: Texts) -> str:
    return explain_code(code, {"detail": detail, "answer": detail, "uid": uid}, texts)[0]


def _repairs(conn: Connection, account_id: int) -> list[RepairCount]:
    query = (
        select(repair.c.field, repair.c.why, func.count(repair.c.message_id.distinct()))
        .join(message, message.c.id == repair.c.message_id)
        .where(
            message.c.account_id == account_id,
            message.c.undone.is_(None),
            message.c.state.in_(ENDED),
        )
        .group_by(repair.c.field, repair.c.why)
        .order_by(repair.c.field, repair.c.why)
    )
    return [RepairCount(*row) for row in conn.execute(query)]


def _touched(conn: Connection, account_id: int) -> int:
    mine = (message.c.account_id == account_id, message.c.touched, message.c.undone.is_(None))
    return int(conn.scalar(select(func.count()).select_from(message).where(*mine)) or 0)
