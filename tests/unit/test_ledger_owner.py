"""Which process holds a lease, and whether it is gone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from migrate.ledger import owner
from migrate.ledger.owner import gone, me

ASK = "from migrate.ledger.owner import me; print(me(), flush=True); input()"


@contextmanager
def another() -> Iterator[str]:
    """Another process of this machine, as owner; it has ended, and been waited for, afterwards."""
    with subprocess.Popen(
        [sys.executable, "-c", ASK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        yield child.stdout.readline().strip()
        child.communicate("\n", timeout=20)


def changed(mine: str, part: int, value: str) -> str:
    parts = mine.split("/")
    parts[part] = value
    return "/".join(parts)


def test_a_process_is_gone_when_it_has_ended() -> None:
    assert not gone(me())
    with another() as theirs:
        assert not gone(theirs)
    assert gone(theirs)


def test_one_that_its_parent_has_not_waited_for_is_gone() -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", ASK], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdin is not None and child.stdout is not None
    theirs = child.stdout.readline().decode().strip()
    child.stdin.write(b"\n")
    child.stdin.close()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert gone(theirs)
    child.stdout.close()
    child.wait()


def test_a_number_that_is_used_again_is_another_process() -> None:
    assert gone(changed(me(), -2, "1"))


@pytest.mark.parametrize("part", [0, 1])
def test_of_another_machine_or_container_nothing_is_known(part: int) -> None:
    """Every container has a process 1, and a copied machine the name of the first."""
    with another() as theirs:
        pass
    assert gone(theirs)
    assert not gone(changed(theirs, part, "other"))


@pytest.mark.parametrize("old", ["", "host:1", "host:999999999", "x/y/z"])
def test_what_an_older_version_wrote_is_waited_for(old: str) -> None:
    assert not gone(old)


def test_two_processes_are_never_the_same_owner() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(int(me.cache_info().currsize))
    assert me.cache_info().currsize == 1
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_without_proc_a_process_is_known_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owner, "_PROC", Path("/nonexistent"))
    me.cache_clear()
    try:
        mine = me()
        assert not gone(mine)
        assert gone(changed(mine, -3, str(2**22 + 1)))
        assert not gone(changed(mine, 1, "0"))
    finally:
        me.cache_clear()
