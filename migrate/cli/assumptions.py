"""`mailhaul sandbox assumptions`: what nobody could verify at Google, and what one may assume."""

from __future__ import annotations

import typer

from migrate.cli import common
from migrate.cli.common import Json, Lang


def assumptions(as_json: Json = False, lang: Lang = None) -> None:
    texts = common.texts_for(lang)
    with common.explained(texts, as_json=as_json):
        from console.shell import print_json
        from console.tables import as_table
        from migrate.sandbox.assumptions import Assumptions, choices, names

        rows = []
        for name in names():
            default = getattr(Assumptions(), name.replace("-", "_"))
            others = [each for each in choices(name) if each != default]
            rows.append((name, default, others, texts(f"sandbox.assume.{name.replace('-', '_')}")))
        if as_json:
            print_json(
                {
                    "schema": 1,
                    "command": "assumptions",
                    "assumptions": [
                        {"name": name, "default": default, "others": others, "text": text}
                        for name, default, others, text in rows
                    ],
                }
            )
            return
        columns = ("name", "default", "others", "text")
        table = [tuple(texts(f"sandbox.column.{each}") for each in columns)]
        number = texts("sandbox.number")
        table += [
            (name, str(default), " | ".join(others) or number, text)
            for name, default, others, text in rows
        ]
        for line in as_table(table):
            typer.echo(line)
        typer.echo(texts("sandbox.assume_how"))
