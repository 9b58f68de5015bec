"""The suite has teeth: builds that are broken on purpose leave messages twice, and it sees them."""

from __future__ import annotations

import time

import pytest

from tests.crash.conftest import NewScene
from tests.crash.scene import KILLED, UPLOADS, twice

pytestmark = pytest.mark.crash


@pytest.mark.parametrize("mutant", [None, "outcome without intent"])
def test_outcome_without_intent(mutant: str | None, new_scene: NewScene) -> None:
    scene = new_scene("off")
    broken = ["--mutant", mutant] if mutant else []
    assert scene.run("--kill", "stored:6", *broken)[0] == KILLED
    scene.complete(*broken)
    assert bool(twice(scene.target_faults())) == bool(mutant)


@pytest.mark.parametrize("mutant", [None, "repeat without asking"])
def test_repeat_without_asking(mutant: str | None, new_scene: NewScene) -> None:
    scene = new_scene("off")
    scene.script({"method": UPLOADS, "every": 4, "status": 500, "when": "after"})
    scene.complete(*(["--mutant", mutant] if mutant else []))
    assert bool(twice(scene.target_faults())) == bool(mutant)


@pytest.mark.parametrize("mutant", [None, "absent at once"])
def test_absent_at_once(mutant: str | None, new_scene: NewScene) -> None:
    """The first upload is answered while others, already received, take their time."""
    # The mutant has to come back, on a busy machine too, while those still take their time.
    scene, slow = new_scene("off"), 15.0 if mutant else 3.0
    scene.settle = slow + 1.5
    scene.configure()
    scene.script({"method": UPLOADS, "nth": [2, 3, 4], "delay": slow})
    assert scene.run("--kill", "stored:1")[0] == KILLED
    scene.script()
    scene.complete(*(["--mutant", mutant] if mutant else []))
    time.sleep(slow)
    assert bool(twice(scene.target_faults())) == bool(mutant)
