"""Passes without end, until mail arrives at Google or somebody stops them; what lies elsewhere now
is not sent again."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from .following import Scene
from .migration import uploads

pytestmark = pytest.mark.dovecot
ROOT = Path(__file__).parents[2]


@pytest.fixture
def scene(empty_scene: Scene) -> Scene:
    empty_scene.seed("INBOX", [1, 2], "\\Seen")
    empty_scene.seed("Work", [11, 12, 13], "\\Seen")
    return empty_scene


@contextmanager
def _watching(scene: Scene, interval: int = 15) -> Iterator[subprocess.Popen[str]]:
    directory = scene.migration.directory
    seconds = ("--interval", str(interval))
    words = ("migrate", "run", "--watch", *seconds, "--json", "--dir", str(directory))
    child = subprocess.Popen(
        [sys.executable, "-m", "mailhaul", *words],
        env=os.environ | {"LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def _line(child: subprocess.Popen[str]) -> Any:
    assert child.stdout is not None
    return json.loads(child.stdout.readline())


def test_watch_brings_what_comes_until_the_cutover(scene: Scene) -> None:
    with _watching(scene) as child:
        first = _line(child)
        assert (first["new"], first["pending"], first["errors"]) == (5, 0, [])
        scene.seed("INBOX", [3])
        scene.flag("Work", 11, "\\Flagged")
        second = _line(child)
        assert (second["new"], second["changed"]) == (1, 1)
        assert "STARRED" in scene.labels(11)
        done = scene.migration("cutover", "--json")
        assert done.code == 0, done.said
        assert _line(child)["new"] == 0
        document = _line(child)
        assert child.wait(60) == 0
    assert document["totals"]["imported"] == document["totals"]["source"] == 6


def test_what_comes_into_the_inbox_is_heard_before_its_time(scene: Scene) -> None:
    with _watching(scene, interval=86_400) as child:
        assert _line(child)["new"] == 5
        scene.seed("INBOX", [3])
        assert child.stdout is not None
        assert select.select([child.stdout], [], [], 90)[0], "nobody listens"
        assert _line(child)["new"] == 1


def test_ctrl_c_ends_the_watch(scene: Scene) -> None:
    with _watching(scene) as child:
        assert _line(child)["new"] == 5
        child.send_signal(signal.SIGINT)
        document = _line(child)
        assert child.wait(60) == 0
    assert document["complete"]


def test_until_a_time_that_is_over_makes_one_pass(scene: Scene) -> None:
    done = scene.migration("run", "--watch", "--until", "2026-01-01T06:00", "--json")
    assert done.code == 0, done.said
    told, document = map(json.loads, done.out.splitlines())
    assert told["new"] == document["totals"]["imported"] == 5


def test_renamed_moved_and_made_anew_nothing_is_sent_again(scene: Scene) -> None:
    before = scene.run()["totals"]
    sent = uploads(scene.sandbox)
    with scene.source("INBOX") as client:
        client.rename_folder("Work", "Old")
    scene.move("INBOX", 2, "Elsewhere")
    assert scene.run()["totals"] == before
    with scene.source("INBOX") as client:
        client.delete_folder("Old")
    scene.seed("Old", [13, 12, 11], "\\Seen")
    after = scene.run()["totals"]
    assert after == before
    assert uploads(scene.sandbox) == sent
    assert scene.labels(11) == {"Old"}
    assert scene.labels(2) == {"Elsewhere"}
    done = scene.migration("verify", "--json")
    assert (done.code, done.json["differences"]) == (0, [])
