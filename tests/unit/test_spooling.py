"""Spool files of processes that were killed, and those of processes that live."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from migrate import spooling
from migrate.spooling import entered

AT_WORK = """
import sys
from pathlib import Path
from migrate.spooling import entered
folder = entered(Path(sys.argv[1]))
(folder / f"tmp{sys.argv[2]}.eml").touch()
(folder / f"copy-{sys.argv[2]}").touch()
print(*sorted(each.name for each in folder.iterdir()), flush=True)
sys.stdin.read()
"""


@contextmanager
def at_work(folder: Path, number: int) -> Iterator[list[str]]:
    """Another process, killed at the end; gives what it sees."""
    words = [sys.executable, "-c", AT_WORK, str(folder), str(number)]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True) as child:
        assert child.stdout
        yield child.stdout.readline().split()
        child.kill()


def test_what_the_dead_left_goes_and_what_the_living_have_stays(tmp_path: Path) -> None:
    with at_work(tmp_path, 1) as seen:
        assert seen == ["copy-1", "tmp1.eml"]
        with at_work(tmp_path, 2) as more:
            assert more == ["copy-1", "copy-2", "tmp1.eml", "tmp2.eml"]
    (tmp_path / "somebody's").touch()
    with at_work(tmp_path, 3) as seen:
        assert seen == ["copy-3", "somebody's", "tmp3.eml"]
        assert entered(tmp_path) == entered(tmp_path) == tmp_path
        assert len(list(tmp_path.iterdir())) == 3


def test_without_locks_everything_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spooling, "fcntl", None)
    (tmp_path / "copy-1").touch()
    assert [each.name for each in entered(tmp_path).iterdir()] == ["copy-1"]
