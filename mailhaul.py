"""mailhaul: copies mail into Google Workspace without losing a message. The one command."""

from __future__ import annotations

import console.starting  # noqa: F401 - before everything else

# isort: split
import typer

from console.later import Group, later
from migrate.texts import Texts, language

_texts = Texts(language())

app = typer.Typer(
    cls=Group,
    help=_texts("cli.help.mailhaul"),
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _name, _module, _what in (
    ("demo", "migrate.cli.demo", "demo"),
    ("assess", "assess.cli", "app"),
    ("migrate", "migrate.cli", "app"),
    ("sandbox", "migrate.cli.sandbox", "app"),
):
    later(app, _name, _texts(f"cli.help.{_name}"), _module, _what)

if __name__ == "__main__":
    app()
