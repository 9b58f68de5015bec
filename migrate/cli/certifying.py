"""Certificates of completeness: written when a command has come to its end, checked on request."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from console import shell
from console.tables import as_table
from migrate.cli import common
from migrate.errors import EXIT_DIFFERS, EXIT_PENDING, MailhaulError, StateError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from migrate.config import Config
    from migrate.report.certificate import Disagreement
    from migrate.report.document import Document
    from migrate.texts import Texts


def certify(
    conn: Connection,
    document: Document,
    config: Config,
    texts: Texts,
    *,
    all_of_them: bool = False,
) -> list[MailhaulError]:
    """Write the certificates that `document`, which comes from `conn`, gives reason for (or all).

    Gives what kept them from being written; what was done is told all the same.
    """
    from migrate.config import private_directory
    from migrate.report.certificate import issue

    try:
        private_directory(config.reports)
        issue(conn, document, config.certificates, texts, all_of_them=all_of_them)
    except OSError as error:
        reason = error.strerror or error
        return [StateError("report-unwritable", folder=config.certificates, reason=reason)]
    return []


def check_certificate(config: Config, file: Path, texts: Texts, *, as_json: bool) -> None:
    """Compare a certificate with the ledger, and exit as that says."""
    from migrate.ledger import Ledger
    from migrate.report.certificate import check

    with Ledger(config.ledger_url) as ledger, ledger.read() as conn:
        outcome, found = check(conn, file, texts)
    open_ = outcome == "incomplete"
    with shell.heard():
        if as_json:
            shell.print_json(_json(file, outcome, found))
        else:
            _tell(file, found, texts)
            if open_:
                typer.echo(texts("cli.certificate.incomplete"))
    raise typer.Exit(common.worst([EXIT_DIFFERS] * bool(found) + [EXIT_PENDING] * open_))


def _tell(file: Path, found: Sequence[Disagreement], texts: Texts) -> None:
    if not found:
        typer.echo(texts("cli.certificate.agrees", file=file))
        return
    typer.echo(texts("cli.certificate.differs", file=file, n=len(found)))
    titles = [texts(f"cli.certificate.{each}") for each in ("what", "folder", "stated", "now")]
    rows = [
        (
            texts(f"cli.certificate_differs.{each.what}"),
            *map(_shown, (each.folder, each.certificate, each.ledger)),
        )
        for each in found
    ]
    for line in as_table([titles, *rows]):
        typer.echo(line)


def _shown(text: str) -> str:
    from migrate.shown import visible

    return visible(text or "–")


def _json(file: Path, outcome: str, found: Sequence[Disagreement]) -> dict[str, object]:
    return {
        "schema": 1,
        "command": "check-certificate",
        "file": str(file),
        "outcome": outcome,
        "agrees": not found,
        "differences": [
            {
                "what": each.what,
                "folder": each.folder,
                "certificate": each.certificate,
                "ledger": each.ledger,
            }
            for each in found
        ],
    }
