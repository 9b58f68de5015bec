"""`migrate pause` and `resume`: a flag in the ledger, which every process that works looks at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.shell import print_json
from migrate.cli import common
from migrate.cli.common import HERE, Dir, Json, Lang
from migrate.errors import UsageError
from migrate.texts import Texts, language

if TYPE_CHECKING:
    from migrate.accounts import Account
    from migrate.report.document import Document

_help = Texts(language())
Only = Annotated[
    list[str] | None, typer.Option("--only", help=_help("batch.option.pause_only"), metavar="USER")
]


@dataclass(frozen=True, slots=True)
class _Place:
    """A folder that holds a ledger."""

    directory: Path
    ledger_path: Path
    accounts: Sequence[Account]
    quick: bool = False
    """Of a run in quick form, without files of settings."""


def pause(
    directory: Dir = HERE, only: Only = None, as_json: Json = False, lang: Lang = None
) -> None:
    texts = common.texts_for(lang)
    with common.explained(texts, as_json=as_json):
        place = _found(directory)
        document = _changed(place, only, texts, to_pause=True)
        if as_json:
            _print(document, "pause")
            return
        where = {"directory": place.directory}
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
    texts = common.texts_for(lang)
    with common.explained(texts, as_json=as_json):
        place = _found(directory)
        document = _changed(place, only, texts, to_pause=False)
        if as_json:
            _print(document, "resume")
        elif place.quick:
            typer.echo(texts("batch.resume.quick"))
        else:
            typer.echo(texts("batch.resume.done", directory=place.directory))


def _found(directory: Path) -> _Place:
    """The migration in `directory`, or what a run in quick form keeps there. UsageError, with the
    names of such folders, when there is neither."""
    from migrate.config import load
    from migrate.config.model import StateConfig
    from migrate.ledger import Ledger, accounts

    try:
        config = load(directory)
    except UsageError as error:
        if error.code != "no-migration":
            raise
        state = StateConfig().database.removeprefix("sqlite:///")
        path = directory.absolute() / state
        if not path.exists():
            below = sorted(str(each.parents[1]) for each in directory.glob(f"*--*/{state}"))
            if not below:
                raise
            told = {"directory": directory.absolute(), "folders": ", ".join(below)}
            raise UsageError("pause-quick", **told, first=below[0]) from None
        from migrate.accounts import Account

        with Ledger(f"sqlite:///{path}") as ledger, ledger.read() as conn:
            rows = [Account(*pair) for pair in accounts.pairs(conn)]
        return _Place(directory.absolute(), path, rows, quick=True)
    return _Place(config.directory, config.ledger_path, config.accounts)


def _changed(place: _Place, only: list[str] | None, texts: Texts, *, to_pause: bool) -> Document:
    """Set or take back the flag; how all accounts stand then."""
    from migrate.config import private_directory
    from migrate.ledger import Ledger, accounts, pauses
    from migrate.report.gather import gather

    rows = common.select(place.accounts, only)
    private_directory(place.ledger_path.parent)
    with Ledger(f"sqlite:///{place.ledger_path}") as ledger:
        # All of them, so that the ledger has them in the order of the file.
        pairs = [row.pair for row in place.accounts]
        ids = ledger.write(lambda conn: accounts.enrol(conn, pairs))
        some = [ids[row.pair] for row in rows] if only else None
        with ledger.read() as conn:
            whole = pauses.paused(conn).all is not None
        if whole and only and not to_pause:
            raise UsageError("paused-whole", user=", ".join(only), directory=place.directory)
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
