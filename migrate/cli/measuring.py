"""`migrate check --measure`: ask first, show what was found, and the sandbox options for it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import typer

from console.tables import as_table
from console.visible import printable
from migrate.cli import common
from migrate.errors import UsageError
from migrate.texts import Texts

if TYPE_CHECKING:
    from migrate.accounts import Account
    from migrate.config import Config
    from migrate.measure import Measured


def run_measure(
    config: Config,
    account: Account,
    texts: Texts,
    *,
    large: bool,
    quota: bool,
    yes: bool,
    as_json: bool,
) -> dict[str, Any]:
    """Measure in the target mailbox of `account`; what `check --json` says of it."""
    from tqdm import tqdm

    from migrate.measure import measure
    from migrate.measure.measuring import count

    _agreed(account.target_user, texts, yes=yes)
    quiet = as_json or sys.stderr is None or not sys.stderr.isatty()
    with tqdm(total=count(large=large, quota=quota), unit="", disable=quiet, leave=False) as bar:

        def asked(name: str) -> None:
            bar.set_description(name)
            bar.update()

        measured = measure(config, account, large=large, quota=quota, asked=asked)
    options = sandbox_options(measured)
    if not as_json:
        _show(measured, options, texts, deleted=config.target.scopes == "full")
    return {
        "measured": [
            {"name": name, "value": each.value, "evidence": each.evidence}
            for name, each in measured.found.items()
        ],
        "not_measured": [
            {"name": name, "reason": texts(f"measure.why.{reason}"), "seen": seen}
            for name, (reason, seen) in measured.missed.items()
        ],
        "options": options,
        "left": measured.left,
    }


def sandbox_options(measured: Measured) -> list[str]:
    """The options of `sandbox serve` that behave as this mailbox does; only what is not default."""
    from migrate.sandbox.assumptions import Assumptions, parse

    options = []
    for name, finding in measured.found.items():
        if name == "quota":
            options += ["--quota", finding.value]
            continue
        said = f"{name}={finding.value}"
        try:
            if parse([said]) != Assumptions():
                options += ["--assume", said]
        except ValueError:
            continue  # a value the sandbox can't play; the table shows it
    return options


def _agreed(user: str, texts: Texts, *, yes: bool) -> None:
    """It writes to a real mailbox: only with `--yes`, or a yes on the terminal."""
    if yes:
        return
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError("measure-needs-yes", user=user)
    if not typer.confirm(texts("measure.ask", user=user), err=True):
        raise typer.Abort


def _show(measured: Measured, options: list[str], texts: Texts, *, deleted: bool) -> None:
    rows = [tuple(texts(f"measure.column.{each}") for each in ("name", "value", "evidence"))]
    rows += [(name, each.value, printable(each.evidence)) for name, each in measured.found.items()]
    rows += [
        (name, "?", " ".join((texts(f"measure.why.{reason}"), printable(seen))).strip())
        for name, (reason, seen) in measured.missed.items()
    ]
    typer.echo("")
    typer.echo(texts("measure.title", user=measured.user))
    for line in as_table(rows):
        typer.echo(line)
    if measured.left is None:
        typer.echo(texts("measure.deleted" if deleted else "measure.trashed"))
    else:
        common.say(texts("measure.left", label=measured.label, reason=measured.left))
    typer.echo(texts("measure.options" if options else "measure.as_assumed"))
    if options:
        typer.echo(
            f"  mailhaul sandbox serve --data sandbox --key-out key.json {' '.join(options)}"
        )
    common.say(texts("measure.names"))
