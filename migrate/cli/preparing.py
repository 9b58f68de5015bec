"""`migrate init`, `check`: everything before the source is read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.tables import as_table
from migrate.cli import common
from migrate.cli.common import HERE, Dir, Json, Lang, Only
from migrate.cli.stopping import interruptible
from migrate.errors import EXIT_UNREACHABLE, MailhaulError, UsageError
from migrate.texts import Texts, language

if TYPE_CHECKING:
    from migrate.preflight import Checked

_help = Texts(language())


def init(
    directory: Dir = HERE,
    source: Annotated[
        str, typer.Option("--source", help=_help("cli.option.init_source"), metavar="URL")
    ] = "imaps://mail.example.jp",
    api: Annotated[
        str, typer.Option("--api", help=_help("cli.option.api"), metavar="URL")
    ] = "https://gmail.googleapis.com",
    key: Annotated[
        Path | None, typer.Option("--key", help=_help("cli.option.key"), metavar="FILE")
    ] = None,
    service_account: Annotated[
        str | None,
        typer.Option(
            "--service-account", help=_help("cli.option.service_account"), metavar="ADDRESS"
        ),
    ] = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    texts = common.texts_for(lang)
    with common.explained(texts, as_json=as_json):
        from migrate.config import init_files

        if key and service_account:
            raise UsageError("init-two-logins")
        written = init_files(
            directory,
            source_url=source,
            api=api,
            auth="impersonation" if service_account else "service-account",
            login=service_account or (str(key) if key else None),
            lang=texts.lang,
        )
        if as_json:
            body = {"schema": 1, "command": "init", "files": [str(path) for path in written]}
            typer.echo(json.dumps(body, ensure_ascii=False, indent=2))
            return
        for path in written:
            typer.echo(texts("cli.init.written", file=path))
        typer.echo(texts("cli.init.next", directory=directory))


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
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    texts = common.texts_for(lang)
    with common.explained(texts, as_json=as_json):
        from migrate.config import load
        from migrate.preflight import check as run_check

        config = load(directory)
        rows = common.select(config.accounts, only)
        with interruptible(texts):
            checked = run_check(config, rows)
        errors = [error for each in checked for error in each.errors]
        wanted = measure or measure_large or measure_quota
        body = {
            "schema": 1,
            "command": "check",
            "complete": not errors,
            "accounts": [each.to_json(texts) for each in checked],
        }
        if not as_json:
            _show(checked, texts)
            for error in {(e.code, str(e)): e for e in errors}.values():
                common.show_error(error, texts)
        if wanted and not errors:
            from migrate.cli.measuring import run_measure

            found = run_measure(
                config,
                rows[0],
                texts,
                large=measure_large,
                quota=measure_quota,
                yes=yes,
                as_json=as_json,
            )
            body |= found
        if as_json:
            typer.echo(json.dumps(body, ensure_ascii=False, indent=2))
        codes = [error.exit_code for error in errors]
        codes += [EXIT_UNREACHABLE] if body.get("left") else []
        raise typer.Exit(common.worst(codes))


def _show(checked: Sequence[Checked], texts: Texts) -> None:
    header = [texts(f"cli.check.{each}") for each in ("source", "target")]
    sides = [
        (
            each.account.source_user,
            _side(each.source_error, "folders", texts, count=each.folders)
            + (f", {each.provider.name}" if each.provider and each.provider.name else ""),
            each.account.target_user,
            _side(each.target_error, "labels", texts, count=each.labels),
        )
        for each in checked
    ]
    for line in as_table([(header[0], "", header[1], ""), *sides]):
        typer.echo(line)


def _side(error: MailhaulError | None, what: str, texts: Texts, **found: object) -> str:
    if error is not None:
        return texts("cli.check.failed", code=error.code)
    return texts(f"cli.check.{what}", **found)
