"""`migrate pause` and `resume`: a flag in the ledger, which every process that works looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from console.shell import print_json
from migrate.cli import common
from migrate.cli.common import HERE, Dir, Json, Lang
from migrate.errors import UsageError
from migrate.texts import Texts, language

if TYPE_CHECKING:
    from migrate.config import Config
    from migrate.report.document import Document

_help = Texts(language())
Only = Annotated[
    list[str] | None, typer.Option("--only", help=_help("batch.option.pause_only"), metavar="USER")
]


def pause(
    directory: Dir = HERE, only: Only = None, as_json: Json = False, lang: Lang = None
) -> None:
    with common.migration(directory, lang, as_json=as_json) as (config, texts):
        document = _changed(config, only, texts, to_pause=True)
        if as_json:
            _print(document, "pause")
            return
        where = {"directory": config.directory}
        if document.paused:
            typer.echo(texts("batch.pause.all", **where))
        else:
            count = sum(line.paused is not None for line in document.accounts)
            typer.echo(texts("batch.pause.some", n=count, **where))
        if working := sum(line.working and line.paused is not None for line in document.accounts):
            typer.echo(texts("batch.pause.working", n=working))


def resume(
    directory: Dir = HERE, only: Only = None, as_json: Json = False, lang: Lang = None
) -> None:
    with common.migration(directory, lang, as_json=as_json) as (config, texts):
        document = _changed(config, only, texts, to_pause=False)
        if as_json:
            _print(document, "resume")
        else:
            typer.echo(texts("batch.resume.done", directory=config.directory))


def _changed(config: Config, only: list[str] | None, texts: Texts, *, to_pause: bool) -> Document:
    """Set or take back the flag; how all accounts stand then."""
    from migrate.config import private_directory
    from migrate.ledger import Ledger, accounts, pauses
    from migrate.report.gather import gather

    rows = common.select(config.accounts, only)
    private_directory(config.ledger_path.parent)
    with Ledger(config.ledger_url) as ledger:
        # All of them, so that the ledger has them in the order of the file.
        pairs = [row.pair for row in config.accounts]
        ids = ledger.write(lambda conn: accounts.enrol(conn, pairs))
        some = [ids[row.pair] for row in rows] if only else None
        with ledger.read() as conn:
            whole = pauses.paused(conn).all is not None
        if whole and only and not to_pause:
            raise UsageError("paused-whole", user=", ".join(only), directory=config.directory)
        change = pauses.pause if to_pause else pauses.resume
        ledger.write(lambda conn: change(conn, some))
        with ledger.read() as conn:
            return gather(conn, "status", accounts.last_run(conn), texts)


def _print(document: Document, command: str) -> None:
    keys = ("source_user", "target_user", "state", "paused", "working")
    body = {
        "schema": 1,
        "command": command,
        "paused": document.paused,
        "accounts": [{key: getattr(line, key) for key in keys} for line in document.accounts],
    }
    print_json(body)
