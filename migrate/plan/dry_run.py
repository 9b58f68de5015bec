"""The dry run: scan, map, predict, count. It writes a scan cache and reports, nothing else."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from migrate.accounts import Account as Row
from migrate.config import Config, private_directory
from migrate.connections import Gmail, open_source
from migrate.daily import DAY, DailyBytes
from migrate.errors import MailhaulError, SourceLost, StateError
from migrate.expected import allowed
from migrate.forecast import Forecast, predictor
from migrate.gmail.quota import Stopped
from migrate.gmail.units import UNITS
from migrate.labels import ADVISED, LABELS_AT_MOST, needed
from migrate.ledger import Ledger, accounts, scanning, totals, waiting
from migrate.ledger import deep as bodies
from migrate.ledger.accounts import Account
from migrate.ledger.order import Order
from migrate.plan import cache
from migrate.plan.changes import changes
from migrate.plan.deep import read_all
from migrate.plan.reviewed import Pair, Reviewed
from migrate.progress import Allowed, Progress
from migrate.progress.eta import seconds_left
from migrate.report.document import Document
from migrate.report.gather import gather, predictions
from migrate.scan import Look, Scanned, scan
from migrate.source.patience import RECONNECTS, reconnect_delay
from migrate.texts import Texts


def plan(
    config: Config,
    rows: Sequence[Row],
    progress: Progress,
    texts: Texts,
    *,
    deep: bool = False,
    old: Reviewed | None = None,
    stop: threading.Event | None = None,
) -> tuple[Document, list[MailhaulError]]:
    """The document of the dry run, and what kept accounts from being read.

    With `deep` every message is read, until `stop` is set; the next plan goes on from there. With
    `old` the document says what has changed since.
    """
    target_error = _consult(config, rows)
    private_directory(config.scan_cache.parent)
    by = predictor(mend_from=config.policy.refused == "repair")
    cache.renew(config.ledger_path, config.scan_cache, by)
    with _opened(config) as ledger:
        pairs = [row.pair for row in rows]
        ids = ledger.write(lambda conn: accounts.enrol(conn, pairs))
        desk = _Desk(config, ledger, progress, deep, stop or threading.Event())
        with ThreadPoolExecutor(min(config.limits.accounts, len(rows))) as pool:
            found = pool.map(lambda row: desk.look(row, ids[row.pair]), rows)
            errors = [error for error in found if error]
        with ledger.read() as conn:
            document = gather(conn, "plan", None, texts, pairs)
            document.predicted = predictions(conn, pairs)
            quotas = allowed(config, ledger)
            imports = [bodies.imports(conn, ids[pair]) for pair in pairs]
            size = sum(totals.open_bytes(conn, ids[pair]) for pair in pairs)
            for row, pair in zip(rows, pairs, strict=True):
                mapped = scanning.folders(conn, ids[pair])
                document.notes += _many(needed(mapped, config.label_rules(row)), row, texts)
        document.settings = _settings(config)
        if old:
            compared = pairs if len(rows) < len(config.accounts) else None
            document.changes = changes(old, document, compared, _left(ledger, old, ids))
    document.complete = not (errors or desk.stopped) and not any(
        line.refused for line in document.accounts
    )
    document.target_consulted = target_error is None
    document.units = sum(imports) * UNITS["messages.import"]
    document.seconds = max(_seconds(config, imports, size, quotas), desk.days * DAY)
    if desk.days:
        document.notes.append(texts("cli.plan.source_days", n=desk.days + 1))
    if desk.unread:
        document.notes.append(texts("cli.plan.not_read", n=desk.unread))
    if target_error:
        document.notes.append(texts("cli.plan.target_not_consulted", reason=target_error.code))
    return document, errors


def _opened(config: Config) -> Ledger:
    """The scan cache; what is wrong with it was wrong with the ledger that it is a copy of."""
    try:
        return Ledger(f"sqlite:///{config.scan_cache}")
    except StateError as error:
        if config.ledger_path.exists():
            error.params["file"] = config.ledger_path
        raise


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


class _Desk:
    """Looks at accounts, several at a time."""

    def __init__(
        self,
        config: Config,
        ledger: Ledger,
        progress: Progress,
        deep: bool,
        stop: threading.Event,
    ) -> None:
        self._config, self._ledger = config, ledger
        self._progress, self._deep, self._stop = progress, deep, stop
        self._unread: list[int] = []
        self._days: list[int] = []
        self.stopped = False
        """Something was not even scanned."""

    @property
    def unread(self) -> int:
        """Messages that were still to be read when it was stopped."""
        return sum(self._unread)

    @property
    def days(self) -> int:
        """Whole days that the source's limit makes it take, before the last one."""
        return max(self._days, default=0)

    def look(self, row: Row, account_id: int) -> MailhaulError | None:
        """Into the ledger what the account holds; the error when that fails."""
        account = self._ledger.write(lambda conn: accounts.take(conn, account_id, force=True))
        assert account is not None
        failure: MailhaulError | None = None
        try:
            self._read(row, account)
        except Stopped:
            self.stopped = True
        except MailhaulError as error:
            failure = error
            failure.users = row.pair
        state = "failed" if failure else "scanned"
        self._ledger.write(lambda conn: accounts.release(conn, account_id, state, failure))
        return failure

    def _read(self, row: Row, account: Account) -> None:
        """Over as many connections as it takes; what was found or read stays."""
        failures = 0
        while True:
            done: list[int] = []
            try:
                self._session(row, account, done.append)
                return
            except SourceLost:
                failures = 0 if done else failures + 1
                if failures == RECONNECTS:
                    raise
                if self._stop.wait(reconnect_delay(failures)):
                    raise Stopped from None

    def _session(self, row: Row, account: Account, told: Callable[[int], None]) -> None:
        """One connection; `told` of how many messages each step brought."""
        config, user = self._config, row.source_user
        mend = config.policy.refused == "repair"
        look = Look(
            config.label_rules(row),
            config.message_filters,
            Order(config.policy.order),
            Forecast(
                config.scan_cache,
                user,
                row.target_user,
                predictor(mend_from=mend),
                remembered=True,
            ),
            mend,
            structure=True,
            first=config.policy.first,
        )

        def scanned(messages: int) -> None:
            told(messages)
            self._progress.scanned(user, messages)
            if self._stop.is_set():
                raise Stopped

        def read(messages: int, size: int) -> None:
            told(messages)
            self._progress.done(user, messages, size)

        # Of a dry run only its cache knows what was read.
        day = DailyBytes(self._ledger, account.id, user)
        source = open_source(config, row, self._stop, day)
        try:
            folders = scan(source, self._ledger, account, look, scanned)
            with self._ledger.read() as conn:
                self._days.append(day.days(totals.open_bytes(conn, account.id)))
            if self._deep:
                self._progress.open(user, self._left(folders), "read")
                read_all(
                    source,
                    self._ledger,
                    account,
                    folders,
                    mend_from=mend,
                    stop=self._stop,
                    seen=read,
                )
                self._unread.append(self._left(folders) if self._stop.is_set() else 0)
        finally:
            source.close()
            self._progress.close(user)

    def _left(self, folders: Scanned) -> int:
        with self._ledger.read() as conn:
            return bodies.left(conn, list(folders))


def _seconds(config: Config, imports: Sequence[int], size: int, quotas: Allowed) -> int:
    """How long the limits alone make it take: Gmail's, or the source's bytes a second."""
    times = [seconds_left(imports, quotas)]
    if config.limits.source_bytes_per_second:
        times.append(size / config.limits.source_bytes_per_second)
    return math.ceil(max(times))
