"""`mailhaul sandbox serve`: the local Gmail to rehearse against."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from console.later import Group
from migrate.cli.assumptions import assumptions
from migrate.cli.token import token
from migrate.errors import EXIT_USAGE
from migrate.texts import Texts, language

text = Texts(language())
app = typer.Typer(cls=Group, help=text("sandbox.help"), no_args_is_help=True, add_completion=False)


class Quota(StrEnum):
    off = "off"
    year_2026 = "2026"
    legacy = "legacy"


def _option(name: str, *flags: str, **more: Any) -> Any:
    return typer.Option(*flags, help=text(f"sandbox.option.{name}"), **more)


def _read(name: str, read: Callable[[Any], Any], given: Any) -> Any:
    try:
        return read(given)
    except ValueError as error:
        shown = text(f"sandbox.bad_{name}", given=given, reason=error)
        raise typer.BadParameter(shown) from error


def _users(given: str | None, directory: Path | None) -> frozenset[str] | None:
    from migrate.sandbox.options import addresses

    if given is None and directory is not None:
        return frozenset()
    found: frozenset[str] | None = _read("users", addresses, given or "*")
    return found


app.command("token", help=text("sandbox.token"))(token)
app.command("assumptions", help=text("sandbox.assumptions"))(assumptions)


@app.command(help=text("sandbox.serve"))
def serve(
    data: Annotated[Path, _option("data", "--data")],
    key_out: Annotated[Path | None, _option("key_out", "--key-out")] = None,
    adc_out: Annotated[Path | None, _option("adc_out", "--adc-out")] = None,
    client_out: Annotated[Path | None, _option("client_out", "--client-out")] = None,
    host: Annotated[str, _option("host", "--host")] = "127.0.0.1",
    port: Annotated[int, _option("port", "--port")] = 0,
    users: Annotated[str | None, _option("users", "--users")] = None,
    directory: Annotated[Path | None, _option("directory", "--directory")] = None,
    quota: Annotated[Quota, _option("quota", "--quota")] = Quota.off,
    units_per_user: Annotated[
        int | None, _option("units_per_user", "--units-per-user", min=0)
    ] = None,
    units_per_project: Annotated[
        int | None, _option("units_per_project", "--units-per-project", min=0)
    ] = None,
    units_per_day: Annotated[int | None, _option("units_per_day", "--units-per-day", min=0)] = None,
    latency: Annotated[str, _option("latency", "--latency")] = "0s",
    faults: Annotated[Path | None, _option("faults", "--faults")] = None,
    discard: Annotated[bool, _option("discard", "--discard")] = False,
    tls: Annotated[bool, _option("tls", "--tls")] = False,
    assume: Annotated[list[str], _option("assume", "--assume")] = [],  # noqa: B006
    storage_limit: Annotated[str, _option("storage_limit", "--storage-limit")] = "0",
    spam_share: Annotated[str, _option("spam_share", "--spam-share")] = "0",
    search_lag: Annotated[str, _option("search_lag", "--search-lag")] = "0s",
    upload_lifetime: Annotated[str, _option("upload_lifetime", "--upload-lifetime")] = "168h",
    clock_skew: Annotated[str, _option("clock_skew", "--clock-skew")] = "0s",
    authorized_scopes: Annotated[
        str | None, _option("authorized_scopes", "--authorized-scopes")
    ] = None,
    token_lifetime: Annotated[str, _option("token_lifetime", "--token-lifetime")] = "1h",  # noqa: S107
    history_kept: Annotated[int, _option("history_kept", "--history-kept")] = 1_000_000,
    json: Annotated[bool, _option("json", "--json")] = False,
    lang: Annotated[str | None, _option("lang", "--lang")] = None,
) -> None:
    from migrate.sandbox.access.organisation_file import DirectoryError
    from migrate.sandbox.assumptions import parse, size
    from migrate.sandbox.options import Options, seconds, share, signed_seconds
    from migrate.sandbox.server import serve as run

    options = Options(
        data=data,
        key_file=key_out,
        adc_out=adc_out,
        client_out=client_out,
        host=host,
        port=port,
        users=_users(users, directory),
        directory=directory,
        quota=quota.value,
        units_per_user=units_per_user,
        units_per_project=units_per_project,
        units_per_day=units_per_day,
        latency=_read("duration", seconds, latency),
        faults=faults,
        discard=discard,
        tls=tls,
        assume=_read("assumption", parse, assume),
        storage_limit=_read("size", size, storage_limit),
        spam_share=_read("share", share, spam_share),
        search_lag=_read("duration", seconds, search_lag),
        upload_lifetime=_read("duration", seconds, upload_lifetime),
        clock_skew=_read("duration", signed_seconds, clock_skew),
        authorized_scopes=frozenset(authorized_scopes.split(",")) if authorized_scopes else None,
        token_lifetime=_read("duration", seconds, token_lifetime),
        history_kept=history_kept,
        json=json,
    )
    try:
        run(options, text("sandbox.ready"))
    except DirectoryError as error:
        for each in error.problems:
            place = ": ".join(filter(None, (error.file, each.where)))
            reason = text(f"sandbox.directory.{each.code}", **each.params)
            typer.echo(f"{place}: {reason}", err=True)
        raise typer.Exit(EXIT_USAGE) from error
    except (OSError, ValueError) as error:
        typer.echo(text("sandbox.cannot_start", reason=error), err=True)
        raise typer.Exit(EXIT_USAGE) from error
