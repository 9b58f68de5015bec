"""`migrate login`: a user lets mailhaul into the one mailbox that is theirs."""

from __future__ import annotations

import os
import sys
from html import escape
from typing import Annotated

import typer

from console.shell import print_json
from migrate.cli import common
from migrate.cli.common import HERE, Dir, Json, Lang, say
from migrate.errors import StateError, TargetError, UsageError
from migrate.texts import Texts, language

_help = Texts(language())

Browser = Annotated[bool, typer.Option("--browser/--no-browser", help=_help("cli.option.browser"))]
Wait = Annotated[
    float, typer.Option("--wait", help=_help("cli.option.login_wait"), metavar="SECONDS", min=1.0)
]


def login(
    directory: Dir = HERE,
    browser: Browser = True,
    wait: Wait = 600.0,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    with common.migration(directory, lang, as_json=as_json) as (config, texts):
        import google_auth_httplib2

        from migrate.gmail.auth import SCOPES, load_client, save_login
        from migrate.gmail.auth.consent import Question
        from migrate.gmail.auth.redirect import Redirect
        from migrate.web import plain_http

        target = config.target
        if target.auth != "oauth" or target.client_file is None:
            raise UsageError("login-not-oauth", auth=target.auth)
        client = load_client(target.client_file, target.api)
        user = config.accounts[0].target_user
        with Redirect(_page(texts)) as redirect:
            question = Question(client, SCOPES[target.scopes], user, redirect.uri)
            say(texts("cli.login.open", user=user, url=question.url))
            if _reads() is not None:
                say(texts("cli.login.paste"))
            if browser:
                _open(question.url)
            code = redirect.wait(question.code, _reads(), wait)
        http = plain_http(target.ca_file, config.limits.request_timeout, client.token_uri)
        granted = question.redeem(code, google_auth_httplib2.Request(http))
        if granted.user.casefold() != user.casefold():
            raise TargetError("target-wrong-user", user=user, login=granted.user)
        try:
            save_login(target.token_file, client, granted)
        except OSError as error:
            reason = error.strerror or error
            raise StateError("login-unwritable", file=target.token_file, reason=reason) from error
        if as_json:
            file = str(target.token_file)
            print_json({"schema": 1, "command": "login", "user": granted.user, "token_file": file})
        else:
            typer.echo(texts("cli.login.done", user=granted.user, file=target.token_file))


def _reads() -> int | None:
    """What is typed, if anything can be."""
    try:
        return sys.stdin.fileno() if sys.stdin is not None else None
    except (OSError, ValueError):
        return None


def _open(url: str) -> None:
    """In a window only: a browser in the terminal would take it over."""
    import webbrowser

    unix = sys.platform not in ("darwin", "win32")
    if not unix or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        webbrowser.open(url)


def _page(texts: Texts) -> str:
    said = escape(texts("cli.login.page"))
    return (
        f'<!doctype html><html lang="{texts.lang}"><meta charset="utf-8"><title>mailhaul</title>'
        f'<p style="font: 1.1rem/1.6 system-ui; margin: 3rem">{said}</p></html>'
    )
