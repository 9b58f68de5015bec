"""`mailhaul assess …`: one small file per group of commands, heavy imports inside the commands."""

from __future__ import annotations

import typer

from assess.texts import Texts, language
from console.later import Group, later

_help = Texts(language())

app = typer.Typer(cls=Group, no_args_is_help=True, add_completion=False)
_asking = ("init", "ask", "merge")
_deciding = {
    "score": "deciding",
    "explain": "deciding",
    "whatif": "deciding",
    "diff": "deciding",
    "report": "reporting",
    "verify": "deciding",
}
"""Each command, and the module that has it under its own name."""
for _name in _asking:
    later(app, _name, _help(f"ask.help.{_name}"), f"{__name__}.asking", _name)
for _name, _module in _deciding.items():
    later(app, _name, _help(f"cli.help.{_name}"), f"{__name__}.{_module}", _name)
