"""`mailhaul migrate …`: one small file per group of commands, heavy imports inside the commands."""

from __future__ import annotations

from collections.abc import Callable

import typer

from migrate.cli import (
    checking,
    copying,
    explaining,
    login,
    pausing,
    planning,
    preparing,
    reporting,
    retrying,
    status,
    undoing,
    watching,
)
from migrate.texts import Texts, language

_help = Texts(language())

app = typer.Typer(no_args_is_help=True)
_commands: dict[str, Callable[..., None]] = {
    "init": preparing.init,
    "login": login.login,
    "check": checking.check,
    "plan": planning.plan,
    "run": copying.run,
    "undo": undoing.undo,
    "status": status.status,
    "pause": pausing.pause,
    "resume": pausing.resume,
    "verify": reporting.verify,
    "retry": retrying.retry,
    "report": reporting.report,
    "cutover": watching.cutover,
    "explain": explaining.explain,
}
for _name, _command in _commands.items():
    app.command(_name, help=_help(f"cli.help.{_name}"))(_command)
