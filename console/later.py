"""Commands that are imported when they are called, or when their own help is asked for.

Reading the options of all of them takes several times as long as one command's start.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command


class Later(TyperCommand):
    """Stands in for a command, or a group of them, in its group's help: a name and one line."""

    def loaded(self) -> Any:
        """The real one, as Typer makes it (of a type that it does not publish)."""
        assert self.callback is not None
        there: typer.Typer | Callable[..., None] = self.callback()
        if isinstance(there, typer.Typer):
            group = get_command(there)
            group.help = self.help
            return group
        alone = typer.Typer(add_completion=False)
        alone.command(self.name, help=self.help)(there)
        return get_command(alone)

    def make_context(self, *args: Any, **more: Any) -> Any:
        return self.loaded().make_context(*args, **more)


class Group(TyperGroup):
    """A group that looks at its own options only where there are any.

    To find one absent, Typer imports pydantic and builds a validator for it.
    """

    _asked = True

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        self._asked = not args or args[0].startswith("-")
        return super().parse_args(ctx, args)

    def get_params(self, ctx: Any) -> list[Any]:
        return list(super().get_params(ctx)) if self._asked else []


def later(app: typer.Typer, name: str, text: str, module: str, what: str) -> None:
    """Make `what` of `module`, a function or a Typer app, the command `name` with this help."""

    def load() -> Any:
        return getattr(import_module(module), what)

    app.command(name, help=text, cls=Later)(load)
