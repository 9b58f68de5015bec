"""`assess score`, `explain`, `whatif`, `diff`, `verify`: the decision and what stands behind it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assess.cli import common
from assess.cli.common import ANSWERS, AnswersFile, CatalogFile, Json, Lang
from assess.texts import Texts, language
from console.errors import EXIT_DIFFERS

if TYPE_CHECKING:
    from assess.reading import Case
    from assess.result import Assessment

_help = Texts(language())

Side = tuple["Assessment", "Case"]

AsOf = Annotated[
    datetime | None,
    typer.Option("--date", help=_help("cli.option.date"), formats=["%Y-%m-%d"]),
]


def score(
    answers: AnswersFile = ANSWERS,
    catalog: CatalogFile = None,
    as_of: AsOf = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    texts = common.texts_for(lang)
    with common.explained(texts, as_json=as_json):
        from assess.cli.telling import told
        from assess.reading import read
        from assess.report import to_json

        case = read(answers, catalog)
        found = case.assess(common.day(as_of))
        common.warn_stale(case.catalog, common.day(as_of), texts)
        if as_json:
            typer.echo(to_json(found), nl=False)
            return
        for line in told(found, case, texts):
            common.tell(line)
        common.tell(texts("cli.score.next", command=common.command("report", answers, catalog)))


def explain(
    question: Annotated[str, typer.Argument(help=_help("cli.option.question"))],
    answers: AnswersFile = ANSWERS,
    catalog: CatalogFile = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    texts = common.texts_for(lang)
    with common.explained(texts, as_json=as_json):
        from assess.cli.telling import told_question
        from assess.comparison import named
        from assess.explanation import explanation
        from assess.reading import read

        case = read(answers, catalog)
        found = explanation(case.catalog, case.answers, named(case.catalog, question))
        if as_json:
            typer.echo(found.model_dump_json(by_alias=True, indent=2))
            return
        for line in told_question(found, case, texts):
            common.tell(line)


def whatif(
    changes: Annotated[list[str], typer.Argument(help=_help("cli.option.changes"), metavar="Q=V…")],
    answers: AnswersFile = ANSWERS,
    catalog: CatalogFile = None,
    as_of: AsOf = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    texts = common.texts_for(lang)
    with common.explained(texts, as_json=as_json):
        from assess.comparison import changed
        from assess.reading import read

        case = read(answers, catalog)
        other = replace(case, answers=changed(case.catalog, case.answers, changes))
        before = case.assess(common.day(as_of))
        after = other.assess(common.day(as_of), seed=int(before.inputs.seed))
        _compare((before, case), (after, other), texts, "whatif", as_json=as_json)


def diff(
    old: Annotated[Path, typer.Argument(help=_help("cli.option.old"))],
    new: Annotated[Path, typer.Argument(help=_help("cli.option.new"))],
    catalog: CatalogFile = None,
    as_of: AsOf = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    texts = common.texts_for(lang)
    with common.explained(texts, as_json=as_json):
        from assess.reading import read, read_report

        sides = []
        for path in (old, new):
            if path.suffix == ".json":
                claimed, case = read_report(path)
                found = case.again(claimed)
                if found != claimed:
                    common.say(texts("cli.diff.forged", file=path))
            else:
                case = read(path, catalog)
                found = case.assess(common.day(as_of))
            sides.append((found, case))
        before, after = sides
        _compare(before, after, texts, "diff", as_json=as_json)


def verify(
    report: Annotated[Path, typer.Argument(help=_help("cli.option.report"), metavar="report.json")],
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    texts = common.texts_for(lang)
    with common.explained(texts, as_json=as_json):
        from assess.answers_file import text
        from assess.comparison import differing
        from assess.fit.score import DRAWS
        from assess.reading import read_report
        from assess.report import to_json

        claimed, case = read_report(report)
        made = case.again(claimed)
        same = to_json(made) == text(report)
        fields = [] if same else differing(claimed, made)
        catalog = claimed.inputs.catalog == made.inputs.catalog
        usual = claimed.inputs.draws == DRAWS
        taken = {
            "date": claimed.as_of.isoformat(),
            "draws": claimed.inputs.draws,
            "answers_sha256": hashlib.sha256(claimed.inputs.answers.encode()).hexdigest(),
        }
        if as_json:
            body = {"schema": 1, "command": "verify", "same": same, "differs": fields,
                    "same_catalog": catalog, "usual_draws": usual} | taken  # fmt: skip
            common.print_json(body)
        else:
            key = "same" if same else "differs" if catalog else "other_catalog"
            named = ", ".join(fields) or texts("cli.verify.layout")
            common.tell(texts(f"cli.verify.{key}", file=report, fields=named,
                              hash=made.inputs.catalog[:12]))  # fmt: skip
            common.tell(texts("cli.verify.taken", **taken))
            if not usual:
                common.tell(texts("cli.verify.draws", draws=taken["draws"], usual=DRAWS))
        if not same:
            raise typer.Exit(EXIT_DIFFERS)


def _compare(before: Side, after: Side, texts: Texts, command: str, *, as_json: bool) -> None:
    from assess.cli.telling import told_comparison
    from assess.comparison import compare

    (was, old), (now, new) = before, after
    found = compare(was, now, old.values, new.values)
    if as_json:
        body = {"schema": 1, "command": command} | found.model_dump()
        common.print_json(body)
        return
    for line in told_comparison(found, old, new, texts):
        common.tell(line)
