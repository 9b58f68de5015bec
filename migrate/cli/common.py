"""What all commands share: options, errors as cause and cure, exit codes, printing."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from migrate.errors import (
    EXIT_BRAKE,
    EXIT_BUG,
    EXIT_DIFFERS,
    EXIT_DONE,
    EXIT_PENDING,
    EXIT_UNREACHABLE,
    EXIT_USAGE,
    MailhaulError,
    UsageError,
)
from migrate.texts import Texts, language

if TYPE_CHECKING:
    from migrate.accounts import Account
    from migrate.config import Config
    from migrate.report.document import Document

_help = Texts(language())

Dir = Annotated[Path, typer.Option("--dir", help=_help("cli.option.dir"), metavar="DIR")]
Json = Annotated[bool, typer.Option("--json", help=_help("cli.option.json"))]
Lang = Annotated[str | None, typer.Option("--lang", help=_help("cli.option.lang"), metavar="en|ja")]
Only = Annotated[
    list[str] | None, typer.Option("--only", help=_help("cli.option.only"), metavar="USER")
]

HERE = Path()
_FIRST = (EXIT_BUG, EXIT_USAGE, EXIT_BRAKE, EXIT_UNREACHABLE, EXIT_PENDING, EXIT_DIFFERS)


def texts_for(lang: str | None) -> Texts:
    """The reader's texts: `--lang`, else the locale."""
    if lang is None:
        return Texts(language([]))
    if lang not in ("en", "ja"):
        raise typer.BadParameter(_help("cli.option.lang_wrong", lang=lang))
    return Texts("ja" if lang == "ja" else "en")


def worst(codes: Iterable[int]) -> int:
    """The exit code that wins when several apply."""
    found = set(codes)
    return next((code for code in _FIRST if code in found), EXIT_DONE)


def outcome(document: Document, errors: Iterable[MailhaulError] = ()) -> int:
    """The exit code of a command that ran to its end."""
    codes = [error.exit_code for error in errors]
    if document.totals.pending and document.command != "plan":
        codes.append(EXIT_PENDING)
    if document.command != "plan" and (document.totals.quarantined or document.differences):
        codes.append(EXIT_DIFFERS)
    return worst(codes)


@contextmanager
def explained(texts: Texts, *, as_json: bool) -> Iterator[None]:
    """Turn an expected error into cause and cure, and any other into a request to report it."""
    try:
        yield
    except MailhaulError as error:
        show_error(error, texts, as_json=as_json)
        raise typer.Exit(error.exit_code) from error
    except (typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(EXIT_BUG) from None
    except Exception as error:
        if os.environ.get("MAILHAUL_DEBUG"):
            traceback.print_exc()
        say(texts("cli.bug", error=f"{type(error).__name__}: {error}"))
        raise typer.Exit(EXIT_BUG) from error


def show_error(error: MailhaulError, texts: Texts, *, as_json: bool = False) -> None:
    from migrate.explain import explain

    if os.environ.get("MAILHAUL_DEBUG"):
        traceback.print_exception(error)
    cause, cure = explain(error, texts)
    if as_json:
        body = {"code": error.code, "cause": cause, "cure": cure}
        typer.echo(json.dumps({"schema": 1, "error": body}, ensure_ascii=False, indent=2))
    say(texts("cli.error", cause=cause))
    if cure:
        say(texts("cli.cure", cure=cure))


def say(line: str) -> None:
    """One line for people, on stderr."""
    typer.echo(line, err=True)


def select(rows: Sequence[Account], only: Sequence[str] | None) -> list[Account]:
    """The accounts named by `--only` (source or target user), all when it is not given."""
    if not only:
        return list(rows)
    wanted = {name.casefold() for name in only}
    found = [
        row for row in rows if {row.source_user.casefold(), row.target_user.casefold()} & wanted
    ]
    known = {name.casefold() for row in found for name in (row.source_user, row.target_user)}
    for name in only:
        if name.casefold() not in known:
            raise UsageError("only-unknown", user=name)
    return found


def publish(document: Document, config: Config, texts: Texts, *, as_json: bool, name: str) -> None:
    """Write the reports, then say in a few lines what they say."""
    from migrate.config import private_directory
    from migrate.report import summary, to_json, write

    written = write(document, private_directory(config.reports), name, texts)
    if as_json:
        typer.echo(to_json(document), nl=False)
        return
    for line in summary(document, texts):
        typer.echo(line)
    typer.echo(texts("cli.report_at", file=next(p for p in written if p.suffix == ".html")))


def as_table(rows: Sequence[Sequence[Any]]) -> list[str]:
    """Columns padded by display width (East Asian characters take two places)."""
    from unicodedata import east_asian_width

    def width(text: str) -> int:
        return sum(2 if east_asian_width(each) in "WF" else 1 for each in text)

    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(width(row[column]) for row in cells) for column in range(len(cells[0]))]
    pad: Callable[[str, int], str] = lambda text, size: text + " " * (size - width(text))  # noqa: E731
    return [
        "  ".join(pad(cell, size) for cell, size in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
