"""`status`, `report`, `verify`: JSON and text, bars, languages."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from migrate.texts import Texts
from tests.functional.migration import FAST, ROOT, SETTLE, Migration
from tests.terminal import rows

from .contract import USER, Make, check_document

en = Texts("en")
PACED = f'[labels]\nexclude = ["Refused"]\n[limits]\nunits_per_minute_user = 3000\n{SETTLE}\n'


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
    migration = make(PACED)
    piped = migration("run", "--limit", "3")
    assert "\r" not in piped.said
    assert "%|" not in piped.said
    code, shown = _on_a_terminal(migration, "run")
    assert code == 0
    assert "All: 0/1 done" in shown
    assert re.search(rf"\r{USER} +\d+%\|.*\| \d/8 ", shown), shown
    assert rows(shown) == [""], "nothing stays"


def test_ctrl_c_leaves_no_bar_behind(make: Make) -> None:
    code, shown = _on_a_terminal(make(PACED), "run", until=rf"\r{USER} +[1-9]\d?%\|")
    assert code == 4
    said = "".join(rows(shown))
    assert said.startswith(en("cli.run.stopping"))
    assert "%|" not in said and USER not in said, said


def test_status_is_watched_from_outside_until_all_is_complete(make: Make) -> None:
    migration = make()
    assert migration("run", "--limit", "3").code == 4
    child = subprocess.Popen(
        [sys.executable, "-m", "mailhaul", "migrate", "status", "--watch", "--json"],
        cwd=migration.directory,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    with child, killed_at_the_end(child):
        first = json.loads(child.stdout.readline())
        check_document(first, "status")
        assert not first["complete"] and first["totals"]["pending"] > 0
        assert [each["working"] for each in first["accounts"]] == [False]
        assert migration("run").code == 0
        last = [json.loads(line) for line in child.stdout][-1]
        assert last["complete"]
        assert child.wait(60) == 0
    code, shown = _on_a_terminal(migration, "status", "--watch")
    assert code == 0
    said = rows(shown)
    assert re.search(r"^\d\d:\d\d:\d\d All: 1/1 +100%\|█+\| 12/12", said[0]), said
    assert re.search(rf"^{USER} +done +12 +0 +0$", said[2]), said


@contextmanager
def killed_at_the_end(child: subprocess.Popen[str]) -> Iterator[None]:
    try:
        yield
    finally:
        child.kill()


def _on_a_terminal(migration: Migration, *words: str, until: str = "") -> tuple[int, str]:
    """Exit code, and all that went to a terminal of 80 columns; Ctrl-C once it showed `until`."""
    leader, follower = os.openpty()
    termios.tcsetwinsize(follower, (24, 80))
    child = subprocess.Popen(
        [sys.executable, "-m", "mailhaul", "migrate", *words, "--lang", "en"],
        cwd=migration.directory,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=follower if words[0] == "status" else subprocess.DEVNULL,
        stderr=follower,
    )
    os.close(follower)
    shown = ""
    with suppress(OSError), os.fdopen(leader, "rb", buffering=0) as screen:  # EIO at its end
        while piece := screen.read(4096):
            shown += piece.decode(errors="replace").replace("\r\n", "\n")
            if until and re.search(until, shown):
                child.send_signal(signal.SIGINT)
                until = ""
    return child.wait(60), shown


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
