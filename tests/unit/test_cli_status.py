"""How an account stands, in a word: what it was doing, and whether anybody is at it."""

from __future__ import annotations

import pytest

from migrate.cli.status import _state
from migrate.report.document import AccountLine, Totals
from migrate.texts import Texts


@pytest.mark.parametrize(
    ("state", "paused", "working", "word"),
    [
        ("running", False, True, "running"),
        ("running", False, False, "broken off"),
        ("running", True, True, "running"),
        ("paused", True, False, "on hold"),
        ("new", True, False, "on hold"),
        ("done", True, False, "done"),
        ("paused", False, False, "paused"),
    ],
)
def test_the_word_for_it(state: str, paused: bool, working: bool, word: str) -> None:
    line = AccountLine("taro", "taro@example.com", state, None, Totals(), [])
    line.paused, line.working = "2026-11-27T21:00:00+00:00" if paused else None, working
    assert _state(line, Texts("en")) == word
    assert _state(line, Texts("ja"))
