"""A second pass that is killed at each of its steps, and a build that is broken in it."""

from __future__ import annotations

import pytest

from tests.crash import oracle
from tests.crash.arena import Arena
from tests.crash.conftest import FULL
from tests.crash.following import at_source, rows, second_pass
from tests.crash.killer import FOLLOWING
from tests.crash.matrix import Row
from tests.crash.scene import KILLED
from tests.crash.trial import changed

pytestmark = pytest.mark.crash


@pytest.mark.parametrize("row", rows() if FULL else rows()[2:3], ids=str)
def test_killed_while_it_follows(row: Row, place: Arena) -> None:
    found = second_pass(place, row, list(FOLLOWING), 2)
    assert found.passed, found


@pytest.mark.parametrize("mutant", [None, "base before the act"])
def test_base_before_the_act(mutant: str | None, place: Arena) -> None:
    scene, user = place.scene(Row("none", "none", "message-id", "modify", "0"))
    scene.complete()
    at_source(user.store)
    broken = ["--mutant", mutant] if mutant else []
    assert scene.run("--kill", "change settled:1", *broken)[0] == KILLED
    scene.complete()
    now = {each.token: each for each in changed(scene.wanted, user, readable=True)}
    there = {oracle.token(each.raw): each.labels for each in oracle.target(scene.mailbox)}
    wrong = [each for each in ("plain6", "plain9") if there[each] != now[each].labels()]
    assert bool(wrong) == bool(mutant)
