"""mailhaul: copies mail into Google Workspace without losing a message. The one command."""

from __future__ import annotations

import atexit
import gc
import os

import typer

from console.later import Group, later
from migrate.texts import Texts, language

# A start makes 120,000 objects and more, and they stay. To look for cycles among them, while they
# come and once more at the end, takes a third of the CPU of a command such as `status`.
gc.set_threshold(200_000, 10, 10)
atexit.register(gc.freeze)
# Nor for plugins of pydantic, in what every package that is installed says of itself.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

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
