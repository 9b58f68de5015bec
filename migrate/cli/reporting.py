"""`migrate verify`, `report`: what was done, and whether it is so."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from migrate.cli import certifying, common
from migrate.cli.common import HERE, Dir, Json, Lang, Only
from migrate.cli.stopping import interruptible
from migrate.errors import MailhaulError
from migrate.texts import Texts, language

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from migrate.accounts import Account
    from migrate.config import Config
    from migrate.connections import Gmail
    from migrate.ledger import Ledger
    from migrate.report.document import Document
    from migrate.verify import Verified

_help = Texts(language())


Certificates = Annotated[
    bool, typer.Option("--certificates", help=_help("cli.option.certificates"))
]
Check = Annotated[
    Path | None,
    typer.Option("--check-certificate", help=_help("cli.option.check_certificate"), metavar="FILE"),
]


def report(
    directory: Dir = HERE,
    certificates: Certificates = False,
    check_certificate: Check = None,
    only: Only = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    with common.migration(directory, lang, as_json=as_json) as (config, texts):
        common.need_ledger(config)
        if check_certificate:
            certifying.check_certificate(config, check_certificate, texts, as_json=as_json)
        document, errors = _reported(config, only, texts, certificates=certificates)
        errors += common.publish(document, config, texts, as_json=as_json, name="report")
        common.show_errors(errors, texts)
        raise typer.Exit(common.outcome(document, errors))


def verify(
    directory: Dir = HERE,
    deep: Annotated[bool, typer.Option("--deep", help=_help("cli.option.deep"))] = False,
    only: Only = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    with common.migration(directory, lang, as_json=as_json) as (config, texts):
        rows = common.select(config.accounts, only)
        with interruptible(texts):
            document, errors = verify_all(config, rows, texts, deep=deep, quiet=as_json)
        errors += common.publish(document, config, texts, as_json=as_json, name="verify")
        common.show_errors(errors, texts)
        raise typer.Exit(common.outcome(document, errors))


def verify_all(
    config: Config, rows: Sequence[Account], texts: Texts, *, deep: bool, quiet: bool = False
) -> tuple[Document, list[MailhaulError]]:
    """Verify `rows` one after the other: the document, and the accounts that can't be read."""
    from migrate.connections import Gmail
    from migrate.explain import explain
    from migrate.ledger import Ledger, accounts
    from migrate.progress import progress
    from migrate.report.gather import gather

    common.need_ledger(config)
    checked, changed, differences = 0, 0, []
    errors: dict[str, MailhaulError] = {}
    pairs = [row.pair for row in rows]
    shown = progress(texts, quiet=quiet)
    with (
        Ledger(config.ledger_url) as ledger,
        closing(Gmail(config, threading.Event(), ledger=ledger)) as gmail,
    ):
        ids = ledger.write(lambda conn: accounts.enrol(conn, pairs))
        for row in rows:
            try:
                found = _verify(
                    config,
                    row,
                    ledger,
                    gmail,
                    ids[row.pair],
                    deep,
                    partial(shown.scanned, row.source_user),
                )
                checked += found.checked
                changed += found.changed
                differences += found.differences
            except MailhaulError as error:
                error.users = row.pair
                errors[row.source_user] = error
            shown.close(row.source_user)
        with ledger.read() as conn:
            document = gather(conn, "verify", accounts.last_run(conn), texts, pairs)
            unwritten = certifying.certify(conn, document, config, texts)
    document.checked, document.differences = checked, differences
    if changed:
        document.notes.append(texts("report.note.changed", n=changed))
    document.complete = document.complete and not differences and not errors
    for line in document.accounts:
        if line.source_user in errors:
            failure = errors[line.source_user]
            cause, cure = explain(failure, texts)
            line.error = {"code": failure.code, "cause": cause, "cure": cure}
    return document, [*errors.values(), *unwritten]


def _verify(
    config: Config,
    row: Account,
    ledger: Ledger,
    gmail: Gmail,
    account_id: int,
    deep: bool,
    seen: Callable[[int], None],
) -> Verified:
    from migrate.body import Body
    from migrate.connections import open_source
    from migrate.daily import DailyBytes
    from migrate.ledger import verifications
    from migrate.ledger.verifications import Verification
    from migrate.quarantine import path
    from migrate.verify import Verifier

    started = time.time()
    readable = config.target.scopes != "minimal"
    mailbox = gmail.open(row.target_user)[0] if readable else None

    def kept(sha256: str) -> Body | None:
        file = config.quarantine / path(row.target_user, sha256)
        return Body(file) if file.is_file() else None

    day = DailyBytes(ledger, account_id, row.source_user)
    source = open_source(config, row, day=day)
    try:
        found = Verifier(
            ledger, account_id, row.source_user, row.target_user, source, mailbox, kept
        ).run(deep=deep, seen=seen)
    finally:
        source.close()
    counted = found.checked, found.changed, len(found.differences)
    done = Verification(started, time.time(), deep, readable, *counted)
    ledger.write(lambda conn: verifications.record(conn, account_id, done))
    return found


def _reported(
    config: Config, only: Sequence[str] | None, texts: Texts, *, certificates: bool
) -> tuple[Document, list[MailhaulError]]:
    from migrate.ledger import Ledger, accounts
    from migrate.report.gather import gather

    rows = common.select(config.accounts, only)
    pairs = [row.pair for row in rows] if only else None
    with Ledger(config.ledger_url) as ledger, ledger.read() as conn:
        document = gather(conn, "report", accounts.last_run(conn), texts, pairs)
        if not certificates:
            return document, []
        errors = certifying.certify(conn, document, config, texts, all_of_them=True)
    return document, errors


def from_ledger(config: Config, command: str, texts: Texts) -> Document:
    from migrate.ledger import Ledger, accounts
    from migrate.report.gather import gather

    common.need_ledger(config)
    with Ledger(config.ledger_url) as ledger, ledger.read() as conn:
        return gather(conn, command, accounts.last_run(conn), texts)
