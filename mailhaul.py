"""mailhaul: copies mail into Google Workspace without losing a message. The one command."""

from __future__ import annotations

import typer

from assess.cli import app as assess_app
from migrate.cli import app as migrate_app
from migrate.cli.demo import demo
from migrate.cli.sandbox import app as sandbox_app
from migrate.texts import Texts, language

_texts = Texts(language())

app = typer.Typer(
    help=_texts("cli.help.mailhaul"),
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo", help=_texts("cli.help.demo"))(demo)
app.add_typer(assess_app, name="assess", help=_texts("cli.help.assess"))
app.add_typer(migrate_app, name="migrate", help=_texts("cli.help.migrate"))
app.add_typer(sandbox_app, name="sandbox", help=_texts("cli.help.sandbox"))

if __name__ == "__main__":
    app()
