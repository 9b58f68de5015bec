"""The dry run: scan, map, predict, count. It writes a scan cache and reports, nothing else.

The scan cache is a copy of the ledger, brought up to date with the source, so that a plan in the
middle of a migration shows what is left to do.
"""

from __future__ import annotations

import json
import math
import sqlite3
import threading
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

from migrate.accounts import Account as Row
from migrate.config import Config, private_directory
from migrate.connections import Gmail, open_source
from migrate.errors import BrakeError, MailhaulError, UsageError
from migrate.gmail.quota import UNITS
from migrate.labels import ADVISED, LABELS_AT_MOST, needed
from migrate.ledger import Ledger, accounts, scanning
from migrate.progress import Progress
from migrate.report.document import Document
from migrate.report.gather import expected_units, gather, predictions
from migrate.scan import scan
from migrate.texts import Texts

CACHE = Path("state", "scan-cache.db")


def plan(
    config: Config, rows: Sequence[Row], progress: Progress, texts: Texts
) -> tuple[Document, list[MailhaulError]]:
    """The document of the dry run, and what kept accounts from being read."""
    target_error = _consult(config, rows)
    cache = config.directory / CACHE
    private_directory(cache.parent)
    _copy_ledger(config.ledger_path, cache)
    with Ledger(f"sqlite:///{cache}") as ledger:
        pairs = [(row.source_user, row.target_user) for row in rows]
        ids = ledger.write(lambda conn: accounts.enrol(conn, pairs))

        def read(row: Row) -> MailhaulError | None:
            pair = (row.source_user, row.target_user)
            return _scan(config, row, ids[pair], ledger, progress)

        with ThreadPoolExecutor(min(config.limits.accounts, len(rows))) as pool:
            errors = [error for error in pool.map(read, rows) if error]
        with ledger.read() as conn:
            document = gather(conn, "plan", None, texts, pairs)
            document.predicted = predictions(conn, pairs)
            for row, pair in zip(rows, pairs, strict=True):
                mapped = scanning.folders(conn, ids[pair])
                document.notes += _many(needed(mapped, config.label_rules(row)), row, texts)
    document.complete = not errors
    document.target_consulted = target_error is None
    document.units = expected_units(document.predicted, UNITS["messages.import"])
    document.seconds = _seconds(config, document)
    if target_error:
        document.notes.append(texts("cli.plan.target_not_consulted", reason=target_error.code))
    return document, errors


def _many(labels: Collection[str], row: Row, texts: Texts) -> list[str]:
    """What is to be said of the number of labels that one mailbox is to get."""
    told = {"user": row.target_user, "count": len(labels)}
    if len(labels) > LABELS_AT_MOST:
        return [texts("cli.plan.labels_over_limit", limit=LABELS_AT_MOST, **told)]
    if len(labels) > ADVISED:
        return [texts("cli.plan.labels_many", advised=ADVISED, **told)]
    return []


def check_against(file: Path, document: Document) -> None:
    """BrakeError unless every folder goes where the reviewed plan in `file` says."""
    try:
        reviewed = json.loads(file.read_bytes())
        before = _mapping(reviewed["accounts"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError("plan-unreadable", file=file, reason=error) from error
    now = _mapping(document.to_json()["accounts"])
    changed = sorted(key for key in before | now if before.get(key) != now.get(key))
    if changed:
        lines = [f"- {': '.join(key)}: {before.get(key)} → {now.get(key)}" for key in changed[:20]]
        raise BrakeError("plan-differs", count=len(changed), list="\n".join(lines))


def _mapping(lines: list[dict[str, Any]]) -> dict[tuple[str, str], str]:
    return {
        (f"{account['source_user']} → {account['target_user']}", folder["name"]): str(
            folder["label"] or folder["rule"]
        )
        for account in lines
        for folder in account["folders"]
    }


def _consult(config: Config, rows: Sequence[Row]) -> MailhaulError | None:
    """Whether the target answers, for the first account; only reads."""
    try:
        mailbox, _, _ = Gmail(config, threading.Event()).open(rows[0].target_user)
        mailbox.labels()
    except MailhaulError as error:
        return error
    return None


def _copy_ledger(ledger: Path, cache: Path) -> None:
    for stale in (cache, *(cache.with_name(cache.name + end) for end in ("-wal", "-shm"))):
        stale.unlink(missing_ok=True)
    if ledger.exists():
        source = sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)
        with closing(source), closing(sqlite3.connect(cache)) as copy:
            source.backup(copy)


def _scan(
    config: Config, row: Row, account_id: int, ledger: Ledger, progress: Progress
) -> MailhaulError | None:
    account = ledger.write(lambda conn: accounts.take(conn, account_id, force=True))
    assert account is not None
    failure: MailhaulError | None = None
    try:
        source = open_source(config, row)
        try:
            scan(
                source,
                ledger,
                account,
                config.label_rules(row),
                skip_deleted=config.policy.deleted == "skip",
                order=config.policy.order,
                seen=lambda count: progress.scanned(row.source_user, count),
            )
        finally:
            source.close()
            progress.close(row.source_user)
    except MailhaulError as error:
        failure = error
    state = "failed" if failure else "scanned"
    ledger.write(lambda conn: accounts.release(conn, account_id, state, failure))
    return failure


def _seconds(config: Config, document: Document) -> int:
    """How long the quota alone makes it take: the largest account, or all against the project."""
    limits = config.limits
    largest = max((each.totals.pending for each in document.accounts), default=0)
    paces = (
        (largest, limits.units_per_minute_user),
        (document.totals.pending, limits.units_per_minute_project),
    )
    times = [count * UNITS["messages.import"] * 60 / pace for count, pace in paces if pace]
    return math.ceil(max(times, default=0))
