"""`run --waves`: one wave after the other, each only when the one before is complete."""

from __future__ import annotations

import threading
from collections.abc import Sequence, Set
from typing import TYPE_CHECKING, Annotated

import typer

from migrate.cli import common
from migrate.errors import UsageError
from migrate.texts import Texts, language

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from migrate.accounts import Account
    from migrate.accounts.waves import Wave
    from migrate.config import Config
    from migrate.engine import Failure, LocalEngine
    from migrate.ledger import Ledger
    from migrate.report.document import WaveLine

_help = Texts(language())

InWaves = Annotated[bool, typer.Option("--waves", help=_help("batch.option.waves"))]
OneWave = Annotated[
    str | None, typer.Option("--wave", help=_help("batch.option.wave"), metavar="NAME")
]
Despite = Annotated[
    list[str] | None,
    typer.Option("--despite", help=_help("batch.option.despite"), metavar="USER"),
]


def chosen(
    config: Config,
    only: Sequence[str] | None,
    *,
    waves: bool,
    wave: str | None,
    despite: Sequence[str] | None,
    against: dict[str, bool],
) -> tuple[list[Account], Waves | None]:
    """The accounts to work on, and in which waves. UsageError for what does not go together;
    `against`: options that don't go with `--waves`, and whether they are given."""
    from migrate.accounts.waves import wave as one_wave

    rows = common.select(config.accounts, only)
    if despite and not waves:
        raise UsageError("despite-alone")
    if waves:
        for option in (each for each, given in against.items() if given):
            raise UsageError("waves-several", option=option)
        return rows, Waves(rows, common.select(rows, despite) if despite else [])
    return one_wave(rows, wave) if wave is not None else rows, None


class Waves:
    """The waves of a run, and how far it came with them."""

    def __init__(self, rows: Sequence[Account], despite: Sequence[Account]) -> None:
        """`despite`: no wave waits for these accounts. UsageError when there are no waves."""
        from migrate.accounts.waves import in_waves

        self._waves = in_waves(rows)
        self._despite = {row.source_user for row in despite}
        self._left_out: set[str] = set()
        self.lines: list[WaveLine] = []

    def without(self, users: Set[str]) -> Waves:
        """The same without these source users, whose waves are never complete then."""
        self._left_out |= users
        return self

    def run(
        self, engine: LocalEngine, ledger: Ledger, texts: Texts, stop: threading.Event
    ) -> list[Failure]:
        """Work on them, as far as it goes."""
        from migrate.report.document import WaveLine

        self.lines = []
        failures: list[Failure] = []
        going = True
        for each in self._waves:
            held: list[str] = []
            if begun := going:
                rows = [row for row in each.rows if row.source_user not in self._left_out]
                failures += engine.run(rows) if rows else []
                with ledger.read() as conn:
                    held = _open_ones(conn, each, self._left_out, texts)
                going = not set(held) - self._despite and not stop.is_set()
            self.lines.append(WaveLine(each.name, len(each.rows), begun, begun and not held, held))
        return failures

    def tell(self, texts: Texts) -> None:
        """What holds up which waves, if any wait."""
        waiting = [line for line in self.lines if not line.begun]
        if not waiting:
            return
        last = [line for line in self.lines if line.begun][-1]
        held = [user for user in last.held_up_by if user not in self._despite]
        if held:
            name, users = last.wave or texts("batch.waves.rest"), common.named(held, texts)
            common.say(texts("batch.waves.held", wave=name, n=len(waiting), users=users))


def _open_ones(conn: Connection, wave: Wave, left_out: Set[str], texts: Texts) -> list[str]:
    """The source users of accounts that are not complete."""
    from migrate.report.gather import gather

    pairs = [row.pair for row in wave.rows]
    complete = {
        line.source_user
        for line in gather(conn, "status", None, texts, pairs).accounts
        if line.state == "done"
        and not (line.refused or line.totals.pending or line.totals.quarantined)
    }
    users = (row.source_user for row in wave.rows)
    return [each for each in users if each in left_out or each not in complete]
