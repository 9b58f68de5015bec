"""The event log: whole lines, for the owner alone, and never in the way."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

from migrate import events
from migrate.events import Events, Log


def at() -> datetime:
    return datetime(2026, 11, 27, 21, 40, 0, 123_456, tzinfo=UTC)


def test_a_line_says_when_in_which_run_and_what(tmp_path: Path) -> None:
    with Log(tmp_path, "20261127-214000-abcd", at) as log:
        log.tell("run-started", accounts=2, limit=None)
        log.of("山田\udc8f\n")("slice-done", imported=3)
        assert len((tmp_path / "20261127-214000-abcd.jsonl").read_text().splitlines()) == 2
    log.tell("late")
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    first, second = map(json.loads, file.read_text().splitlines())
    assert first == {
        "schema": 1,
        "time": "2026-11-27T21:40:00.123Z",
        "run": "20261127-214000-abcd",
        "event": "run-started",
        "accounts": 2,
    }
    assert (second["account"], second["imported"]) == ("山田\udc8f\n", 3)


def test_the_oldest_go(tmp_path: Path) -> None:
    for number in range(events.KEPT + 4):
        (tmp_path / f"{number:05}.jsonl").touch()
    with Log(tmp_path, "99999"):
        left = sorted(path.stem for path in tmp_path.iterdir())
    assert len(left) == events.KEPT
    assert left[0] == "00005" and left[-1] == "99999"


def test_what_can_not_be_written_stops_nobody(tmp_path: Path) -> None:
    with Log(tmp_path / "nowhere", "run") as log:
        log.tell("run-started")
    (tmp_path / "full.jsonl").symlink_to("/dev/full")
    with Log(tmp_path, "full") as log:
        log.tell("run-started")
    Events().of("taro")("scanned", pending=1)
