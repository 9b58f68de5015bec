"""`mailhaul migrate …`: one small file per group of commands, heavy imports inside the commands."""

from __future__ import annotations

import typer

from console.later import Group, later
from migrate.texts import Texts, language

_help = Texts(language())

app = typer.Typer(cls=Group, no_args_is_help=True, add_completion=False)
_commands = {
    "init": "preparing",
    "login": "login",
    "check": "checking",
    "plan": "planning",
    "run": "copying",
    "undo": "undoing",
    "status": "status",
    "pause": "pausing",
    "resume": "pausing",
    "verify": "reporting",
    "retry": "retrying",
    "report": "reporting",
    "cutover": "watching",
    "explain": "explaining",
}
"""Each command, and the module that has it under its own name."""
for _name, _module in _commands.items():
    later(app, _name, _help(f"cli.help.{_name}"), f"{__name__}.{_module}", _name)
