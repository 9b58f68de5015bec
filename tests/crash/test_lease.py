"""A worker that is stopped past its lease, and goes on when somebody else has done its work."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from contextlib import closing
from typing import Any

import pytest

from tests.crash.conftest import NewScene
from tests.crash.scene import PATIENCE, UPLOADS, Scene, twice, wait_until

pytestmark = pytest.mark.crash

LEASE = 2.0
"""Seconds."""


@pytest.mark.parametrize("mutant", [None, "lease not checked"])
def test_stopped_past_its_lease(mutant: str | None, new_scene: NewScene) -> None:
    scene = new_scene("off")
    scene.script({"method": UPLOADS, "delay": 0.1})
    _adjust(scene)
    before = scene.asked()
    broken = ["--mutant", mutant] if mutant else []
    child = scene.fork("--lease", str(LEASE), *broken)
    try:
        wait_until(lambda: scene.asked() >= before + 8, child)
        assert child.pid is not None
        _stop(child.pid, scene)
        time.sleep(LEASE + 0.5)
        # Its output must not end up in the file of the one that is stopped.
        with scene.apart():
            scene.complete("--lease", str(LEASE))
        there, asked = _ledger(scene), scene.requests()
        os.kill(child.pid, signal.SIGCONT)
        child.join(PATIENCE)
    finally:
        child.kill()
    assert child.exitcode == 2
    assert _ledger(scene) == there
    assert bool(scene.requests() - asked) == bool(mutant)
    assert bool(twice(scene.target_faults())) == bool(mutant)
    if not mutant:
        scene.check()


def _adjust(scene: Scene) -> None:
    """Each draw of the project's quota is a write, by which a worker may find out before it sends
    anything, and so is each new slice. Here it must be the look before the request: there is
    enough left of the slice, however late it is stopped."""
    file = scene.directory / "migration.toml"
    text = file.read_text("utf-8")
    for old, new in (
        ("[limits]\n", "[limits]\nunits_per_minute_project = 0\n"),
        ("slice_messages = 5\n", "slice_messages = 100\n"),
    ):
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, "utf-8")


def _stop(pid: int, scene: Scene) -> None:
    """Not while it writes: SQLite would keep everybody else out, as long as it is stopped."""
    while True:
        os.kill(pid, signal.SIGSTOP)
        with closing(sqlite3.connect(scene.directory / "state" / "ledger.db", timeout=0.1)) as conn:
            try:
                conn.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                os.kill(pid, signal.SIGCONT)
                time.sleep(0.05)
                continue
            conn.rollback()
            return


def _ledger(scene: Scene) -> dict[str, list[Any]]:
    """Everything but the runs themselves, for that it has ended, a run may say; and what was drawn
    of the project's quota and read from the source: whoever does it, and for nothing, it counts."""
    with sqlite3.connect(scene.directory / "state" / "ledger.db") as conn:
        tables = [
            name
            for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if name not in ("run", "quota", "traffic")
        ]
        found = {name: sorted(map(repr, conn.execute(f"SELECT * FROM {name}"))) for name in tables}
    conn.close()
    return found
