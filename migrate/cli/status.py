"""`migrate status [--watch]`: how far it is, from the ledger alone; nobody has to be at work."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from console.shell import heard
from console.tables import as_table
from migrate.cli import common
from migrate.cli.common import HERE, Dir, Json, Lang
from migrate.cli.reporting import from_ledger
from migrate.cli.stopping import until_interrupted
from migrate.texts import Texts, language

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migrate.config import Config
    from migrate.progress import Allowed
    from migrate.report.document import AccountLine, Document

_help = Texts(language())
_INTERVAL = 2.0
_NAME = 34
"""Columns of an account's name where all is to fit into 80."""
_SHARE = 5
"""Of the time at most one part in so many is for counting: ledgers may be large."""


def status(
    directory: Dir = HERE,
    watch: Annotated[
        bool, typer.Option("--watch", help=_help("batch.option.watch_status"))
    ] = False,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    with common.migration(directory, lang, as_json=as_json) as (config, texts):
        from migrate.report import summary, to_json

        if watch:
            raise typer.Exit(common.outcome(_watch(config, texts, as_json=as_json)))
        document = from_ledger(config, "status", texts)
        if as_json:
            typer.echo(to_json(document), nl=False)
        else:
            for line in [*_table(document, texts), *summary(document, texts)]:
                typer.echo(line)
        raise typer.Exit(common.outcome(document))


def _watch(config: Config, texts: Texts, *, as_json: bool) -> Document:
    """Show it again and again, until it is complete or somebody has seen enough."""
    from console.screen import Screen
    from migrate.report import to_json

    screen = Screen(sys.stdout) if sys.stdout.isatty() and not as_json else None
    shown = _Shown(config, texts)
    with until_interrupted() as stop, heard():
        while True:
            began = time.monotonic()
            document = from_ledger(config, "status", texts)
            if as_json:
                print(json.dumps(json.loads(to_json(document))), flush=True)
            elif screen:
                screen.paint(shown.lines(document, *screen.size))
            else:
                print("\n".join(shown.lines(document, 120, len(document.accounts) + 3)), flush=True)
            took = time.monotonic() - began
            if document.complete or stop.wait(max(_INTERVAL, took * _SHARE)):
                break
    if screen:  # it stays, as the last word
        typer.echo()
    return document


class _Shown:
    """The document as lines, with how fast it goes."""

    def __init__(self, config: Config, texts: Texts) -> None:
        from migrate.progress.speed import Speed

        self._config, self._texts, self._speed = config, texts, Speed()

    def lines(self, document: Document, columns: int, height: int) -> list[str]:
        """At most `height` less one: the whole, and the accounts that are not done first."""
        from migrate.progress.line import fitted

        table = _open_first(document, self._texts)
        room = max(1, height - 3)
        if len(table) - 1 > room:
            more = self._texts("cli.progress.more", n=len(table) - room)
            table = [*table[:room], more]
        return [self._whole(document, columns - 1)] + [
            fitted(line, columns - 1).rstrip() for line in table
        ]

    def _whole(self, document: Document, columns: int) -> str:
        from migrate.progress.line import bar_line, facts, time_left
        from migrate.progress.speed import Count

        totals, texts = document.totals, self._texts
        done = totals.source - totals.pending
        rate = self._speed.at(time.monotonic(), Count(done))
        over = sum(line.state == "done" for line in document.accounts)
        now = time.strftime("%H:%M:%S")
        name = texts("batch.status.all", time=now, n=over, accounts=len(document.accounts))
        left = [line.totals.pending for line in document.accounts if line.totals.pending]
        said = [
            *facts(texts, done, totals.source, rate),
            time_left(texts, left, self._allowed(), rate),
        ]
        return bar_line(name, done, totals.source, said, columns)

    def _allowed(self) -> Allowed:
        from migrate.expected import allowed
        from migrate.ledger import Ledger

        with Ledger(self._config.ledger_url) as ledger:
            return allowed(self._config, ledger)


def _table(document: Document, texts: Texts) -> list[str]:
    from migrate.report.document import CLASSES

    return as_table(_rows(document.accounts, ("source", *CLASSES), texts))


def _open_first(document: Document, texts: Texts) -> list[str]:
    """What changes, as narrow as can be; those at work first, those that are done last."""
    from migrate.progress.line import fitted

    lines = sorted(document.accounts, key=lambda line: (not line.working, line.state == "done"))
    header, *rows = _rows(lines, ("source", "pending", "quarantined"), texts)
    return as_table([header, *([fitted(name, _NAME).rstrip(), *rest] for name, *rest in rows)])


def _rows(lines: Sequence[AccountLine], names: Sequence[str], texts: Texts) -> list[list[str]]:
    """With a header; `names` are those of `Totals`."""
    header = [texts("cli.status.account"), texts("cli.status.state")]
    header += [texts(f"cli.status.{name}") for name in names]
    return [header] + [
        [line.source_user, _state(line, texts)]
        + [f"{getattr(line.totals, name):,}" for name in names]
        for line in lines
    ]


def _state(line: AccountLine, texts: Texts) -> str:
    if line.paused and not line.working and line.state != "done":
        return texts("batch.status.on_hold")
    if line.state == "running" and not line.working:
        return texts("batch.status.broken_off")
    return texts(f"cli.state.{line.state}")
