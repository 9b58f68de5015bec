"""Ctrl-C once and twice; two processes on one account."""

from __future__ import annotations

import signal
import subprocess

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


def _stored(scene: Scene, child: subprocess.Popen[str], count: int) -> None:
    wait_until(lambda: len(oracle.target(scene.mailbox)) >= count, child)


def test_ctrl_c_finishes_what_is_in_hand(new_scene: NewScene) -> None:
    scene = new_scene("off")
    scene.script({"method": UPLOADS, "delay": 0.2, "when": "after"})
    with scene.started() as child:
        _stored(scene, child, 3)
        child.send_signal(signal.SIGINT)
        _, told = child.communicate(timeout=PATIENCE)
    totals = scene.document("status")["totals"]
    assert child.returncode == 4
    assert texts("cli.run.resume", n=totals["pending"]) in told
    assert len(oracle.target(scene.mailbox)) == totals["imported"] < totals["source"]
    scene.script()
    scene.complete()
    scene.check()


def test_ctrl_c_twice_ends_at_once(new_scene: NewScene) -> None:
    scene = new_scene("off")
    scene.script({"method": UPLOADS, "delay": 30, "when": "after"})
    with scene.started() as child:
        _stored(scene, child, 1)
        child.send_signal(signal.SIGINT)
        assert child.stderr is not None
        while texts("cli.run.stopping") not in child.stderr.readline():
            assert child.poll() is None
        child.send_signal(signal.SIGINT)
        assert child.wait(PATIENCE) == 4
    assert scene.document("status")["totals"]["imported"] == 0
    scene.script()
    scene.complete()
    scene.check()


def test_two_processes_on_one_account(new_scene: NewScene) -> None:
    scene = new_scene("off")
    scene.script({"method": UPLOADS, "delay": 5, "times": 4})
    before = scene.asked()
    with scene.started() as child:
        wait_until(lambda: scene.asked() > before, child)
        code, _, told = scene.run()
        assert child.poll() is None
        assert code == 2
        assert explain(StateError("account-busy", user=OWNER), texts)[0] in told
        child.communicate(timeout=PATIENCE)
        assert child.returncode == 3
    scene.check()
