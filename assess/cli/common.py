"""What the commands of `assess` share."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assess.texts import Texts, language
from console import shell
from console.errors import MailhaulError
from console.shell import JsonOption as Json
from console.shell import LangOption as Lang
from console.shell import print_json, say, tell

__all__ = [
    "ANSWERS",
    "AnswersFile",
    "CatalogFile",
    "Json",
    "Lang",
    "command",
    "day",
    "explained",
    "print_json",
    "say",
    "tell",
    "texts_for",
    "warn_stale",
]

if TYPE_CHECKING:
    from assess.catalog import Catalog

_help = Texts(language())

ANSWERS = Path("answers.toml")

AnswersFile = Annotated[
    Path, typer.Option("--answers", help=_help("cli.option.answers"), metavar="FILE")
]
CatalogFile = Annotated[
    Path | None, typer.Option("--catalog", help=_help("cli.option.catalog"), metavar="FILE")
]


def texts_for(lang: str | None) -> Texts:
    """The reader's texts: `--lang`, else the locale."""
    return Texts(shell.chosen(lang))


def explained(texts: Texts, *, as_json: bool) -> AbstractContextManager[None]:
    """Turn an expected error into cause and cure, and any other into a request to report it."""

    def explain(error: MailhaulError) -> tuple[str, str]:
        from assess.explain import explain

        return explain(error, texts)

    return shell.explained(explain, texts.lang, safe=texts("cli.safe"), as_json=as_json)


def day(as_of: datetime | None) -> date:
    """The day that the result is made for: the one that was given, else today."""
    return as_of.date() if as_of else date.today()


def command(
    name: str, answers: Path, catalog: Path | None = None, options: Sequence[str] = ()
) -> str:
    """The command line that goes on from here."""
    words = ["mailhaul", "assess", name]
    words += ["--answers", str(answers)] if answers != ANSWERS else []
    words += ["--catalog", str(catalog)] if catalog else []
    return shlex.join([*words, *options])


def warn_stale(catalog: Catalog, today: date, texts: Texts) -> None:
    """Say on stderr that entries are past the date up to which their source was trusted."""
    from assess.catalog import stale

    if old := stale(catalog, today):
        file, entry = old[0]
        say(texts("cli.stale", count=len(old), first=f"{entry} ({file})"))
