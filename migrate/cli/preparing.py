"""`migrate init`: the files of a new migration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from migrate.cli import common
from migrate.cli.common import HERE, Dir, Json, Lang
from migrate.errors import UsageError
from migrate.texts import Texts, language

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
