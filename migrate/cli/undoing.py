"""`migrate undo`: take a run back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from console.shell import print_json
from migrate.cli import common
from migrate.cli.certifying import certify
from migrate.cli.common import HERE, Dir, Json, Lang
from migrate.cli.stopping import stopping
from migrate.errors import EXIT_DIFFERS, EXIT_PENDING, UsageError
from migrate.texts import Texts, language

if TYPE_CHECKING:
    from migrate.config import Config
    from migrate.ledger import Ledger
    from migrate.ledger.undoing import Run
    from migrate.undo import Outcome, Wish

_help = Texts(language())

Which = Annotated[str, typer.Argument(metavar="RUN", help=_help("cli.option.undo_run"))]
Accounts = Annotated[
    list[str] | None, typer.Option("--account", metavar="USER", help=_help("cli.option.only"))
]
DryRun = Annotated[bool, typer.Option("--dry-run", help=_help("cli.option.undo_dry"))]
Delete = Annotated[bool, typer.Option("--delete", help=_help("cli.option.undo_delete"))]
Read = Annotated[bool, typer.Option("--include-read", help=_help("cli.option.undo_read"))]


def undo(
    run: Which,
    directory: Dir = HERE,
    account: Accounts = None,
    dry_run: DryRun = False,
    delete: Delete = False,
    include_read: Read = False,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    with common.migration(directory, lang, as_json=as_json) as (config, texts):
        from migrate.ledger import Ledger
        from migrate.undo import Wish

        common.need_ledger(config)
        scopes = config.target.scopes
        if scopes == "minimal" or (delete and scopes != "full"):
            raise UsageError("undo-scopes", wanted="full" if delete else "modify", found=scopes)
        if not dry_run:
            common.refuse_paused(config)
        with Ledger(config.ledger_url) as ledger:
            taken = _chosen(ledger, run)
            wish = Wish(taken, delete, include_read, dry_run)
            _undo(config, ledger, wish, account, texts, as_json=as_json)


def _undo(
    config: Config,
    ledger: Ledger,
    wish: Wish,
    account: Sequence[str] | None,
    texts: Texts,
    *,
    as_json: bool,
) -> None:
    from migrate.engine import new_run_id
    from migrate.ledger import accounts
    from migrate.ledger.undoing import UNDO
    from migrate.progress import progress
    from migrate.report.gather import gather
    from migrate.undo import UndoEngine

    rows = common.select(config.accounts, account)
    undo_id = new_run_id()
    if not wish.dry:
        options = {UNDO: wish.run_id, "only": [row.source_user for row in rows]}
        ledger.write(lambda conn: accounts.start_run(conn, undo_id, options))
    with stopping(texts) as stop:
        shown = progress(texts, quiet=as_json)
        found = UndoEngine(config, ledger, undo_id, wish, shown, stop).run(rows)
    if not wish.dry:
        ledger.write(lambda conn: accounts.end_run(conn, undo_id))
        with ledger.read() as conn:
            pairs = [row.pair for row in rows]
            document = gather(conn, "undo", undo_id, texts, pairs)
            unwritten = certify(conn, document, config, texts)
        common.publish(document, config, texts, as_json=False, name="undo", quiet=True)
        for error in unwritten:
            common.show_error(error, texts)
    _tell(found, undo_id, wish, texts, as_json=as_json)
    if any(each.stopped for each in found):
        common.say(_why_stopped(found, config, ledger, texts))
    codes = [each.error.exit_code for each in found if each.error]
    codes += [EXIT_PENDING for each in found if each.stopped]
    # What its owner deleted for good is listed, but nothing of it is left.
    codes += [EXIT_DIFFERS for each in found if any(why != "gone" for _, why in each.done.spared)]
    raise typer.Exit(common.worst(codes))


def _why_stopped(found: Sequence[Outcome], config: Config, ledger: Ledger, texts: Texts) -> str:
    """A pause, or Ctrl-C; and how to go on."""
    from migrate.ledger import accounts, pauses

    stopped = [each.account for each in found if each.stopped]
    with ledger.read() as conn:
        paused = pauses.paused(conn)
        ids = accounts.known(conn, [row.pair for row in stopped])
    if paused.all is not None:
        return texts("batch.run.paused", directory=config.directory)
    held = [row.source_user for row in stopped if ids[row.pair] in paused.accounts]
    if not held:
        return texts("cli.undo.resume")
    users = common.named(held, texts)
    return texts("batch.run.paused_some", users=users, directory=config.directory)


def _chosen(ledger: Ledger, name: str) -> str:
    """The run that is meant. UsageError when there is none, or it is an undo."""
    from migrate.ledger.undoing import runs

    with ledger.read() as conn:
        known = runs(conn)
    copies = [each for each in known if each.undoes is None and each.left]
    if name == "last":
        if not copies:
            raise UsageError("undo-nothing")
        return copies[0].id
    found: Run | None = next((each for each in known if each.id == name), None)
    if found is None:
        names = ", ".join(each.id for each in copies[:10]) or "-"
        raise UsageError("undo-unknown", run=name, known=names)
    if found.undoes:
        raise UsageError("undo-of-undo", run=name, undone=found.undoes)
    return found.id


def _tell(
    found: Sequence[Outcome], undo_id: str, wish: Wish, texts: Texts, *, as_json: bool
) -> None:
    from migrate.undo import total

    whole = total([each.done for each in found])
    if as_json:
        body = {
            "schema": 1,
            "command": "undo",
            "run": None if wish.dry else undo_id,
            "undone": wish.run_id,
            "dry_run": wish.dry,
            "complete": not any(each.stopped or each.error for each in found),
            "accounts": [
                {
                    "source_user": each.account.source_user,
                    "target_user": each.account.target_user,
                    "error": each.error.code if each.error else None,
                    "removed": each.done.removed,
                    "changed": each.done.changed,
                    "labels_deleted": each.done.labels,
                    "labels_kept": each.done.used,
                    "spared": [
                        {"gmail_id": gmail_id, "why": why} for gmail_id, why in each.done.spared
                    ],
                }
                for each in found
            ],
        }
        print_json(body)
        return
    way = ("dry" if wish.dry else "done") + ("_deleted" if wish.delete else "")
    typer.echo(
        texts(
            f"cli.undo.{way}",
            run=wish.run_id,
            removed=whole.removed,
            changed=whole.changed,
            labels=len(whole.labels),
        )
    )
    for why, count in sorted(Counter(why for _, why in whole.spared).items()):
        typer.echo(texts("cli.undo.spared", n=count, why=texts(f"report.spared.{why}")))
    if whole.used:
        typer.echo(texts("cli.undo.used", labels=", ".join(sorted(whole.used)[:10])))
    common.show_errors([each.error for each in found if each.error], texts)
