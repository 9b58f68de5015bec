"""kill -9 at every named step of a message's way; then the same command again."""

from __future__ import annotations

import pytest

from tests.crash.conftest import NewScene
from tests.crash.killer import LATER, STEPS
from tests.crash.letters import seeds
from tests.crash.scene import KILLED

pytestmark = pytest.mark.crash


@pytest.mark.parametrize("step", [each for each in STEPS if each != "doubt settled"])
def test_killed_at(step: str, new_scene: NewScene) -> None:
    scene = new_scene("message-id")
    scene.seed(seeds())
    assert scene.run("--kill", f"{step}:{LATER.get(step, 1)}")[0] == KILLED
    scene.complete()
    scene.check()
