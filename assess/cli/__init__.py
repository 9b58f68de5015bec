"""`mailhaul assess …`: one small file per group of commands, heavy imports inside the commands."""

from __future__ import annotations

from collections.abc import Callable

import typer

from assess.cli import asking, deciding, reporting
from assess.texts import Texts, language

_help = Texts(language())

app = typer.Typer(no_args_is_help=True)
_asking: dict[str, Callable[..., None]] = {
    "init": asking.init,
    "ask": asking.ask,
    "merge": asking.merge,
}
_deciding: dict[str, Callable[..., None]] = {
    "score": deciding.score,
    "explain": deciding.explain,
    "whatif": deciding.whatif,
    "diff": deciding.diff,
    "report": reporting.report,
    "verify": deciding.verify,
}
for _name, _command in _asking.items():
    app.command(_name, help=_help(f"ask.help.{_name}"))(_command)
for _name, _command in _deciding.items():
    app.command(_name, help=_help(f"cli.help.{_name}"))(_command)
