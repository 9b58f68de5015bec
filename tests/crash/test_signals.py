"""Ctrl-C once and twice; two processes on one account."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from migrate.errors import StateError
from migrate.explain import explain
from migrate.texts import Texts
from tests.crash import oracle
from tests.crash.conftest import NewScene
from tests.crash.letters import OWNER
from tests.crash.scene import PATIENCE, UPLOADS, Scene, wait_until

pytestmark = pytest.mark.crash

texts = Texts("en")


@contextmanager
def _at_work(scene: Scene, when: str) -> Iterator[subprocess.Popen[str]]:
    """A run all of whose uploads have arrived, before or after the work; they wait until `release`,
    at the latest for the end of the block."""
    scene.script({"method": UPLOADS, "hold": True, "when": when})
    try:
        with scene.started() as child:
            wait_until(lambda: scene.held() == scene.uploads, child)
            scene.script()
            yield child
    finally:
        scene.release()


def _interrupt(child: subprocess.Popen[str]) -> None:
    """Ctrl-C, and wait until it has been heard."""
    child.send_signal(signal.SIGINT)
    assert child.stderr is not None
    while texts("cli.run.stopping") not in child.stderr.readline():
        assert child.poll() is None


def test_ctrl_c_finishes_what_is_in_hand(new_scene: NewScene) -> None:
    scene = new_scene("off")
    with _at_work(scene, "after") as child:
        _interrupt(child)
        scene.release()
        _, told = child.communicate(timeout=PATIENCE)
    totals = scene.document("status")["totals"]
    assert child.returncode == 4
    assert texts("cli.run.resume", n=totals["pending"]) in told
    assert totals["imported"] + totals["quarantined"] >= scene.uploads
    assert len(oracle.target(scene.mailbox)) == totals["imported"] < totals["source"]
    scene.complete()
    scene.check()


def test_ctrl_c_twice_ends_at_once(new_scene: NewScene) -> None:
    scene = new_scene("off")
    with _at_work(scene, "after") as child:
        _interrupt(child)
        child.send_signal(signal.SIGINT)
        assert child.wait(PATIENCE) == 4
    assert scene.document("status")["totals"]["imported"] == 0
    scene.complete()
    scene.check()


def test_two_processes_on_one_account(new_scene: NewScene) -> None:
    scene = new_scene("off")
    with _at_work(scene, "before") as child:
        code, _, told = scene.run()
        assert child.poll() is None
        assert code == 2
        assert explain(StateError("account-busy", user=OWNER), texts)[0] in told
        scene.release()
        child.communicate(timeout=PATIENCE)
        assert child.returncode == 3
    scene.check()
