"""`migrate run`: the copy itself, from a migration folder or in the quick form."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from migrate.cli import common
from migrate.cli.certifying import certify
from migrate.cli.common import HERE, Dir, Json, Key, Lang, Only, ServiceAccount
from migrate.cli.planning import planned
from migrate.cli.stopping import interruptible, stopping
from migrate.cli.waiting import waited
from migrate.cli.waves import Despite, InWaves, OneWave, Waves, chosen
from migrate.errors import MailhaulError, UsageError
from migrate.texts import Texts, language

if TYPE_CHECKING:
    from migrate.accounts import Account
    from migrate.config import Config
    from migrate.engine import Retry
    from migrate.progress import Progress
    from migrate.report.document import Document

_help = Texts(language())

Limit = Annotated[int | None, typer.Option("--limit", help=_help("cli.option.limit"), min=1)]
Since = Annotated[
    datetime | None,
    typer.Option("--since", help=_help("cli.option.since"), metavar="DATE", formats=["%Y-%m-%d"]),
]
Plan = Annotated[Path | None, typer.Option("--plan", help=_help("cli.option.plan"), metavar="FILE")]
Mirror = Annotated[bool, typer.Option("--mirror-deletes", help=_help("cli.option.mirror"))]
Emptied = Annotated[
    list[str] | None,
    typer.Option("--allow-emptied", help=_help("cli.option.emptied"), metavar="FOLDER"),
]
Watch = Annotated[bool, typer.Option("--watch", help=_help("cli.option.watch"))]
Interval = Annotated[
    float,
    typer.Option("--interval", help=_help("cli.option.interval"), metavar="SECONDS", min=15.0),
]
Until = Annotated[
    datetime | None,
    typer.Option(
        "--until",
        help=_help("cli.option.until"),
        metavar="TIME",
        formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    ),
]
Source = Annotated[
    str | None, typer.Option("--source", help=_help("cli.option.source"), metavar="URL")
]
Target = Annotated[
    str | None, typer.Option("--target", help=_help("cli.option.target"), metavar="USER")
]
Api = Annotated[str | None, typer.Option("--api", help=_help("cli.option.api"), metavar="URL")]
Wait = Annotated[bool, typer.Option("--wait", help=_help("quota.option.wait"))]


def run(
    directory: Dir = HERE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_help("cli.option.dry_run"))] = False,
    only: Only = None,
    limit: Limit = None,
    waves: InWaves = False,
    wave: OneWave = None,
    despite: Despite = None,
    since: Since = None,
    plan: Plan = None,
    mirror: Mirror = False,
    allow_emptied: Emptied = None,
    watch: Watch = False,
    interval: Interval = 300.0,
    wait: Wait = False,
    until: Until = None,
    source: Source = None,
    target: Target = None,
    key: Key = None,
    service_account: ServiceAccount = None,
    api: Api = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    texts = common.texts_for(lang)
    with common.explained(texts, as_json=as_json):
        config = _config(directory, source, target, key, service_account, api, texts)
        against = {"--watch": watch, "--since": since is not None, "--wave": wave is not None}
        rows, in_waves = chosen(
            config, only, waves=waves, wave=wave, despite=despite, against=against
        )
        config = replace(config, since=since.date() if since else None)
        if mirror and config.target.scopes == "minimal":
            raise UsageError("mirror-unreadable")
        from migrate.progress import progress

        shown = progress(texts, quiet=as_json)
        unread: list[MailhaulError] = []
        common.tell_doubts(config, texts)
        if dry_run or plan:
            config, document, unread = _held(config, rows, plan, shown, texts)
            if dry_run:
                planned(document, unread, config, texts, as_json=as_json)
            # What could not be held against the plan is not copied either.
            failed = {each.source_user for each in document.accounts if each.error}
            rows = [row for row in rows if row.source_user not in failed]
            if not rows:
                raise unread[0]
            in_waves = in_waves.without(failed) if in_waves else None
        common.refuse_paused(config)
        with stopping(texts) as stop:
            emptied = (allow_emptied or []) if mirror else None
            once = partial(copy, config, limit=limit, mirror=emptied)
            if watch:
                from migrate.cli.watching import watch as watching

                document, errors = watching(
                    config,
                    rows,
                    shown,
                    texts,
                    stop,
                    lambda some, told, last: once(some, told, texts, stop, last=last),
                    interval=interval,
                    until=until.timestamp() if until else None,
                    as_json=as_json,
                )
            else:
                document, errors = once(rows, shown, texts, stop, waves=in_waves)
                while wait and waited(errors, stop, texts, partial(_paused, config)):
                    document, errors = once(rows, shown, texts, stop, waves=in_waves)
        if in_waves and not stop.is_set():
            in_waves.tell(texts)
        ended(document, [*unread, *errors], config, texts, as_json=as_json, one_line=watch)


def _held(
    config: Config, rows: Sequence[Account], plan: Path | None, shown: Progress, texts: Texts
) -> tuple[Config, Document, list[MailhaulError]]:
    """The dry run, held against the reviewed `plan` if there is one: with what binds the copy, and
    what could not be read. BrakeError for what has changed since."""
    from migrate.plan import Reviewed, bind, brake
    from migrate.plan import plan as make_plan

    old = Reviewed.read(plan) if plan else None
    config = bind(config, old) if old else config
    with interruptible(texts):
        document, unread = make_plan(config, rows, shown, texts, old=old)
    brake(document.changes or (), texts)
    return config, document, unread


def _paused(config: Config) -> bool:
    return common.paused_since(config) is not None


def ended(
    document: Document,
    errors: Sequence[MailhaulError],
    config: Config,
    texts: Texts,
    *,
    as_json: bool,
    one_line: bool = False,
) -> NoReturn:
    """Say what a run came to, and exit as it says."""
    unwritten = common.publish(
        document, config, texts, as_json=as_json, name="run", one_line=one_line
    )
    errors = [*errors, *unwritten]
    common.show_errors(errors, texts)
    waiting = document.waiting or 0
    held = [line.source_user for line in document.accounts if line.paused and line.state != "done"]
    if document.paused and not document.complete:
        common.say(texts("batch.run.paused", directory=config.directory))
    elif held:
        users = common.named(held, texts)
        common.say(texts("batch.run.paused_some", users=users, directory=config.directory))
    elif open_ones := document.totals.pending - waiting:
        common.say(texts("cli.run.resume", n=open_ones))
    if waiting:
        common.say(texts("cli.run.waiting", n=waiting, since=config.since))
    raise typer.Exit(common.outcome(document, errors))


def copy(
    config: Config,
    rows: Sequence[Account],
    shown: Progress,
    texts: Texts,
    stop: threading.Event,
    limit: int | None = None,
    retry: Retry | None = None,
    mirror: Sequence[str] | None = None,
    waves: Waves | None = None,
    *,
    last: bool = True,
) -> tuple[Document, list[MailhaulError]]:
    """One run over `rows`, in `waves` if there are any; with `retry` also of what is quarantined,
    with `mirror` also of what is deleted at the source: folders that may have lost all their
    messages. `last` is False for a pass that is followed by others: nothing is certified then, and
    no owner told.

    Gives the document, and what kept accounts from their end.
    """
    from importlib.metadata import version

    from migrate import heap
    from migrate.config import private_directory
    from migrate.engine import LocalEngine, new_run_id
    from migrate.events import Log
    from migrate.ledger import Ledger, accounts, order
    from migrate.report.gather import gather

    # A run makes few cycles, and looking for them among all that was loaded takes half its time.
    # Each may hold the values of a statement: too many are not to wait.
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
    heap.share()
    private_directory(config.ledger_path.parent)
    run_id = new_run_id()
    with suppress(OSError):  # without a log the run goes on all the same
        private_directory(config.logs)
    with Log(config.logs, run_id) as log, Ledger(config.ledger_url) as ledger:
        options: dict[str, Any] = {"only": [row.source_user for row in rows], "limit": limit}
        options |= {"source": config.source.url, "target": config.target.api}
        if config.since:
            options["since"] = config.since.isoformat()
        if mirror is not None:
            options |= {"mirror_deletes": True, "allow_emptied": list(mirror)}
        engine = LocalEngine(
            config, ledger, run_id, shown, stop, limit, retry, texts, mirror, log, last=last
        )
        pairs = [row.pair for row in rows]
        # All of them, also those whose wave may not begin.
        ids = ledger.write(lambda conn: accounts.enrol(conn, pairs))
        ledger.write(lambda conn: accounts.start_run(conn, run_id, options))
        log.tell("run-started", accounts=len(rows), limit=limit, version=version("mailhaul"))
        failures = waves.run(engine, ledger, texts, stop) if waves else engine.run(rows)
        ledger.write(lambda conn: accounts.end_run(conn, run_id))
        log.tell("run-ended", failed=len(failures), stopped=stop.is_set())
        with ledger.read() as conn:
            document = gather(conn, "run", run_id, texts, pairs)
            if config.since:
                document = replace(document, waiting=order.waiting(conn, [*ids.values()]))
            if waves:
                document.waves = waves.lines
            unwritten = certify(conn, document, config, texts) if last else []
    return document, [*(failure.error for failure in failures), *unwritten]


def _config(
    directory: Path,
    source: str | None,
    target: str | None,
    key: Path | None,
    service_account: str | None,
    api: str | None,
    texts: Texts,
) -> Config:
    from migrate.config import load, quick
    from migrate.credentials import Secret

    login = key or service_account
    if not (source or target or login):
        return load(directory)
    if key and service_account:
        raise UsageError("init-two-logins")
    if not (source and target and login):
        raise UsageError("quick-incomplete")
    password = os.environ.get("MAILHAUL_SOURCE_PASSWORD")
    if password is None:
        if sys.stdin is None or not sys.stdin.isatty():
            raise UsageError("no-password")
        import getpass

        password = getpass.getpass(texts("cli.run.password", source=source))
    return quick(
        source, target, key, password=Secret(password), api=api, service_account=service_account
    )
