"""`migrate plan`: the dry run, where each folder goes, and what has changed since another plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from console.shell import heard
from console.tables import as_table
from migrate.cli import common
from migrate.cli.common import HERE, Dir, Json, Lang, Only
from migrate.cli.stopping import interruptible, stopping
from migrate.errors import EXIT_PENDING, MailhaulError
from migrate.texts import Texts, language

if TYPE_CHECKING:
    from migrate.config import Config
    from migrate.report.document import Document

_help = Texts(language())
_SHOWN = 40

Deep = Annotated[bool, typer.Option("--deep", help=_help("cli.option.plan_deep"))]
Diff = Annotated[Path | None, typer.Option("--diff", help=_help("cli.option.diff"), metavar="OLD")]


def plan(
    directory: Dir = HERE,
    only: Only = None,
    deep: Deep = False,
    diff: Diff = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    with common.migration(directory, lang, as_json=as_json) as (config, texts):
        from migrate.plan import Reviewed
        from migrate.plan import plan as make_plan
        from migrate.progress import progress

        common.tell_doubts(config, texts)
        rows = common.select(config.accounts, only)
        old = Reviewed.read(diff) if diff else None
        shown = progress(texts, quiet=as_json)
        with stopping(texts) if deep else interruptible(texts) as stop:
            document, errors = make_plan(config, rows, shown, texts, deep=deep, old=old, stop=stop)
        stopped = stop is not None and stop.is_set()
        planned(document, errors, config, texts, as_json=as_json, stopped=stopped)


def planned(
    document: Document,
    errors: Sequence[MailhaulError],
    config: Config,
    texts: Texts,
    *,
    as_json: bool,
    stopped: bool = False,
) -> NoReturn:
    """Say what a plan came to, and exit as it says."""
    unwritten = common.publish(document, config, texts, as_json=as_json, name="plan")
    if not as_json:
        with heard():
            _show(document, texts)
    errors = [*errors, *unwritten]
    common.show_errors(errors, texts)
    codes = [EXIT_PENDING] if stopped else []
    raise typer.Exit(common.worst([common.outcome(document, errors), *codes]))


def _show(document: Document, texts: Texts) -> None:
    """Where each folder goes; with `--diff` what is otherwise than it was."""
    rows = list(_mapping(document, texts))
    titles = [texts(f"cli.plan.{each}") for each in ("folder", "label", "messages", "remark")]
    typer.echo("")
    for line in as_table([titles, *rows[:_SHOWN]]):
        typer.echo(line)
    if len(rows) > _SHOWN:
        typer.echo(texts("cli.plan.more", count=len(rows) - _SHOWN))
    if document.changes is not None:
        typer.echo("")
        for line in as_table(list(_changes(document, texts))) or [texts("cli.plan.no_change")]:
            typer.echo(line)


def _mapping(document: Document, texts: Texts) -> Iterator[tuple[str, str, str, str]]:
    from migrate.report.words import explain, number, visible

    several = len(document.accounts) > 1
    reasons = {(each.account, each.folder): each.reason for each in document.renames or ()}
    for account in document.accounts:
        if several:
            yield visible(account.source_user), "", "", ""
        for line in account.folders:
            remark = ""
            if line.error:
                remark = str(line.error["cause"])
            elif line.rule:
                remark = explain("rules.skip", line.rule, texts)
            elif reason := reasons.get((account.source_user, line.name)):
                remark = explain("rules.rename", reason, texts)
            name = ("  " if several else "") + visible(line.name)
            yield name, visible(line.label or "–"), number(line.totals.source), remark


def _changes(document: Document, texts: Texts) -> Iterator[tuple[str, ...]]:
    from migrate.report.rows import changes
    from migrate.shown import visible

    for account, folder, what, before, after in changes(document, texts):
        place = " ".join(part for part in (account, folder) if part)
        yield visible(place), what, visible(before or "–"), visible(after or "–")
