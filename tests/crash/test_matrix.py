"""The matrix of `matrix.py`: kill -9 again and again while source and target fail.

`MAILHAUL_CRASH=full` runs all rows, with over 300 kills; else a subset. `make reliability` runs all
rows too and writes down what came of it.
"""

from __future__ import annotations

import pytest

from tests.crash import matrix
from tests.crash.arena import Arena
from tests.crash.conftest import FULL
from tests.crash.matrix import DIMENSIONS, Row
from tests.crash.trial import MOMENTS, STEPS_EACH, steps_of, trial

pytestmark = pytest.mark.crash

ROWS = matrix.rows()
CHOSEN = ROWS if FULL else matrix.sample()


def test_each_pair_of_values_occurs() -> None:
    names = list(DIMENSIONS)
    met = set[frozenset[tuple[str, str]]]()
    for row in ROWS:
        met |= matrix.pairs({name: getattr(row, name) for name in names})
    wanted = {
        frozenset({(a, x), (b, y)})
        for a in names
        for b in names
        if a < b
        for x in DIMENSIONS[a]
        for y in DIMENSIONS[b]
    }
    assert met == wanted


@pytest.mark.parametrize("row", CHOSEN, ids=str)
def test_row(row: Row, place: Arena) -> None:
    number = ROWS.index(row)
    found = trial(place, row, steps_of(number, STEPS_EACH if FULL else 1), MOMENTS if FULL else 1)
    assert found.passed, found
