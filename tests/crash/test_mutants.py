"""The suite has teeth: builds that are broken on purpose leave messages twice, and it sees them."""

from __future__ import annotations

import pytest

from tests.crash.conftest import NewScene
from tests.crash.letters import letters
from tests.crash.scene import KILLED, PATIENCE, UPLOADS, twice, wait_until

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


@pytest.mark.parametrize("mutant", [None, "retry after time-out"])
def test_retry_after_time_out(mutant: str | None, new_scene: NewScene) -> None:
    scene = new_scene("off")
    scene.script({"method": UPLOADS, "every": 4, "drop": True, "when": "after"})
    scene.complete(*(["--mutant", mutant] if mutant else []))
    assert bool(twice(scene.target_faults())) == bool(mutant)


@pytest.mark.parametrize("mutant", [None, "absent at once"])
def test_absent_at_once(mutant: str | None, new_scene: NewScene) -> None:
    """Uploads are received, their sender dies, and Gmail has not yet carried them out when the
    next run looks for them."""
    scene = new_scene("off")
    scene.settle = 3600.0
    # A folder so small, and of letters that answer none, that all of it is under way at once.
    scene.configure(include=["Junk"])
    count = sum("Junk" in [folder for folder, _ in each.places] for each in letters())
    scene.script({"method": UPLOADS, "hold": True})
    child = scene.fork()
    wait_until(lambda: scene.held() == count, child)
    child.kill()
    child.join()
    scene.script()
    try:
        if mutant:
            scene.complete("--mutant", mutant, expected=0)
        else:
            asked, child = scene.asked("history.list"), scene.fork()
            wait_until(lambda: scene.asked("history.list") > asked + 10, child)
    finally:
        scene.release()
    child.join(PATIENCE)
    child.kill()
    scene.complete(expected=0)
    assert len(twice(scene.target_faults())) == (count if mutant else 0)
