"""What every command does in the same way: common options, errors as cause and cure, exit codes."""

from __future__ import annotations

import errno
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Annotated

import typer

from console import screen
from console.errors import EXIT_BUG, EXIT_USAGE, MailhaulError
from console.texts import Lang, Texts, language
from console.visible import printable

Explain = Callable[[MailhaulError], tuple[str, str]]
"""(cause, cure) of an error, in the reader's language."""


_UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What a write to stdout ends with where the disk behind it takes no more."""


class Words(Texts):
    package = "console"


_help = Words(language())

JsonOption = Annotated[bool, typer.Option("--json", help=_help("shell.option.json"))]
LangOption = Annotated[
    str | None, typer.Option("--lang", help=_help("shell.option.lang"), metavar="en|ja")
]


def chosen(lang: str | None) -> Lang:
    """The reader's language: `--lang`, else the locale."""
    if lang is None:
        return language([])
    if lang not in ("en", "ja"):
        raise typer.BadParameter(_help("shell.option.lang_wrong", lang=lang))
    return "ja" if lang == "ja" else "en"


@contextmanager
def explained(explain: Explain, lang: Lang, *, safe: str, as_json: bool) -> Iterator[None]:
    """Turn an expected error into cause and cure, and any other into a request to report it.

    `safe` says what is not lost by an unexpected one.
    """
    try:
        yield
    except MailhaulError as error:
        show_error(error, explain, lang, as_json=as_json)
        raise typer.Exit(error.exit_code) from error
    except (typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except BrokenPipeError:
        _say_no_more()
        raise typer.Exit(EXIT_BUG) from None
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _UNWRITABLE:
            say(Words(lang)("shell.unwritable", reason=error.strerror))
            raise typer.Exit(EXIT_USAGE) from error
        if os.environ.get("MAILHAUL_DEBUG"):
            traceback.print_exc()
        reason = f"{type(error).__name__}: {error}"
        if as_json:
            _print_error("unexpected", reason, "")
        say(Words(lang)("shell.bug", error=reason, safe=safe))
        raise typer.Exit(EXIT_BUG) from error


@contextmanager
def heard() -> Iterator[None]:
    """For what is printed when all is done: where nobody reads it any more, go on."""
    try:
        yield
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        _say_no_more()


def _say_no_more() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def show_error(error: MailhaulError, explain: Explain, lang: Lang, *, as_json: bool) -> None:
    words = Words(lang)
    if os.environ.get("MAILHAUL_DEBUG"):
        traceback.print_exception(error)
    cause, cure = explain(error)
    if as_json:
        _print_error(error.code, cause, cure)
    say(words("shell.error", cause=cause))
    if cure:
        say(words("shell.cure", cure=cure))


def _print_error(code: str, cause: str, cure: str) -> None:
    body = {"code": code, "cause": cause, "cure": cure}
    print_json({"schema": 1, "error": body})


def print_json(document: object) -> None:
    """One document on stdout."""
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2))


def tell(line: str) -> None:
    """One line of a result for people, on stdout."""
    typer.echo(printable(line))


def say(line: str) -> None:
    """One line for people, on stderr; where that is closed or broken, it is not said."""
    with suppress(OSError), screen.aside():
        typer.echo(printable(line), err=True)
