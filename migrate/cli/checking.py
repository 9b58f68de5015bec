"""`migrate check`: the summary first, then what is wrong with its cure, then every account."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from console.shell import print_json
from migrate.cli import common
from migrate.cli.common import HERE, Dir, Json, Lang, Only
from migrate.cli.stopping import interruptible
from migrate.errors import EXIT_UNREACHABLE
from migrate.texts import Texts, language

if TYPE_CHECKING:
    from migrate.accounts import Account
    from migrate.config import Config
    from migrate.preflight.result import Result

_help = Texts(language())


def check(
    directory: Dir = HERE,
    only: Only = None,
    measure: Annotated[
        bool, typer.Option("--measure", help=_help("measure.option.measure"))
    ] = False,
    measure_large: Annotated[
        bool, typer.Option("--measure-large", help=_help("measure.option.large"))
    ] = False,
    measure_quota: Annotated[
        bool, typer.Option("--measure-quota", help=_help("measure.option.quota"))
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help=_help("measure.option.yes"))] = False,
    dns: Annotated[
        str | None, typer.Option("--dns", help=_help("cli.option.dns"), metavar="ADDRESS[:PORT]")
    ] = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    with common.migration(directory, lang, as_json=as_json) as (config, texts):
        from migrate.cli.checked import show
        from migrate.preflight.document import to_json

        rows = common.select(config.accounts, only)
        with interruptible(texts):
            result = _checked(config, rows, dns, quiet=as_json)
        body = to_json(result, texts)
        if not as_json:
            show(result, str(config.source.address), texts)
        if (measure or measure_large or measure_quota) and not result.errors:
            from migrate.cli.measuring import run_measure

            body |= run_measure(
                config,
                rows[0],
                texts,
                large=measure_large,
                quota=measure_quota,
                yes=yes,
                as_json=as_json,
            )
        if as_json:
            print_json(body)
        codes = [error.exit_code for error in result.errors]
        codes += [EXIT_UNREACHABLE] if body.get("left") else []
        raise typer.Exit(common.worst(codes))


def _checked(config: Config, rows: Sequence[Account], dns: str | None, *, quiet: bool) -> Result:
    """With a bar on a terminal."""
    from tqdm import tqdm

    from migrate.preflight import check

    unseen = quiet or sys.stderr is None or not sys.stderr.isatty()
    with tqdm(total=len(rows), unit="", disable=unseen, leave=False, dynamic_ncols=True) as bar:

        def done(row: Account) -> None:
            bar.set_description(row.source_user, refresh=False)
            bar.update()

        return check(config, rows, done, dns)
