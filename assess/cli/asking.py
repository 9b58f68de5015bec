"""`assess init`, `ask`, `merge`: how answers come into the file."""

from __future__ import annotations

import os
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assess.cli import common
from assess.cli.common import ANSWERS, AnswersFile, CatalogFile, Json, Lang
from assess.errors import AssessError
from assess.texts import Texts, language
from console.errors import EXIT_DIFFERS, EXIT_PENDING
from console.visible import visible

if TYPE_CHECKING:
    from assess.catalog.model import Catalog, Question
    from assess.interview.screen import Screen
    from assess.merge import Conflict, Statement

_help = Texts(language())


class Role(StrEnum):
    """Whose questions; as in the catalogue."""

    IT = "it"
    FINANCE = "finance"
    LEGAL = "legal"
    MANAGEMENT = "management"
    HR = "hr"


def init(
    answers: AnswersFile = ANSWERS,
    catalog: CatalogFile = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    texts = common.texts_for(lang)
    with common.explained(texts, as_json=as_json):
        from assess.answers_file import write_text
        from assess.catalog.load import load
        from assess.template import template

        _vacant(answers)
        write_text(answers, template(load(catalog), texts.lang))
        if as_json:
            common.print_json({"schema": 1, "command": "init", "files": [str(answers)]})
            return
        common.tell(texts("ask.init.written", file=answers))
        common.tell(texts("ask.init.next", command=common.command("ask", answers)))


def ask(
    answers: AnswersFile = ANSWERS,
    role: Annotated[
        list[Role] | None, typer.Option("--role", help=_help("ask.option.role"))
    ] = None,
    only: Annotated[
        str | None, typer.Option("--only", help=_help("ask.option.only"), metavar="ID,ID…")
    ] = None,
    again: Annotated[bool, typer.Option("--all", help=_help("ask.option.all"))] = False,
    weights: Annotated[bool, typer.Option("--weights", help=_help("ask.option.weights"))] = False,
    plain: Annotated[bool, typer.Option("--plain", help=_help("ask.option.plain"))] = False,
    by: Annotated[
        str | None, typer.Option("--by", help=_help("ask.option.by"), metavar="NAME")
    ] = None,
    organisation: Annotated[
        str | None,
        typer.Option("--organisation", help=_help("ask.option.organisation"), metavar="NAME"),
    ] = None,
    catalog: CatalogFile = None,
    lang: Lang = None,
) -> None:
    texts = common.texts_for(lang)
    with common.explained(texts, as_json=False):
        from assess.answers import Answers
        from assess.answers_file import read, write
        from assess.catalog.load import load
        from assess.fit.relevance import relevant
        from assess.fit.value import Model
        from assess.interview.dialogue import converse, greet
        from assess.interview.state import Interview
        from assess.interview.weighing import dialogue
        from assess.questionnaire import known

        content = load(catalog)
        wanted = [each.strip() for each in (only or "").split(",") if each.strip()]
        for each in wanted:
            known(content, each, where="--only")
        given = read(answers, content) if answers.exists() else Answers()

        def save(now: Answers) -> None:
            write(answers, now, content)

        if organisation:
            given = replace(given, organisation=organisation)
            save(given)
        model = Model(content, given.weights)

        def can_change(now: Answers) -> frozenset[str]:
            return relevant(model, now.values)

        interview = Interview(content, given, role or (), wanted, again, by)
        screen = _screen(plain)
        try:
            if weights:
                finished = dialogue(content, given, screen, texts, save)
            else:
                greet(interview, screen, texts)
                finished = converse(interview, screen, texts, save, can_change)
        except (EOFError, KeyboardInterrupt):
            finished = False
            typer.echo()
        options = [f"--role={each}" for each in role or ()]
        options += [f"--only={only}"] if only else []
        options += [f"--by={by}"] if by else []
        options += ["--weights"] if weights else []
        resume = common.command("ask", answers, catalog, options)
        if not finished:
            if weights or not answers.exists():
                common.tell(texts("ask.stopped_unchanged", command=resume))
            else:
                common.tell(texts("ask.stopped", file=answers, command=resume))
            raise typer.Exit(EXIT_PENDING)
        if not weights and (left := len(interview.left())):
            common.tell(texts("ask.put_off", count=left, command=resume))
        score = common.command("score", answers, catalog)
        common.tell(texts("ask.done", file=answers, command=score))


def merge(
    files: Annotated[list[Path], typer.Argument(help=_help("ask.option.files"))],
    out: Annotated[Path, typer.Option("--out", help=_help("ask.option.out"), metavar="FILE")],
    prefer: Annotated[
        Path | None, typer.Option("--prefer", help=_help("ask.option.prefer"), metavar="FILE")
    ] = None,
    catalog: CatalogFile = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    texts = common.texts_for(lang)
    with common.explained(texts, as_json=as_json):
        from assess.answers_file import read, write
        from assess.catalog.load import load
        from assess.merge import merge as join

        content = load(catalog)
        if prefer and prefer not in files:
            raise AssessError("prefer-not-merged", file=prefer)
        if out not in files:
            _vacant(out)
        parts = [(str(file), read(file, content)) for file in files]
        joined, conflicts = join(parts, str(prefer) if prefer else None)
        if not conflicts:
            write(out, joined, content)
        if as_json:
            common.print_json(
                {
                    "schema": 1,
                    "command": "merge",
                    "conflicts": [_as_json(each) for each in conflicts],
                    "written": None if conflicts else str(out),
                }
            )
        elif conflicts:
            for each in conflicts:
                _tell(each, content, texts)
            common.tell(texts("ask.merge.undecided", count=len(conflicts), file=out))
        else:
            common.tell(texts("ask.merge.written", file=out))
        if conflicts:
            raise typer.Exit(EXIT_DIFFERS)


def _vacant(file: Path) -> None:
    if file.exists():
        raise AssessError("file-exists", file=file)


def _screen(plain: bool) -> Screen:
    from assess.interview.screen import Plain, arrows_work

    if plain or not arrows_work(os.environ):
        return Plain()
    from assess.interview.arrows import Arrows

    return Arrows()


def _tell(conflict: Conflict, catalog: Catalog, texts: Texts) -> None:

    question = catalog.questions.get(conflict.about)
    about = question.text(texts.lang) if question else texts(f"ask.merge.{conflict.about}")
    common.tell(texts("ask.merge.conflict", id=conflict.about, about=about))
    for file, said in conflict.said.items():
        common.tell(visible(f"  {file}: {_said(said, question, texts)}"))


def _said(said: Statement, question: Question | None, texts: Texts) -> str:
    """An answer with who gave it and when, weights, or a name."""
    from assess import words

    if isinstance(said, dict):
        return ", ".join(f"{key} {weight:g}" for key, weight in said.items())
    if isinstance(said, str) or question is None or said.value is None:
        return str(said)
    by = [said.by] if said.by else []
    at = [f"{said.at:%Y-%m-%d}"] if said.at else []
    source = f" ({', '.join(by + at)})" if by + at else ""
    return words.answer(question, said.value, texts.lang) + source


def _as_json(conflict: Conflict) -> dict[str, object]:
    from assess.answers import Answer

    said = [
        {
            "file": file,
            "value": each.value,
            "by": each.by,
            "at": each.at and each.at.isoformat(),
        }
        if isinstance(each, Answer)
        else {"file": file, "value": each}
        for file, each in conflict.said.items()
    ]
    return {"about": conflict.about, "said": said}
