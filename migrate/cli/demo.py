"""`mailhaul demo`: the whole way once, on sample mail, with embedded servers and no account."""

from __future__ import annotations

import json
import shlex
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from migrate.cli import common
from migrate.cli.common import Lang
from migrate.errors import MailhaulError, StateError
from migrate.texts import Texts, language

if TYPE_CHECKING:
    from migrate.config import Config
    from migrate.report.document import Totals

_help = Texts(language())

Where = Annotated[Path, typer.Option("--dir", help=_help("cli.option.demo_dir"), metavar="DIR")]
_FOLDER = Path("demo-migration")
_CA = "source-ca.pem"
_PASSWORD = "rehearsal"  # noqa: S105 - of an account that lives for a minute on loopback


def demo(directory: Where = _FOLDER, lang: Lang = None) -> None:
    texts = common.texts_for(lang)
    with common.explained(texts, as_json=False):
        from migrate.config import load
        from migrate.demo.imap import embedded_imap
        from migrate.demo.mail import EMPTY_FOLDERS, OWNER, expected, sample
        from migrate.sandbox.embed import running

        messages = sample()
        _start_afresh(directory)
        with embedded_imap(messages, OWNER, _PASSWORD, EMPTY_FOLDERS) as imap:
            typer.echo(texts("cli.demo.imap", n=len(messages), port=imap.port))
            try:
                with running(directory / "sandbox", OWNER) as sandbox:
                    typer.echo(texts("cli.demo.sandbox", url=sandbox.url))
                    _configure(directory, imap.port, imap.ca_file, sandbox.url, sandbox.key_file)
                    code = _walk(load(directory), directory, expected(messages), texts)
            except RuntimeError as error:
                raise StateError("demo-sandbox-failed", detail=error) from error
        raise typer.Exit(code)


def _walk(config: Config, directory: Path, expected: Totals, texts: Texts) -> int:
    from migrate.cli.copying import copy
    from migrate.cli.reporting import verify_all
    from migrate.config import private_directory
    from migrate.plan import plan
    from migrate.progress import progress
    from migrate.report import write
    from migrate.report.document import Document
    from migrate.report.kept import write_texts
    from migrate.report.words import equation

    stop = threading.Event()
    shown = progress(texts, quiet=True)

    def report(document: Document, errors: list[MailhaulError], name: str) -> Path:
        for error in errors:
            raise error
        written = write(document, private_directory(config.reports), name, texts)
        return next(each for each in written if each.suffix == ".html")

    rows = list(config.accounts)
    planned, errors = plan(config, rows, shown, texts)
    report(planned, errors, "plan")
    refused = sum(each.count for each in planned.predicted or () if "from-" in each.verdict)
    renames = len(planned.renames or ())
    typer.echo(texts("cli.demo.plan", n=planned.totals.source, refused=refused, renames=renames))
    done, errors = copy(config, rows, shown, texts, stop)
    file = report(done, errors, "report")
    write_texts(done, config.directory, texts)
    typer.echo(texts("cli.demo.run", equation=equation(done, texts)))
    typer.echo(texts("cli.demo.repairs", n=len(done.repairs or ())))
    typer.echo(texts("cli.demo.quarantine", n=done.totals.quarantined, folder=config.quarantine))
    verified, errors = verify_all(config, rows, texts, deep=True, quiet=True)
    report(verified, errors, "verify")
    differences = len(verified.differences or ())
    typer.echo(texts("cli.demo.verify", n=verified.checked, differences=differences))
    again, errors = copy(config, rows, shown, texts, stop)
    report(again, errors, "again")
    same = again.totals == done.totals
    typer.echo(texts("cli.demo.again" if same else "cli.demo.again_differs"))
    typer.echo(texts("cli.demo.report", file=file.resolve().as_uri()))
    typer.echo(texts("cli.demo.look", folder=shlex.quote(str(directory / "sandbox"))))
    typer.echo(texts("cli.demo.next"))
    as_expected = done.totals == expected and same and not differences
    if not as_expected:
        typer.echo(
            texts("cli.demo.unexpected", expected=equation(replace(done, totals=expected), texts))
        )
    return 0 if as_expected else 1


def _start_afresh(directory: Path) -> None:
    """The embedded servers are new each time, so a ledger of an earlier demo means nothing."""
    import shutil

    if (directory / "migration.toml").is_file() and (directory / ".demo").exists():
        shutil.rmtree(directory)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    (directory / ".demo").touch()


def _configure(directory: Path, port: int, ca_file: Path, api: str, key_file: Path) -> None:
    from migrate.demo.mail import OWNER

    # The servers are gone afterwards; status and report can still be asked for.
    (directory / _CA).write_bytes(ca_file.read_bytes())
    settings = (
        f'[source]\nurl = "imaps://127.0.0.1:{port}"\nca_file = "{_CA}"\n\n'
        f"[target]\napi = {json.dumps(api)}\nkey_file = {json.dumps(str(key_file.resolve()))}\n\n"
        "[limits]\nunits_per_minute_user = 0\n"
    )
    (directory / "migration.toml").write_text(settings, encoding="utf-8")
    accounts = directory / "accounts.csv"
    accounts.touch(mode=0o600)
    accounts.write_text(
        f"source_user,target_user,source_password\n{OWNER},{OWNER},{_PASSWORD}\n",
        encoding="utf-8",
    )
