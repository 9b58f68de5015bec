"""A disk that is full, and what may not be written: said with the file and a cure; nothing is lost,
and once it is put right the same command finishes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from migrate.errors import StateError

from ..migration import ROOT, Done
from .place import Make, Place, distinct, told

DENIED = "Permission denied"
FULL = "No space left on device"


def _own_mounts() -> list[str]:
    """What to put before a command that is to mount things that nobody else sees."""
    found = ["unshare", "--mount"]
    return found if os.geteuid() == 0 else [*found, "--user", "--map-root-user"]


def _can_mount() -> bool:
    if shutil.which("unshare") is None:
        return False
    probe = [*_own_mounts(), "mount", "-t", "tmpfs", "none", "/tmp"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


def on_a_disk(here: Place, folder: str, kilobytes: int, filled: bool = False) -> list[Done]:
    """A run with `folder` on a disk of that size, then one with room on it, then `status`."""
    (here.directory / folder).mkdir(mode=0o700, parents=True)
    mailhaul = f"{sys.executable} -m mailhaul migrate"
    fill = f"cat /dev/zero > {folder}/filler 2> /dev/null" if filled else "true"
    script = f"""
        mount -t tmpfs -o mode=700,size={kilobytes}k none {folder}
        {fill}
        {mailhaul} run --lang en > 0.out 2> 0.err; echo $? > 0.code
        mount -o remount,size=50m none {folder}
        {mailhaul} run --lang en > 1.out 2> 1.err; echo $? > 1.code
        {mailhaul} status --json > 2.out 2> 2.err; echo $? > 2.code
    """
    subprocess.run(
        [*_own_mounts(), "sh", "-c", script],
        cwd=here.directory,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=True,
    )

    def read(name: str) -> str:
        return (here.directory / name).read_text("utf-8")

    return [Done(int(read(f"{n}.code")), read(f"{n}.out"), read(f"{n}.err")) for n in range(3)]


needs_mounts = pytest.mark.skipif(not _can_mount(), reason="nothing can be mounted here")


@needs_mounts
@pytest.mark.parametrize("kilobytes", [4, 24, 150, 250, 320])
def test_a_disk_too_small_for_the_ledger(make: Make, kilobytes: int) -> None:
    """From not even room to make it, to none for the last outcomes."""
    here = make()
    full, again, status = on_a_disk(here, "state", kilobytes)
    assert full.code == 2, full.said
    cure = told(StateError("ledger-disk", file=here.ledger, reason=""))[1]
    assert f"{here.ledger} (" in full.err and cure in full.err
    assert again.code == 3, again.said
    assert (status.json["totals"]["pending"], here.count()) == (0, distinct())


@needs_mounts
def test_a_disk_too_small_for_a_large_message(make: Make) -> None:
    here = make()
    full, again, status = on_a_disk(here, "state/spool", 100)
    assert full.code == 2, full.said
    spool = here.directory / "state" / "spool"
    for line in told(StateError("source-spool", path=spool, reason=FULL)):
        assert line in full.err
    assert again.code == 3, again.said
    assert (status.json["totals"]["pending"], here.count()) == (0, distinct())


@needs_mounts
def test_a_disk_too_small_for_the_quarantine(make: Make) -> None:
    here = make()
    full, again, status = on_a_disk(here, "quarantine", 4, filled=True)
    assert full.code == 2, full.said
    assert f"{here.directory / 'quarantine'}" in full.err and FULL in full.err
    assert again.code == 3, again.said
    assert status.json["totals"]["quarantined"] == 1
    assert (status.json["totals"]["pending"], here.count()) == (0, distinct())


@needs_mounts
def test_a_disk_too_small_for_the_reports_spoils_nothing_that_is_done(make: Make) -> None:
    here = make()
    full, again, status = on_a_disk(here, "reports", 4, filled=True)
    assert full.code == 2, full.said
    reports = here.directory / "reports"
    for line in told(StateError("report-unwritable", folder=reports, reason=FULL)):
        assert line in full.err
    assert f"{distinct()} imported" in full.out
    assert again.code == 3, again.said
    assert (status.json["totals"]["imported"], here.count()) == (distinct(), distinct())


@pytest.mark.parametrize("what", ["state", "state/ledger.db"])
def test_a_state_that_may_not_be_written(make: Make, what: str) -> None:
    here = make()
    assert here.run("run", "--limit", "2").code == 4
    before = here.count()
    path = here.directory / what
    mode = path.stat().st_mode
    path.chmod(0o500 if path.is_dir() else 0o400)
    done = here.lean("run")
    path.chmod(mode)
    assert done.code == 2, done.said
    cause, cure = told(StateError("ledger-unwritable", file=here.ledger, reason="|"))
    assert cause.partition("|")[0] in done.err and cure in done.err
    assert here.count() == before
    here.check_finishes()


def test_folders_that_may_not_be_written(make: Make) -> None:
    here = make()
    spool, quarantine, reports = (
        here.directory / name for name in ("state/spool", "quarantine", "reports")
    )
    for folder in (spool, quarantine, reports):
        folder.mkdir(mode=0o500, parents=True)
    done = here.lean("run")
    assert done.code == 2
    assert told(StateError("source-spool", path=spool, reason=DENIED))[0] in done.err, done.said
    assert told(StateError("report-unwritable", folder=reports, reason=DENIED))[0] in done.err
    spool.chmod(0o700)
    done = here.lean("run")
    assert done.code == 2
    assert f"{quarantine}" in done.err and DENIED in done.err, done.said
    for folder in (quarantine, reports):
        folder.chmod(0o700)
    here.check_finishes()
