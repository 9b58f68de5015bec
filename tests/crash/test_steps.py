"""kill -9 at every named step of a message's way; then the same command again."""

from __future__ import annotations

import pytest

from tests.crash.conftest import NewScene
from tests.crash.killer import STEPS
from tests.crash.letters import seeds
from tests.crash.scene import KILLED

pytestmark = pytest.mark.crash

LATER = {"label made": 2, "claimed": 3, "fetched": 9, "unsent": 11, "stored": 14,
         "second stored": 2, "quarantine made": 2, "outcome queued": 17,
         "outcome uncommitted": 13, "outcome committed": 3}  # fmt: skip
"""The passage at which the process dies where it is not the first."""


@pytest.mark.parametrize("step", [each for each in STEPS if each != "doubt settled"])
def test_killed_at(step: str, new_scene: NewScene) -> None:
    scene = new_scene("message-id")
    scene.seed(seeds())
    assert scene.run("--kill", f"{step}:{LATER.get(step, 1)}")[0] == KILLED
    scene.complete()
    scene.check()
