"""An undo that is killed at each of its steps, typed again, and the run that brings all back."""

from __future__ import annotations

import pytest

from tests.crash.arena import Arena
from tests.crash.conftest import FULL
from tests.crash.following import rows
from tests.crash.killer import UNDOING
from tests.crash.matrix import Row
from tests.crash.undoing import undo

pytestmark = pytest.mark.crash


ROWS = pytest.mark.parametrize("row", rows() if FULL else rows()[:1], ids=str)


@ROWS
def test_killed_while_it_takes_back(row: Row, place: Arena) -> None:
    found = undo(place, row, list(UNDOING), 2)
    assert found.passed, found


@ROWS
def test_killed_while_it_takes_back_and_given_up(row: Row, place: Arena) -> None:
    found = undo(place, row, list(UNDOING)[:3], 1, given_up=True)
    assert found.passed, found
