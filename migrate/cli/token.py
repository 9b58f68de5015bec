"""`mailhaul sandbox token`: an access token of a sandbox, for curl and other people's tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from migrate.cli import common
from migrate.cli.common import Json, Lang
from migrate.texts import Texts, language

_help = Texts(language())
SANDBOX = "http://127.0.0.1"
"""Any address that isn't Google's: `load_key` then takes only the key of a sandbox."""


def token(
    key: Annotated[
        Path, typer.Option("--key", help=_help("sandbox.option.token_key"), metavar="FILE")
    ],
    user: Annotated[
        str, typer.Option("--user", help=_help("sandbox.option.token_user"), metavar="ADDRESS")
    ],
    scopes: Annotated[
        str, typer.Option("--scopes", help=_help("sandbox.option.token_scopes"))
    ] = "full",
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    texts = common.texts_for(lang)
    with common.explained(texts, as_json=as_json):
        from console.shell import print_json
        from migrate.gmail.auth import SCOPES, Tokens, load_key

        if scopes not in SCOPES:
            raise typer.BadParameter(texts("sandbox.bad_scopes", names=", ".join(SCOPES)))
        found = load_key(key, SANDBOX)
        ca_file = key.with_name(f"{key.stem}-ca.pem")
        bearer = Tokens(found, user, scopes, ca_file if ca_file.exists() else None).bearer()
        if as_json:
            print_json({"schema": 1, "command": "token", "access_token": bearer})
        else:
            typer.echo(bearer)
