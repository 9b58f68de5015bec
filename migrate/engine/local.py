"""LocalEngine: threads in one process over the ledger, one account after the other on each."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from migrate import takeup
from migrate.accounts import Account as Row
from migrate.clearing import clear
from migrate.config import Config
from migrate.connections import PATIENCE, Gmail, open_source
from migrate.daily import DailyBytes
from migrate.delivery import Job
from migrate.delta import Delta, settle_undo
from migrate.engine.session import Session, Tally
from migrate.engine.slices import Bounds
from migrate.engine.turns import Turns
from migrate.errors import EXIT_PENDING, DayOver, MailhaulError, Postponed, SourceLost, StateError
from migrate.events import Events, Tell, utc
from migrate.expected import allowed, expected
from migrate.forecast import Forecast, predictor
from migrate.gmail.errors import Throttled
from migrate.gmail.quota import Stopped
from migrate.labelling import Labels
from migrate.labels import LabelRules, Mapped
from migrate.ledger import Ledger, accounts, held, totals
from migrate.ledger.accounts import Account
from migrate.ledger.claims import Bundle
from migrate.ledger.leases import Lease, Leases
from migrate.ledger.order import Order
from migrate.ledger.retry import reopen
from migrate.notes.notice import Notice
from migrate.notes.placeholder import Notes, resume
from migrate.pausing import Pauses
from migrate.progress import Progress
from migrate.scan import Look, scan
from migrate.sending import Target
from migrate.source import Source
from migrate.source.patience import RECONNECTS, reconnect_delay
from migrate.texts import Texts
from migrate.trouble import trouble

_LONGEST_WAIT = 900.0
"""Seconds that a run waits when all that is left to do was put off; for longer it ends."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an account could not be worked on to its end."""

    account: Row
    error: MailhaulError


@dataclass(frozen=True, slots=True)
class Retry:
    """`migrate retry`: what is quarantined is taken up again."""

    code: str | None
    """Only what is quarantined for this."""
    mend: bool
    """What Gmail refuses for its From is sent again with one that it takes."""


class LocalEngine:
    """Copies accounts until all that can be done is done, or `stop` is set."""

    def __init__(
        self,
        config: Config,
        ledger: Ledger,
        run_id: str,
        progress: Progress,
        stop: threading.Event,
        limit: int | None = None,
        retry: Retry | None = None,
        texts: Texts | None = None,
        mirror: Sequence[str] | None = None,
        events: Events | None = None,
        *,
        last: bool = True,
    ) -> None:
        """`limit`: at most about so many messages per account (a pilot). `texts`: of the notes
        that stand for quarantined messages. `mirror`: what is deleted at the source goes to Trash,
        also if one of these folders has lost all its messages; None: it does not. `last`: no other
        pass follows, so owners may be told."""
        self._config, self._ledger, self._run = config, ledger, run_id
        self._progress, self._stop, self._limit = progress, stop, limit
        self._retry, self._texts, self._mirror = retry, texts or Texts("en"), mirror
        self._events, self._last = events or Events(), last
        self._mend = config.policy.refused == "repair" or bool(retry and retry.mend)
        self._gmail = Gmail(config, stop, PATIENCE, ledger)
        self._tallies: dict[int, Tally] = {}
        """By account id; of one that was put off, from the turns before."""
        self._leases, self._pauses = Leases(ledger), Pauses(ledger, stop)

    def run(self, rows: Sequence[Row]) -> list[Failure]:
        """Work on all `rows`; what stopped an account does not stop the others."""
        pairs = [row.pair for row in rows]
        ids = self._ledger.write(lambda conn: accounts.enrol(conn, pairs))
        left = expected(self._config, self._ledger, ids).items()
        known = {user: None if count is None else self._limited(count) for user, count in left}
        self._progress.begin(known, lambda: allowed(self._config, self._ledger))
        # Of a watch the other accounts' next passes would wait, too.
        longest = _LONGEST_WAIT if self._last else 0.0
        turns, failures = Turns(range(len(rows)), longest=longest), dict[int, Failure]()
        over: list[Failure] = []
        put_off: dict[int, Failure] = {}

        def work() -> None:
            while (number := turns.take(self._stop.is_set)) is not None:
                try:
                    turn(number, rows[number])
                except BaseException:
                    turns.done()  # else the other threads would wait for it for ever
                    raise

        def turn(number: int, row: Row) -> None:
            put_off.pop(number, None)
            failure = None if over else self._account(row, ids[row.pair])
            if failure and isinstance(failure.error, DayOver):
                over.append(failure)  # for all; what is under way finds out by itself
            elif failure and isinstance(failure.error, Postponed):
                until = utc(failure.error.until)
                self._events.tell("put-off", account=row.source_user, until=until)
                put_off[number] = failure
                turns.put_off(number, failure.error.until - time.time())
                return
            elif failure:
                failures[number] = failure
            self._progress.finished(row.source_user)
            turns.done()

        threads = min(self._config.limits.accounts, len(rows))
        try:
            with self._leases, self._pauses, ThreadPoolExecutor(threads) as pool:
                for each in [pool.submit(work) for _ in range(threads)]:
                    each.result()
        finally:
            self._progress.end()
            self._gmail.close()
        failures |= {} if self._stop.is_set() else put_off
        return [failures[number] for number in sorted(failures)] + over[:1]

    def _limited(self, messages: int) -> int:
        return messages if self._limit is None else min(messages, self._limit)

    def _account(self, row: Row, account_id: int) -> Failure | None:
        if self._pauses.stop(account_id).is_set():
            return None
        lease = self._leases.take(account_id)
        if lease is None:
            self._events.tell("account-failed", account=row.source_user, code="account-busy")
            return Failure(row, StateError("account-busy", user=row.source_user))
        cut, tell = threading.Event(), self._events.of(row.source_user)
        tell("account-started", target=row.target_user)
        failure = trouble(
            lambda: self._until_stopped(row, lease, cut), row.pair, self._config.directory
        )
        try:
            self._release(lease, failure, cut=cut.is_set())
        except StateError as error:
            failure = failure or error
        if failure and not isinstance(failure, Postponed):
            later = failure.exit_code == EXIT_PENDING
            tell("account-stopped" if later else "account-failed", code=failure.code)
        return Failure(row, failure) if failure else None

    def _release(self, lease: Lease, failure: MailhaulError | None, *, cut: bool) -> None:
        """`cut`: it was stopped, and what of its scan or labels is left was not counted."""
        with self._ledger.read() as conn:
            left = totals.open_count(conn, lease.account.id)
            if not left and self._config.target.scopes != "minimal":
                left = held.waiting(conn, lease.account.id)
        broken = failure and failure.exit_code != EXIT_PENDING
        state = "failed" if broken else "paused" if left or cut or failure else "done"
        learnt = self._gmail.learnt(lease.account.target_user)
        if learnt != lease.account.pace:
            keep = partial(accounts.set_pace, account_id=lease.account.id, pace=learnt)
            self._ledger.post(keep, lease.account.lease)
        self._leases.give_back(lease, state, failure)
        if not failure:
            self._events.of(lease.account.source_user)("account-finished", state=state, left=left)

    def _until_stopped(self, row: Row, lease: Lease, cut: threading.Event) -> None:
        try:
            self._copy(row, lease)
        except Stopped:
            cut.set()

    def _copy(self, row: Row, lease: Lease) -> None:
        account = lease.account
        opened = self._gmail.open(row.target_user, lease.check, account.pace)
        mailbox, tokens, pacer = opened
        pacer.told = partial(_refused, self._events.of(row.source_user))
        self._progress.paced(row.source_user, lambda: pacer.units)
        readable = self._config.target.scopes != "minimal"
        if readable and account.baseline_at is None:
            takeup.take_baseline(self._ledger, account, mailbox)
        labels = Labels(mailbox, self._ledger, account, self._run)
        target = Target(mailbox, self._gmail.uploader, tokens, pacer, labels, readable)
        if readable:
            settle_undo(self._ledger, account, mailbox)
            resume(self._ledger, account, target, self._config.limits.settle_seconds)
            self._notice(account, target).resume()
        if self._retry and account.id not in self._tallies:
            code = self._retry.code
            self._ledger.write(lambda conn: reopen(conn, account.id, code), account.lease)
        tally, failures = self._tallies.setdefault(account.id, Tally()), 0
        while True:
            before = tally.messages
            try:
                self._session(row, account, target, tally)
                return
            except SourceLost as error:
                failures = failures + 1 if tally.messages == before else 1
                self._events.tell(
                    "source-lost", account=row.source_user, code=error.code, attempt=failures
                )
                if failures == RECONNECTS:
                    raise
                pacer.pause(reconnect_delay(failures))

    def _session(self, row: Row, account: Account, target: Target, tally: Tally) -> None:
        """One connection to the source: scan, then copy."""
        policy = self._config.policy
        rules = self._config.label_rules(row)
        by = predictor(mend_from=policy.refused == "repair")
        forecast = Forecast(self._config.scan_cache, *row.pair, by)
        day = DailyBytes(self._ledger, account.id, row.source_user)
        source = open_source(self._config, row, self._pauses.stop(account.id), day)
        tell = self._events.of(row.source_user)
        tell("reconnected" if tally.connected else "connected")
        tally.connected = True
        try:
            folders = scan(
                source,
                self._ledger,
                account,
                Look(
                    rules,
                    self._config.message_filters,
                    Order(policy.order, self._config.since_at),
                    forecast,
                    self._mend,
                    planned=self._config.planned.get(row.pair),
                    first=policy.first,
                ),
                seen=lambda count: self._scanned(row, account, count),
            )
            with self._ledger.read() as conn:
                left = totals.open_count(conn, account.id), totals.open_bytes(conn, account.id)
            tell("scanned", pending=left[0], bytes=left[1])
            self._progress.open(row.source_user, self._limited(left[0]))
            self._copied(row, account, target, source, folders, rules, tally)
        finally:
            source.close()
            self._progress.close(row.source_user)

    def _copied(
        self,
        row: Row,
        account: Account,
        target: Target,
        source: Source,
        folders: dict[int, Mapped],
        rules: LabelRules,
        tally: Tally,
    ) -> None:
        """Everything that is open in `folders`."""
        policy, limits = self._config.policy, self._config.limits
        job = Job(
            account,
            self._run,
            folders,
            rules,
            limits.settle_seconds,
            time.time() + limits.settle_seconds,
            policy.collisions == "keep-both",
            policy.oversize,
            self._config.quarantine,
            target.pacer.check,
            self._events.of(row.source_user),
        )
        bounds = Bounds(
            limits.slice_messages,
            limits.memory_bytes // limits.accounts,
            limits.uploads_per_user_max,
            self._config.spool,
        )
        session = Session(self._ledger, target, job, bounds, tally, self._limit, self._mend)
        stop = self._pauses.stop(account.id)
        session.run(source, stop, lambda bundle: self._finished(row, bundle, tally))
        delta = Delta(self._ledger, target, job) if target.readable else None
        if delta:
            delta.follow()
        mailbox = target.mailbox if target.readable else None
        clear(self._ledger, account, self._config.quarantine, mailbox, target.pacer.check)
        if policy.placeholder == "message":
            Notes(self._ledger, target, job, self._texts).bring(source)
        if delta and self._mirror is not None:
            delta.mirror(self._mirror)
        if policy.notice == "message" and self._last:
            self._notice(account, target).send(self._run, self._events.of(row.source_user))

    def _notice(self, account: Account, target: Target) -> Notice:
        settle = self._config.limits.settle_seconds
        return Notice(self._ledger, account, target, settle, self._config.policy, self._texts)

    def _scanned(self, row: Row, account: Account, messages: int) -> None:
        self._progress.scanned(row.source_user, messages)
        self._pauses.check(account.id)

    def _finished(self, row: Row, bundle: Bundle, tally: Tally) -> None:
        tally.add(len(bundle.occurrences))
        size = sum(each.size for each in bundle.occurrences)
        self._progress.done(row.source_user, len(bundle.occurrences), size)


def _refused(tell: Tell, refusal: Throttled) -> None:
    """By the quota; penalised is a mailbox that Gmail has closed until a time that it names."""
    if refusal.retry_at is not None:
        tell("penalised", until=utc(refusal.retry_at.timestamp()))
        return
    whose = "day" if refusal.daily else "project" if refusal.project else "user"
    tell("throttled", quota="concurrency" if refusal.concurrency else whose, limit=refusal.limit)


def new_run_id() -> str:
    """Sortable, readable and unique: UTC to the second and four random digits."""
    return time.strftime("%Y%m%d-%H%M%S", time.gmtime()) + f"-{secrets.token_hex(2)}"
