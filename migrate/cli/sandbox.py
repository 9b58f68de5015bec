"""`mailhaul sandbox serve`: the local Gmail to rehearse against."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from migrate.errors import EXIT_USAGE
from migrate.texts import Texts, language

text = Texts(language())
app = typer.Typer(help=text("sandbox.help"), no_args_is_help=True)


class Quota(StrEnum):
    off = "off"
    year_2026 = "2026"
    legacy = "legacy"


def _option(name: str, *flags: str) -> Any:
    return typer.Option(*flags, help=text(f"sandbox.option.{name}"))


def _read(name: str, read: Callable[[Any], Any], given: Any) -> Any:
    try:
        return read(given)
    except ValueError as error:
        shown = text(f"sandbox.bad_{name}", given=given, reason=error)
        raise typer.BadParameter(shown) from error


@app.callback()
def _group() -> None:
    """Keeps `serve` a command of its own."""


@app.command(help=text("sandbox.serve"))
def serve(
    data: Annotated[Path, _option("data", "--data")],
    key_out: Annotated[Path, _option("key_out", "--key-out")],
    host: Annotated[str, _option("host", "--host")] = "127.0.0.1",
    port: Annotated[int, _option("port", "--port")] = 0,
    users: Annotated[str, _option("users", "--users")] = "*",
    quota: Annotated[Quota, _option("quota", "--quota")] = Quota.off,
    latency: Annotated[str, _option("latency", "--latency")] = "0s",
    faults: Annotated[Path | None, _option("faults", "--faults")] = None,
    discard: Annotated[bool, _option("discard", "--discard")] = False,
    tls: Annotated[bool, _option("tls", "--tls")] = False,
    assume: Annotated[list[str], _option("assume", "--assume")] = [],  # noqa: B006
    search_lag: Annotated[str, _option("search_lag", "--search-lag")] = "0s",
    clock_skew: Annotated[str, _option("clock_skew", "--clock-skew")] = "0s",
    authorized_scopes: Annotated[
        str | None, _option("authorized_scopes", "--authorized-scopes")
    ] = None,
    token_lifetime: Annotated[str, _option("token_lifetime", "--token-lifetime")] = "1h",  # noqa: S107
    history_kept: Annotated[int, _option("history_kept", "--history-kept")] = 1_000_000,
    json: Annotated[bool, _option("json", "--json")] = False,
    lang: Annotated[str | None, _option("lang", "--lang")] = None,
) -> None:
    from migrate.sandbox.assumptions import parse
    from migrate.sandbox.options import Options, addresses, seconds, signed_seconds
    from migrate.sandbox.server import serve as run

    options = Options(
        data=data,
        key_out=key_out,
        host=host,
        port=port,
        users=_read("users", addresses, users),
        quota=quota.value,
        latency=_read("duration", seconds, latency),
        faults=faults,
        discard=discard,
        tls=tls,
        assume=_read("assumption", parse, assume),
        search_lag=_read("duration", seconds, search_lag),
        clock_skew=_read("duration", signed_seconds, clock_skew),
        authorized_scopes=frozenset(authorized_scopes.split(",")) if authorized_scopes else None,
        token_lifetime=_read("duration", seconds, token_lifetime),
        history_kept=history_kept,
        json=json,
    )
    try:
        run(options, text("sandbox.ready"))
    except (OSError, ValueError) as error:
        typer.echo(text("sandbox.cannot_start", reason=error), err=True)
        raise typer.Exit(EXIT_USAGE) from error
