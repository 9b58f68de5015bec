"""kill -9 where doubt has to be resolved without Gmail's merging, again, or in another form."""

from __future__ import annotations

import pytest

from tests.crash.conftest import NewScene
from tests.crash.letters import mended
from tests.crash.scene import KILLED, UPLOADS
from tests.crash.test_steps import LATER

pytestmark = pytest.mark.crash


@pytest.mark.parametrize("step", ["unsent", "stored", "second stored", "outcome queued"])
def test_killed_where_gmail_never_merges(step: str, new_scene: NewScene) -> None:
    scene = new_scene("off")
    assert scene.run("--kill", f"{step}:{LATER.get(step, 1)}")[0] == KILLED
    scene.complete()
    scene.check()


@pytest.mark.parametrize("step", ["labels unmodified", "labels modified"])
def test_killed_while_copies_found_later_get_their_labels(step: str, new_scene: NewScene) -> None:
    scene = new_scene("message-id")
    scene.configure(include=["INBOX"])
    scene.complete()
    scene.configure()
    assert scene.run("--kill", f"{step}:2")[0] == KILLED
    scene.complete()
    scene.check(first={"INBOX"})


def test_killed_again_while_doubt_is_resolved(new_scene: NewScene) -> None:
    scene = new_scene("off")
    scene.script({"method": UPLOADS, "every": 3, "status": 500, "when": "after"})
    assert scene.run("--kill", "stored:8")[0] == KILLED
    assert scene.run("--kill", "doubt settled:1")[0] == KILLED
    assert scene.run("--kill", "outcome queued:2")[0] == KILLED
    scene.complete()
    scene.check()


@pytest.mark.parametrize("step", ["unsent", "stored", "outcome queued", "outcome committed"])
@pytest.mark.parametrize("policy", ["quarantine", "repair"])
def test_killed_while_a_from_is_mended(step: str, policy: str, new_scene: NewScene) -> None:
    """By the policy, or by a retry whose doubts the next run resolves without that option."""
    scene = new_scene("off")
    scene.complete()
    assert scene.target_faults() == []
    scene.configure(refused=policy)
    retry = ["retry", *(["--repair"] if policy == "quarantine" else [])]
    scene.wanted = mended(scene.wanted)
    assert scene.run("--kill", f"{step}:{MENDED.get(step, 1)}", command=retry)[0] == KILLED
    scene.run()
    # What had not been claimed is refused once more, where the policy does not mend it.
    scene.run(command=retry)
    scene.complete()
    scene.check()


MENDED = {"unsent": 4, "stored": 1}
"""Three are refused first: six uploads, and only mended ones are stored."""
