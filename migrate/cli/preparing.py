"""`migrate init`: the files of a new migration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.shell import print_json
from migrate.cli import common
from migrate.cli.common import HERE, Dir, Json, Key, Lang, ServiceAccount
from migrate.errors import UsageError
from migrate.texts import Texts, language

if TYPE_CHECKING:
    from migrate.config.model import TargetAuth

_help = Texts(language())


def init(
    directory: Dir = HERE,
    source: Annotated[
        str, typer.Option("--source", help=_help("cli.option.init_source"), metavar="URL")
    ] = "imaps://mail.example.jp",
    api: Annotated[
        str, typer.Option("--api", help=_help("cli.option.api"), metavar="URL")
    ] = "https://gmail.googleapis.com",
    key: Key = None,
    service_account: ServiceAccount = None,
    client: Annotated[
        Path | None, typer.Option("--client", help=_help("cli.option.client"), metavar="FILE")
    ] = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    texts = common.texts_for(lang)
    with common.explained(texts, as_json=as_json):
        from migrate.config import init_files

        auth, login = _login(service_account, key, client)
        written = init_files(
            directory, source_url=source, api=api, auth=auth, login=login, lang=texts.lang
        )
        if as_json:
            files = [str(path) for path in written]
            print_json({"schema": 1, "command": "init", "files": files})
            return
        for path in written:
            typer.echo(texts("cli.init.written", file=path))
        typer.echo(texts("cli.init.next", directory=directory))


def _login(
    service_account: str | None, key: Path | None, client: Path | None
) -> tuple[TargetAuth, str | None]:
    """The target's `auth` that these options mean, and what it needs."""
    given: list[tuple[TargetAuth, object]] = [
        ("impersonation", service_account),
        ("service-account", key),
        ("oauth", client),
    ]
    chosen = [(auth, str(each)) for auth, each in given if each]
    if len(chosen) > 1:
        raise UsageError("init-two-logins")
    return chosen[0] if chosen else ("service-account", None)
