"""The dry run: scan, map, predict, count. It writes a scan cache and reports, nothing else.

The scan cache is a copy of the ledger, brought up to date with the source, so that a plan in the
middle of a migration shows what is left to do.
"""

from __future__ import annotations

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
from migrate.errors import MailhaulError
from migrate.gmail.quota import UNITS
from migrate.labels import ADVISED, LABELS_AT_MOST, needed
from migrate.ledger import Ledger, accounts, scanning, waiting
from migrate.ledger.accounts import Account
from migrate.plan.changes import changes
from migrate.plan.deep import read_all
from migrate.plan.reviewed import Pair, Reviewed
from migrate.progress import Progress
from migrate.report.document import Document
from migrate.report.gather import expected_units, gather, predictions
from migrate.scan import Look, Scanned, scan
from migrate.texts import Texts


def plan(
    config: Config,
    rows: Sequence[Row],
    progress: Progress,
    texts: Texts,
    *,
    deep: bool = False,
    old: Reviewed | None = None,
) -> tuple[Document, list[MailhaulError]]:
    """The document of the dry run, and what kept accounts from being read.

    With `deep` every message is read; with `old` the document says what has changed since.
    """
    target_error = _consult(config, rows)
    private_directory(config.scan_cache.parent)
    _copy_ledger(config.ledger_path, config.scan_cache)
    with Ledger(f"sqlite:///{config.scan_cache}") as ledger:
        pairs = [(row.source_user, row.target_user) for row in rows]
        ids = ledger.write(lambda conn: accounts.enrol(conn, pairs))
        desk = _Desk(config, ledger, progress, deep)
        with ThreadPoolExecutor(min(config.limits.accounts, len(rows))) as pool:
            found = pool.map(
                lambda row: desk.look(row, ids[row.source_user, row.target_user]), rows
            )
            errors = [error for error in found if error]
        with ledger.read() as conn:
            document = gather(conn, "plan", None, texts, pairs)
            document.predicted = predictions(conn, pairs)
            for row, pair in zip(rows, pairs, strict=True):
                mapped = scanning.folders(conn, ids[pair])
                document.notes += _many(needed(mapped, config.label_rules(row)), row, texts)
        document.settings = _settings(config)
        if old:
            document.changes = changes(old, document, pairs, _left(ledger, old, ids))
    document.complete = not errors
    document.target_consulted = target_error is None
    document.units = expected_units(document.predicted, UNITS["messages.import"])
    document.seconds = _seconds(config, document)
    if target_error:
        document.notes.append(texts("cli.plan.target_not_consulted", reason=target_error.code))
    return document, errors


def _settings(config: Config) -> dict[str, Any]:
    """What decides about folders and messages."""
    sections = {"labels": config.labels, "filters": config.filters, "policy": config.policy}
    return {name: section.model_dump(mode="json") for name, section in sections.items()}


def _many(labels: Collection[str], row: Row, texts: Texts) -> list[str]:
    """What is to be said of the number of labels that one mailbox is to get."""
    told = {"user": row.target_user, "count": len(labels)}
    if len(labels) > LABELS_AT_MOST:
        return [texts("cli.plan.labels_over_limit", limit=LABELS_AT_MOST, **told)]
    if len(labels) > ADVISED:
        return [texts("cli.plan.labels_many", advised=ADVISED, **told)]
    return []


def _left(ledger: Ledger, old: Reviewed, ids: dict[Pair, int]) -> dict[tuple[Pair, str], int]:
    """Account and folder → how many of the messages that the old plan counted are still there."""
    found = {}
    with ledger.read() as conn:
        for account in old.accounts:
            for each in account.folders:
                if account.pair in ids and each.uidnext is not None and not each.rule:
                    there = waiting.count_below(conn, ids[account.pair], each.name, each.uidnext)
                    found[account.pair, each.name] = there
    return found


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
        source = sqlite3.connect(f"{ledger.as_uri()}?mode=ro", uri=True)
        with closing(source), closing(sqlite3.connect(cache)) as copy:
            source.backup(copy)


class _Desk:
    """Looks at accounts, several at a time."""

    def __init__(self, config: Config, ledger: Ledger, progress: Progress, deep: bool) -> None:
        self._config, self._ledger = config, ledger
        self._progress, self._deep = progress, deep

    def look(self, row: Row, account_id: int) -> MailhaulError | None:
        """Into the ledger what the account holds; the error when that fails."""
        account = self._ledger.write(lambda conn: accounts.take(conn, account_id, force=True))
        assert account is not None
        failure: MailhaulError | None = None
        try:
            self._read(row, account)
        except MailhaulError as error:
            failure = error
        state = "failed" if failure else "scanned"
        self._ledger.write(lambda conn: accounts.release(conn, account_id, state, failure))
        return failure

    def _read(self, row: Row, account: Account) -> None:
        config, user = self._config, row.source_user
        rules = config.label_rules(row)
        mend = config.policy.refused == "repair"
        look = Look(rules, config.message_filters, config.policy.order, None, mend, structure=True)
        source = open_source(config, row)
        try:
            folders = scan(
                source, self._ledger, account, look, lambda n: self._progress.scanned(user, n)
            )
            if self._deep:
                self._open(user, account, folders)
                read_all(
                    source,
                    self._ledger,
                    account,
                    folders,
                    mend_from=mend,
                    seen=lambda n, size: self._progress.done(user, n, size),
                )
        finally:
            source.close()
            self._progress.close(user)

    def _open(self, user: str, account: Account, folders: Scanned) -> None:
        with self._ledger.read() as conn:
            left = [waiting.pending(conn, folder_id) for folder_id in folders]
        messages, size = (sum(each) for each in zip(*left, strict=True)) if left else (0, 0)
        self._progress.open(user, messages, size, "read")


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
