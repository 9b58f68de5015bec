"""`migrate run --watch`: pass after pass, until mail arrives at Google. `migrate cutover`."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

from console import shell
from migrate.cli import common
from migrate.cli.common import HERE, Dir, Json, Lang
from migrate.cli.copying import copy, ended
from migrate.cli.stopping import stopping
from migrate.errors import DayOver, Postponed
from migrate.progress import Allowed, Progress, progress

if TYPE_CHECKING:
    from migrate.accounts import Account
    from migrate.config import Config
    from migrate.errors import MailhaulError
    from migrate.report.document import Document
    from migrate.schedule import Schedule
    from migrate.texts import Texts

    Pass = Callable[[Sequence[Account], Progress, bool], tuple[Document, list[MailhaulError]]]

_LOOK = 5.0  # seconds between two looks at whether the cutover was made


class _Counter(Progress):
    """How many new messages the passes found; the bars go on."""

    def __init__(self, shown: Progress) -> None:
        self._shown, self.new = shown, 0
        self._lock = threading.Lock()

    def scanned(self, user: str, messages: int) -> None:
        with self._lock:
            self.new += messages
        self._shown.scanned(user, messages)

    def begin(self, left: Mapping[str, int | None], allowed: Callable[[], Allowed]) -> None:
        self._shown.begin(left, allowed)

    def open(self, user: str, messages: int, what: str = "copy") -> None:
        self._shown.open(user, messages, what)

    def paced(self, user: str, units: Callable[[], int]) -> None:
        self._shown.paced(user, units)

    def done(self, user: str, messages: int, size: int) -> None:
        self._shown.done(user, messages, size)

    def close(self, user: str) -> None:
        self._shown.close(user)

    def finished(self, user: str) -> None:
        self._shown.finished(user)

    def end(self) -> None:
        self._shown.end()


def watch(
    config: Config,
    rows: Sequence[Account],
    shown: Progress,
    texts: Texts,
    stop: threading.Event,
    one_pass: Pass,
    *,
    interval: float,
    until: float | None,
    as_json: bool,
) -> tuple[Document, list[MailhaulError]]:
    """Passes over `rows` until `stop` is set, `until` (seconds since 1970) has come, or the cutover
    was made; then, unless stopped, one more over all of them, whose document and errors it gives.
    `one_pass` is told whether it is the last.

    What stops one account does not end it: it is shown, and tried again after a longer pause.
    """
    from migrate.listening import Ears
    from migrate.schedule import Schedule

    schedule = Schedule(len(rows), interval)
    while True:
        last = _cut_over(config) or _past(until)
        due = list(range(len(rows))) if last else schedule.due(time.monotonic())
        if due:
            some, counter = [rows[each] for each in due], _Counter(shown)
            document, errors = one_pass(some, counter, last)
            while last and _busy(errors) and not stop.wait(_LOOK):
                # After the pass of `cutover` itself.
                document, errors = one_pass(some, counter, last)
            _tell(document, counter.new, errors, texts, as_json=as_json)
            if last:
                return document, errors
            broken = {
                line.source_user
                for line in document.accounts
                if line.error and line.state != "paused"
            }
            failed = {each for each in due if rows[each].source_user in broken}
            schedule.passed(due, failed, time.monotonic())
            _hold(schedule, rows, errors)
            common.show_errors(errors, texts)
        listened = dict(list(enumerate(rows))[: config.limits.idle_connections])
        with Ears(config, listened, _inboxes(config, listened)) as ears:
            while not (stop.is_set() or _cut_over(config) or _past(until)):
                left = schedule.wait(time.monotonic())
                if not left:
                    break
                if common.paused_since(config) is not None:
                    stop.set()
                schedule.hurry(ears.heard(min(left, _LOOK), stop), time.monotonic())
        if stop.is_set():
            # Copies nothing any more; says how all accounts stand.
            return one_pass(rows, shown, True)


def cutover(directory: Dir = HERE, as_json: Json = False, lang: Lang = None) -> None:
    with common.migration(directory, lang, as_json=as_json) as (config, texts):
        from migrate.config import private_directory
        from migrate.ledger import Ledger, passes

        private_directory(config.ledger_path.parent)
        with Ledger(config.ledger_url) as ledger:
            ledger.write(passes.cut_over)
        common.say(texts("cli.cutover.noted"))
        common.refuse_paused(config)
        with stopping(texts) as stop:
            shown = progress(texts, quiet=as_json)
            document, errors = copy(config, config.accounts, shown, texts, stop)
        ended(document, errors, config, texts, as_json=as_json)


def _inboxes(
    config: Config, rows: Mapping[int, Account]
) -> dict[int, tuple[int | None, int | None]]:
    """UIDNEXT and messages of each INBOX, as the last pass saw it."""
    from migrate.ledger import Ledger, accounts, scanning

    found: dict[int, tuple[int | None, int | None]] = {}
    with Ledger(config.ledger_url) as ledger, ledger.read() as conn:
        ids = accounts.known(conn, [row.pair for row in rows.values()])
        for number, row in rows.items():
            account_id = ids.get(row.pair)
            folders = scanning.folders(conn, account_id) if account_id else []
            for each in folders:
                if each.name.upper() == "INBOX" and each.seen:
                    found[number] = each.seen["uidnext"], each.seen["messages"]
    return found


def _hold(schedule: Schedule, rows: Sequence[Account], errors: Sequence[MailhaulError]) -> None:
    """Ask nothing of Gmail before the time that it names."""
    for error in errors:
        if isinstance(error, Postponed):
            user, every = error.params["user"], isinstance(error, DayOver)
            held = [n for n, row in enumerate(rows) if every or row.target_user == user]
            schedule.hold(held, time.monotonic() + error.until - time.time())


def _busy(errors: Sequence[MailhaulError]) -> bool:
    return any(error.code == "account-busy" for error in errors)


def _past(until: float | None) -> bool:
    return until is not None and time.time() >= until


def _cut_over(config: Config) -> bool:
    from migrate.config import private_directory
    from migrate.ledger import Ledger, passes

    private_directory(config.ledger_path.parent)
    with Ledger(config.ledger_url) as ledger, ledger.read() as conn:
        return passes.cutover_at(conn) is not None


def _tell(
    document: Document, new: int, errors: Sequence[MailhaulError], texts: Texts, *, as_json: bool
) -> None:
    """One line for a pass."""
    followed = document.followed
    told: dict[str, Any] = {
        "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "new": new,
        "changed": followed.labels if followed else 0,
        "gone": followed.deleted if followed else 0,
        "pending": document.totals.pending,
    }
    with shell.heard():
        if as_json:
            failed = [error.code for error in errors]
            line = {"schema": 1, "command": "watch", **told, "errors": failed}
            typer.echo(json.dumps(line))
        else:
            typer.echo(texts("cli.watch.passed", **told))
