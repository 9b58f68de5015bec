"""`status`, `report`, `verify`: JSON and text, bars, languages."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import termios
from contextlib import suppress

from tests.functional.migration import FAST, ROOT

from .contract import USER, Make, check_document


def test_reports_and_their_json(make: Make) -> None:
    migration = make()
    assert migration("status").code == 2, "there is nothing to tell yet"
    assert migration("run").code == 0
    for words in (["status"], ["report"], ["verify"], ["verify", "--deep"]):
        done = migration(*words, "--json")
        assert done.code == 0, done.said
        check_document(done.json, words[0])
        assert done.json["complete"] is True
        assert done.json["run"]
    text = migration("status")
    assert text.code == 0
    assert re.search(rf"{USER} +done +12 +11 +0 +0 +1 +0 +0", text.out), text.out
    kinds = {each.suffix for each in (migration.directory / "reports").iterdir()}
    assert kinds >= {".html", ".json", ".csv", ".md"}
    whole = json.loads((migration.directory / "reports" / "report.json").read_text())
    check_document(whole, "report")


def test_a_terminal_gets_bars_and_a_pipe_does_not(make: Make) -> None:
    migration = make()
    piped = migration("run", "--limit", "3")
    assert "\r" not in piped.said
    assert "Copying" not in piped.said
    leader, follower = os.openpty()
    termios.tcsetwinsize(follower, (24, 100))
    child = subprocess.Popen(
        [sys.executable, "-m", "mailhaul", "migrate", "run", "--lang", "en"],
        cwd=migration.directory,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=follower,
    )
    os.close(follower)
    shown = ""
    with suppress(OSError), os.fdopen(leader, "rb", buffering=0) as screen:  # EIO at its end
        while piece := screen.read(4096):
            shown += piece.decode(errors="replace")
    assert child.wait(60) == 0
    assert "\r" in shown
    assert f"Copying {USER}" in shown


def test_japanese(make: Make) -> None:
    migration = make(FAST)
    japanese = re.compile("[ぁ-んァ-ヶ一-龠]")
    for words in (["check"], ["run"], ["status"], ["verify"]):
        done = migration(*words, "--lang", "ja")
        assert done.code in (0, 3), done.said
        assert japanese.search(done.out), (words, done.out)
        assert not re.search(r"\b(Report|Imported|Error|Source)\b", done.said), done.said
    (page,) = (migration.directory / "reports").glob("run*.html")
    assert japanese.search(page.read_text())
    wrong = migration("run", "--only", "nobody@example.jp", "--lang", "ja")
    assert japanese.search(wrong.err)
    localized = migration("status", env={"LANG": "ja_JP.UTF-8"})
    assert japanese.search(localized.out)
    assert migration("status", "--lang", "fr").code == 2
