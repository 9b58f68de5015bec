"""`check` on a terminal has a bar, and in a pipe none."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import migrate.preflight
from migrate.accounts import Account
from migrate.cli.checking import _checked
from migrate.preflight.result import Result

from .preflights import config


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("screen", "quiet", "shown"),
    [(Terminal(), False, True), (Terminal(), True, False), (io.StringIO(), False, False)],
)
def test_a_bar_for_the_accounts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, screen: io.StringIO, quiet: bool, shown: bool
) -> None:
    def check(
        _config: Any, rows: Sequence[Account], done: Callable[[Account], None], dns: str | None
    ) -> Result:
        for row in rows:
            done(row)
        return Result([], [])

    monkeypatch.setattr(migrate.preflight, "check", check)
    monkeypatch.setattr(sys, "stderr", screen)
    rows = [Account(f"user{number}", f"user{number}@example.com") for number in range(3)]
    _checked(config(tmp_path), rows, None, quiet=quiet)
    assert ("0/3" in screen.getvalue()) is shown
    assert bool(screen.getvalue()) is shown
