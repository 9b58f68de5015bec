"""kill -9 at random moments, many times in one migration, while the sandbox fails in every way.

`MAILHAUL_CRASH=full` does over a hundred kills, else a subset. The moments and the failures follow
from SEED, as far as a process that is killed can be repeated.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.crash.conftest import NewScene
from tests.crash.scene import KILLED, UPLOADS, Scene

pytestmark = pytest.mark.crash

SEED = 20260501
PER_MIGRATION = 10
SETTLE = 0.8
"""Longer than the sandbox ever takes, delays included, for a request whose sender is dead."""
KILLS = 60 if os.environ.get("MAILHAUL_CRASH") == "full" else 13
"""Per way of merging."""


def _failures(seed: int) -> Iterator[dict[str, Any]]:
    """Stored and answered with 500, stored and cut, cut before, kept-alive connections cut after
    the body went out, half an answer, slow before and after; reads and labels fail too."""
    rules: list[tuple[str, float, dict[str, Any]]] = [
        (UPLOADS, 0.12, {"status": 500, "when": "after"}),
        (UPLOADS, 0.08, {"drop": True, "when": "after"}),
        (UPLOADS, 0.05, {"drop": True}),
        (UPLOADS, 0.10, {"drop_idle": True, "when": "after"}),
        (UPLOADS, 0.08, {"truncate": True}),
        (UPLOADS, 0.50, {"delay": 0.15, "when": "after"}),
        (UPLOADS, 1.00, {"delay": 0.15}),
        ("gmail.users.messages.get", 0.05, {"drop": True}),
        ("gmail.users.history.list", 0.10, {"status": 503}),
        ("gmail.users.labels.create", 0.30, {"status": 500, "when": "after"}),
    ]
    for number, (method, probability, effect) in enumerate(rules):
        yield {"method": method, "probability": probability, "seed": seed + number, **effect}


def _scene(new_scene: NewScene, dedupe: str, seed: int) -> Scene:
    scene = new_scene(dedupe)
    scene.settle, scene.uploads = SETTLE, 3
    scene.configure()
    scene.script(*_failures(seed))
    return scene


def _seconds(scene: Scene) -> float:
    """How long a run takes that nobody kills."""
    start = time.monotonic()
    scene.run()
    return time.monotonic() - start


@pytest.mark.parametrize("dedupe", ["message-id", "off"])
def test_killed_at_random_moments(dedupe: str, new_scene: NewScene) -> None:
    chance = random.Random(SEED)
    scene = _scene(new_scene, dedupe, SEED)
    whole, idle = _seconds(scene), _seconds(scene)
    # Some die while doubts are settled, the others after about their share of the work, so that
    # the last ones still find some.
    share = max(whole - idle, 0.0) / PER_MIGRATION
    kills = 0
    while kills < KILLS:
        scene = _scene(new_scene, dedupe, chance.randrange(10**6))
        for _ in range(min(PER_MIGRATION, KILLS - kills)):
            child = scene.fork()
            doubts = chance.choice((0.0, 0.0, SETTLE))
            child.join(idle * chance.uniform(0.6, 1.0) + doubts + share * chance.uniform(0, 2))
            child.kill()
            child.join()
            if child.exitcode != KILLED:
                break
            kills += 1
        scene.complete()
        scene.script()
        scene.check()
