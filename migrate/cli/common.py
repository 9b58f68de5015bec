"""What all commands share: options, errors as cause and cure, exit codes, printing."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console import shell
from console.shell import JsonOption as Json
from console.shell import LangOption as Lang
from console.shell import say
from migrate.errors import (
    EXIT_BRAKE,
    EXIT_BUG,
    EXIT_DIFFERS,
    EXIT_DONE,
    EXIT_PENDING,
    EXIT_UNREACHABLE,
    EXIT_USAGE,
    MailhaulError,
    Paused,
    StateError,
    UsageError,
)
from migrate.texts import Texts, language
from migrate.unnamed import UNNAMED, unnamed

__all__ = [
    "HERE",
    "Dir",
    "Json",
    "Key",
    "Lang",
    "Only",
    "ServiceAccount",
    "explained",
    "migration",
    "named",
    "need_ledger",
    "outcome",
    "paused_since",
    "publish",
    "refuse_paused",
    "say",
    "select",
    "show_error",
    "show_errors",
    "texts_for",
    "worst",
]

if TYPE_CHECKING:
    from migrate.accounts import Account
    from migrate.config import Config
    from migrate.report.document import Document

_help = Texts(language())
_NAMED = 5
"""Accounts that are named where a sentence is about several."""

Dir = Annotated[Path, typer.Option("--dir", help=_help("cli.option.dir"), metavar="DIR")]
Only = Annotated[
    list[str] | None, typer.Option("--only", help=_help("cli.option.only"), metavar="USER")
]
Key = Annotated[Path | None, typer.Option("--key", help=_help("cli.option.key"), metavar="FILE")]
ServiceAccount = Annotated[
    str | None,
    typer.Option("--service-account", help=_help("cli.option.service_account"), metavar="ADDRESS"),
]

HERE = Path()
_FIRST = (EXIT_BUG, EXIT_USAGE, EXIT_BRAKE, EXIT_UNREACHABLE, EXIT_PENDING, EXIT_DIFFERS)


def texts_for(lang: str | None) -> Texts:
    """The reader's texts: `--lang`, else the locale."""
    return Texts(shell.chosen(lang))


@contextmanager
def migration(
    directory: Path, lang: str | None, *, as_json: bool
) -> Iterator[tuple[Config, Texts]]:
    """The settings in `directory` and the reader's texts; errors are `explained` from here on."""
    texts = texts_for(lang)
    with explained(texts, as_json=as_json):
        from migrate.config import load

        yield load(directory), texts


def need_ledger(config: Config) -> None:
    """UsageError when nothing was done yet."""
    if not config.ledger_path.exists():
        raise UsageError("no-ledger", directory=config.directory)


def worst(codes: Iterable[int]) -> int:
    """The exit code that wins when several apply."""
    found = set(codes)
    return next((code for code in _FIRST if code in found), EXIT_DONE)


def outcome(document: Document, errors: Iterable[MailhaulError] = ()) -> int:
    """The exit code of a command that ran to its end."""
    codes = [error.exit_code for error in errors]
    if document.command != "plan" and (document.totals.pending or _unfinished(document)):
        codes.append(EXIT_PENDING)
    if document.command != "plan" and (document.totals.quarantined or document.differences):
        codes.append(EXIT_DIFFERS)
    if any(line.refused for line in document.accounts):
        codes.append(EXIT_DIFFERS)
    return worst(codes)


def _unfinished(document: Document) -> bool:
    """Accounts that were stopped, or on hold all the time: what they have nobody has counted."""
    if any(line.state == "paused" for line in document.accounts):
        return True
    begun = document.command in ("run", "status", "report")
    return begun and any(
        line.state == "new" or (line.paused and line.state != "done") for line in document.accounts
    )


def paused_since(config: Config) -> float | None:
    """Since when the whole migration is paused (seconds since 1970); None: it is not."""
    from migrate.ledger import Ledger, pauses

    if not config.ledger_path.exists():
        return None
    with Ledger(config.ledger_url) as ledger, ledger.read() as conn:
        return pauses.paused(conn).all


def refuse_paused(config: Config) -> None:
    """Paused when the whole migration is."""
    if (since := paused_since(config)) is not None:
        at = time.strftime("%Y-%m-%d %H:%M", time.localtime(since))
        raise Paused("paused", since=at, directory=config.directory)


@contextmanager
def explained(texts: Texts, *, as_json: bool) -> Iterator[None]:
    """Turn an expected error into cause and cure, and any other into a request to report it."""
    safe = texts("cli.safe")
    with shell.explained(_explain(texts), texts.lang, safe=safe, as_json=as_json):
        try:
            yield
        finally:
            if "migrate.rotating" in sys.modules:  # else nobody has logged in
                from migrate.rotating import unkept

                show_errors(unkept(), texts)


def show_error(error: MailhaulError, texts: Texts, *, as_json: bool = False) -> None:
    shell.show_error(error, _explain(texts), texts.lang, as_json=as_json)


def show_errors(errors: Iterable[MailhaulError], texts: Texts) -> None:
    """Each with whom it is about; what is the same for several accounts once for all of them."""
    explain = _explain(texts)
    groups: dict[tuple[str, ...], list[MailhaulError]] = {}
    for error in errors:
        key = tuple(unnamed(each, error.users) for each in explain(error))
        groups.setdefault(key, []).append(error)
    for (cause, cure), group in groups.items():
        first, told = group[0], (cause, cure)
        whom = named([each.users[0] for each in group if each.users], texts)
        if len(group) == 1:
            told = explain(first)
            whom = "" if UNNAMED in cause else whom
        if whom:
            told = texts("cli.trouble", whom=whom, cause=told[0]), told[1]
        shell.show_error(first, partial(_as_told, told), texts.lang, as_json=False)


def _as_told(told: tuple[str, str], _: MailhaulError) -> tuple[str, str]:
    return told


def named(users: Sequence[str], texts: Texts) -> str:
    """The first few of several accounts."""
    some = ", ".join(users[:_NAMED])
    more = len(users) - _NAMED
    return texts("cli.more_users", n=len(users), named=some, more=more) if more > 0 else some


def _explain(texts: Texts) -> shell.Explain:
    def explain(error: MailhaulError) -> tuple[str, str]:
        from migrate.explain import explain

        return explain(error, texts)

    return explain


def tell_doubts(config: Config, texts: Texts) -> None:
    """What of accounts.csv is probably a mistake."""
    from migrate.explain import explain

    for doubt in config.doubts:
        say(" ".join(explain(doubt, texts)))


def select(rows: Sequence[Account], only: Sequence[str] | None) -> list[Account]:
    """The accounts named by `--only` (any of their addresses), all when it is not given."""
    if not only:
        return list(rows)
    wanted = {name.casefold() for name in only}
    found = [row for row in rows if _names(row) & wanted]
    known = {name for row in found for name in _names(row)}
    for name in only:
        if name.casefold() not in known:
            raise UsageError("only-unknown", user=name)
    return found


def _names(row: Account) -> set[str]:
    return {each.casefold() for each in (row.source_user, row.target_user, *row.aliases)}


def publish(
    document: Document,
    config: Config,
    texts: Texts,
    *,
    as_json: bool,
    name: str,
    one_line: bool = False,
    quiet: bool = False,
) -> list[MailhaulError]:
    """Write the reports, then say in a few lines what they say; JSON, if wanted, in `one_line`;
    nothing at all if `quiet`.

    Gives what kept the reports from being written; what was done is told all the same.
    """
    from migrate.config import private_directory
    from migrate.report import summary, to_json, write
    from migrate.report.kept import write_texts

    written: list[Path] = []
    failed: list[MailhaulError] = []
    try:
        written = write(document, private_directory(config.reports), name, texts)
        if document.command in ("run", "report"):
            write_texts(document, config.directory, texts)
    except OSError as error:
        reason = error.strerror or error
        place = Path(error.filename).parent if error.filename else config.reports
        failed.append(StateError("report-unwritable", folder=place, reason=reason))
    with shell.heard():
        if quiet:
            return failed
        if as_json:
            told = to_json(document)
            typer.echo(json.dumps(json.loads(told)) + "\n" if one_line else told, nl=False)
            return failed
        for line in summary(document, texts):
            typer.echo(line)
        for file in written:
            if file.suffix == ".html":
                typer.echo(texts("cli.report_at", file=file))
        if config.certificates.is_dir():
            typer.echo(texts("cli.certificates_at", folder=config.certificates))
    return failed
