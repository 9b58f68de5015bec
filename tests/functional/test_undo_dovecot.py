"""Runs on Dovecot that are taken back, one after the other, and what comes back after them."""

from __future__ import annotations

import pytest

from .following import Scene
from .migration import uploads

pytestmark = pytest.mark.dovecot


@pytest.fixture
def scene(empty_scene: Scene) -> Scene:
    empty_scene.seed("INBOX", range(1, 5), "\\Seen")
    empty_scene.seed("Work", [11], "\\Seen")
    return empty_scene


def undo(scene: Scene, *words: str, code: int = 0) -> None:
    done = scene.migration("undo", *words, "--json")
    assert done.code == code, done.said


def everything(scene: Scene) -> dict[int, set[str]]:
    return {number: scene.labels(number) for number in (1, 2, 3, 4, 11)}


def test_a_pass_is_taken_back_then_the_first_run(scene: Scene) -> None:
    first = scene.run()["run"]
    copied = everything(scene)
    scene.flag("INBOX", 1, "\\Flagged")
    scene.move("INBOX", 2, "New")
    scene.seed("Work", [12], "\\Seen")
    second = scene.run()["run"]
    assert scene.labels(2) == {"New"}
    undo(scene, "last")
    assert everything(scene) == copied
    assert "TRASH" in scene.labels(12)
    assert "New" not in scene.gmail.labels().values()
    scene.change(3, add=["STARRED"])
    undo(scene, first, code=3)
    assert scene.labels(3) == {"INBOX", "STARRED"}
    assert all("TRASH" in scene.labels(each) for each in (1, 2, 4, 11))
    assert "Work" not in scene.gmail.labels().values()
    sent = uploads(scene.sandbox)
    scene.run()
    assert uploads(scene.sandbox) == sent
    assert everything(scene) == {
        1: {"INBOX", "STARRED"},
        2: {"New"},
        3: {"INBOX", "STARRED"},
        4: {"INBOX"},
        11: {"Work"},
    }
    assert scene.labels(12) == {"Work"}
    now = everything(scene)
    for old in (first, second):
        undo(scene, old, code=3 if old == first else 0)
        assert everything(scene) == now, old
