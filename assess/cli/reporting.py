"""`assess report`: the paper for management and auditors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assess.cli import common
from assess.cli.common import ANSWERS, AnswersFile, CatalogFile, Json, Lang
from assess.cli.deciding import AsOf
from assess.errors import AssessError, misspelt
from assess.texts import Texts, language

if TYPE_CHECKING:
    from assess.report import Format

_help = Texts(language())

REPORT = Path("report")
NAME = "report"
FORMATS = "html,md,json,xlsx"


def report(
    answers: AnswersFile = ANSWERS,
    formats: Annotated[
        str, typer.Option("--format", help=_help("cli.option.format"), metavar="html,md,…")
    ] = FORMATS,
    out: Annotated[
        Path, typer.Option("--out", help=_help("cli.option.out"), metavar="DIR")
    ] = REPORT,
    catalog: CatalogFile = None,
    as_of: AsOf = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    texts = common.texts_for(lang)
    with common.explained(texts, as_json=as_json):
        from assess.reading import read
        from assess.report import to_json, write

        kinds = _kinds(formats)
        case = read(answers, catalog)
        found = case.assess(common.day(as_of))
        common.warn_stale(case.catalog, common.day(as_of), texts)
        try:
            files = write(out, NAME, kinds, found, case.catalog, case.answers, texts.lang)
        except OSError as error:
            raise AssessError("report-unwritable", where=out, reason=error.strerror) from error
        if as_json:
            typer.echo(to_json(found), nl=False)
            return
        for file in files:
            common.tell(texts("cli.report.written", file=file))


def _kinds(formats: str) -> list[Format]:
    from assess.report import FORMATS as known

    found: list[Format] = []
    for word in (each.strip().casefold() for each in formats.split(",")):
        match = [each for each in known if each == word]
        if not match:
            raise misspelt("format-unknown", word, list(known))
        found += match
    return found
