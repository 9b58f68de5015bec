"""`migrate retry`: what is quarantined, once more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from migrate.cli import common
from migrate.cli.common import HERE, Dir, Json, Lang, Only
from migrate.cli.copying import copy, ended
from migrate.cli.stopping import stopping
from migrate.errors import UsageError
from migrate.texts import Texts, language

if TYPE_CHECKING:
    from migrate.accounts import Account
    from migrate.config import Config

_help = Texts(language())

Class = Annotated[
    str | None, typer.Option("--class", help=_help("cli.option.class"), metavar="CODE")
]
Repair = Annotated[bool, typer.Option("--repair", help=_help("cli.option.repair"))]


def retry(
    directory: Dir = HERE,
    code: Class = None,
    repair: Repair = False,
    only: Only = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    with common.migration(directory, lang, as_json=as_json) as (config, texts):
        from migrate.engine import Retry
        from migrate.progress import progress

        chosen = common.select(config.accounts, only)
        common.need_ledger(config)
        rows = _concerned(config, chosen, code)
        if not rows:
            _nothing(config, chosen, texts, as_json=as_json)
        common.refuse_paused(config)
        with stopping(texts) as stop:
            shown = progress(texts, quiet=as_json)
            document, errors = copy(
                config, rows, shown, texts, stop, retry=Retry(code, mend=repair)
            )
        ended(document, errors, config, texts, as_json=as_json)


def _concerned(config: Config, rows: Sequence[Account], code: str | None) -> list[Account]:
    """The accounts with something in quarantine, for `code` if one is given.

    UsageError `retry-class` when something is there, but nothing of that class.
    """
    from migrate.ledger import Ledger, accounts
    from migrate.ledger.retry import quarantined

    with Ledger(config.ledger_url) as ledger, ledger.read() as conn:
        ids = accounts.known(conn, [row.pair for row in rows])
        found = quarantined(conn, list(ids.values()))
    classes = sorted({each for _, each in found})
    if code is not None and classes and code not in classes:
        raise UsageError("retry-class", word=code, known=", ".join(classes))
    wanted = {account for account, each in found if code in (None, each)}
    return [row for row in rows if ids.get(row.pair) in wanted]


def _nothing(config: Config, rows: Sequence[Account], texts: Texts, *, as_json: bool) -> NoReturn:
    if as_json:
        from migrate.ledger import Ledger, accounts
        from migrate.report import to_json
        from migrate.report.gather import gather

        pairs = [row.pair for row in rows]
        with Ledger(config.ledger_url) as ledger, ledger.read() as conn:
            document = gather(conn, "run", accounts.last_run(conn), texts, pairs)
        typer.echo(to_json(document), nl=False)
    else:
        typer.echo(texts("cli.retry.nothing"))
    raise typer.Exit
