"""The dialogue as a person meets it: in a terminal with arrow keys, without them, and by pipe."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ENV = {
    "PATH": os.environ["PATH"],
    "LANG": "C.UTF-8",
    "TERM": "xterm",
    # This terminal doesn't answer where its cursor is.
    "PROMPT_TOOLKIT_NO_CPR": "1",
}
DOWN = "\x1b[B"
DEADLINE = 120  # seconds, generous: the machine may be busy


def command(name: str, *words: str) -> list[str]:
    return [sys.executable, "-m", "mailhaul", "assess", name, *words]


def piped(folder: Path, name: str, *words: str, typed: str = "") -> tuple[int, str]:
    """Exit code and all output."""
    done = subprocess.run(
        command(name, *words), cwd=folder, env=ENV, input=typed, text=True, encoding="utf-8",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=DEADLINE, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


def answers(folder: Path, name: str = "answers.toml") -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = tomllib.loads((folder / name).read_text("utf-8"))["answers"]
    return found


def values(folder: Path, name: str = "answers.toml") -> dict[str, object]:
    return {key: each.get("value") for key, each in answers(folder, name).items()}


class Terminal:
    """A pseudo-terminal with the command in it."""

    def __init__(self, pid: int, screen: int) -> None:
        self.pid, self.screen = pid, screen
        self.raw = ""
        self.seen = 0

    def expect(self, text: str, unless: str = "") -> None:
        """Read until `text` stands there, after what was expected before.

        `unless`: what is typed when nothing happens for a while. A signal that comes between the
        prompt and the read of `input` is seen by Python only after that read.
        """
        until = time.monotonic() + DEADLINE
        patience = time.monotonic() + 10
        while (found := self._words().find(text, self.seen)) < 0:
            if unless and time.monotonic() > patience:
                self.type(unless)
                patience = until
            assert time.monotonic() < until, f"{text!r} not in {self._words()[self.seen :]!r}"
            assert self._read(), f"ended without {text!r}: {self._words()[self.seen :]!r}"
        self.seen = found + len(text)

    def type(self, keys: str) -> None:
        os.write(self.screen, keys.encode())

    def exit_code(self) -> int:
        while self._read():
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def _read(self) -> bool:
        """False at the end; Linux reports the closed side of a pseudo-terminal as an error."""
        if not select.select([self.screen], [], [], 1)[0]:
            return True
        try:
            data = os.read(self.screen, 65536)
        except OSError:
            return False
        self.raw += data.decode("utf-8", "replace")
        return bool(data)

    def _words(self) -> str:
        """What was printed, without escape sequences."""
        return re.sub(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-Z\\-_]|\r", "", self.raw)


@contextmanager
def terminal(folder: Path, *words: str, **env: str) -> Iterator[Terminal]:
    pid, screen = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execve(sys.executable, command("ask", *words), {**ENV, **env})
    fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 120, 0, 0))
    try:
        yield Terminal(pid, screen)
    finally:
        os.close(screen)


def test_arrow_keys_back_why_note_and_dont_know(tmp_path: Path) -> None:
    with terminal(tmp_path, "--only", "mailboxes,fte,forbid", "--by", "Sato") as it:
        it.expect("1 of 3")
        it.expect("? for help:")
        it.type("forty\r")
        it.expect("no whole number")
        it.expect("? for help:")
        it.type("40\r")
        it.expect("2 of 3")
        it.expect("save and stop")
        it.type(f"{DOWN}\r")
        it.expect("3 of 3")
        it.expect("? for help:")
        it.type("b\r")
        it.expect("2 of 3")
        it.expect("Answer so far")
        it.expect("save and stop")
        it.type("w\r")
        it.expect("Why we ask")
        it.expect("Who knows this")
        it.expect("save and stop")
        assert values(tmp_path)["fte"] == "<0.5"
        it.type("n\r")
        it.expect("Note (empty for none)")
        it.type("ask Ito\r")
        it.expect("Note: ask Ito")
        it.expect("save and stop")
        it.type("d\r")
        it.expect("3 of 3")
        it.expect("? for help:")
        it.type("35%\r")
        it.expect("Next: mailhaul assess score")
        assert it.exit_code() == 0
    found = answers(tmp_path)
    assert (found["mailboxes"]["value"], found["forbid"]["value"]) == (40, 0.35)
    fte = found["fte"]
    assert (fte["unknown"], fte["note"], fte["by"]) == (True, "ask Ito", "Sato")
    assert "value" not in fte and fte["at"].utcoffset().total_seconds() == 0


def test_ctrl_c_saves_and_the_next_session_goes_on_there(tmp_path: Path) -> None:
    with terminal(tmp_path) as it:
        it.expect("1 of ")
        it.expect("? for help:")
        it.type("40\r")
        it.expect("2 of ")
        it.expect("save and stop")
        it.type("\x03")
        it.expect("Go on with: mailhaul assess ask")
        assert it.exit_code() == 4
    assert values(tmp_path) == {"mailboxes": 40}
    with terminal(tmp_path) as it:
        it.expect("1 of ")  # settled
        it.expect("2 of ")
        it.expect("save and stop")
        it.type("q\r")
        it.expect("Go on with: mailhaul assess ask")
        assert it.exit_code() == 4
        assert "\x1b[" in it.raw


@pytest.mark.parametrize(
    ("words", "env"), [(["--plain"], {}), ([], {"TERM": "dumb"}), ([], {"NO_COLOR": "1"})]
)
def test_without_arrows_nothing_moves_the_cursor(
    tmp_path: Path, words: list[str], env: dict[str, str]
) -> None:
    with terminal(tmp_path, "--only=fte,cover", *words, **env) as it:
        it.expect("1 of 2")
        it.expect("  1  ")
        it.expect("? for help:")
        it.type("2\n")
        it.expect("2 of 2")
        it.expect("? for help:")
        time.sleep(0.2)  # see `expect`; a person isn't that fast
        it.type("\x03")
        it.expect("Go on with: mailhaul assess ask --only=fte,cover", unless="\x03")
        assert it.exit_code() == 4
        assert "\x1b" not in it.raw
    assert values(tmp_path) == {"fte": "<0.5"}


def test_a_pipe_answers_and_its_end_is_no_loss(tmp_path: Path) -> None:
    code, said = piped(tmp_path, "ask", typed="４０\nｄ\n\n")
    assert code == 4 and "Nothing was typed" in said and "\x1b" not in said
    assert "Stopped. What you answered is in answers.toml" in said
    assert answers(tmp_path)["growth"]["unknown"] is True
    code, said = piped(tmp_path, "ask", "--lang=ja", typed="1\n")
    assert (
        code == 4 and "2 問が回答済みです" in said and "再開するには: mailhaul assess ask" in said
    )
    assert values(tmp_path) == {"mailboxes": 40, "growth": None, "organisation": "private"}


def test_each_role_is_asked_its_own_questions(tmp_path: Path) -> None:
    file = ["--answers", "finance.toml", "--role", "finance"]
    code, said = piped(tmp_path, "ask", *file, typed="100万\n" + "s\n" * 50)
    assert code == 0
    assert values(tmp_path, "finance.toml") == {"capex_max": 1_000_000}
    assert "mailhaul assess ask --answers finance.toml --role=finance" in said
    assert "Next: mailhaul assess score --answers finance.toml" in said


def test_weights_of_ones_own_come_from_swings(tmp_path: Path) -> None:
    code, said = piped(tmp_path, "ask", "--weights", typed="3\n50\nb\n60\n" + "40\n" * 6)
    assert code == 0 and "Security: 25%" in said and "Cost: 15%" in said
    written = tomllib.loads((tmp_path / "answers.toml").read_text("utf-8"))
    assert written["weights"]["security"] == 100 and written["weights"]["cost"] == 60
    code, said = piped(tmp_path, "ask", "--weights", typed="1\n")
    assert code == 4 and "mailhaul assess ask --weights" in said
    assert tomllib.loads((tmp_path / "answers.toml").read_text("utf-8")) == written


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_init_writes_what_ask_goes_on_with_and_never_overwrites(tmp_path: Path, lang: str) -> None:
    code, said = piped(tmp_path, "init", "--lang", lang, "--json")
    assert code == 0
    assert json.loads(said) == {"schema": 1, "command": "init", "files": ["answers.toml"]}
    template = (tmp_path / "answers.toml").read_text("utf-8")
    code, said = piped(tmp_path, "init", "--lang", lang)
    assert code == 2 and "answers.toml" in said
    assert (tmp_path / "answers.toml").read_text("utf-8") == template
    filled = template.replace('# value = "0.5-2"', 'value = "0.5-2"')
    (tmp_path / "answers.toml").write_text(filled, "utf-8")
    piped(tmp_path, "ask", "--lang", lang, typed="40\n")
    assert values(tmp_path) == {"mailboxes": 40, "fte": "0.5-2"}


def test_merge_shows_conflicts_and_decides_none_itself(tmp_path: Path) -> None:
    (tmp_path / "it.toml").write_text(
        '[answers.fte]\nvalue = "2+"\nby = "Ito\\u001b[2J"\n', "utf-8"
    )
    hr = '[answers.fte]\nvalue = "0"\n[answers.training]\nvalue = "yearly"\n'
    (tmp_path / "hr.toml").write_text(hr, "utf-8")
    words = ["it.toml", "hr.toml", "--out", "answers.toml"]
    code, said = piped(tmp_path, "merge", *words)
    assert code == 3 and "fte: How many" in said and "(Ito\\x1b[2J)" in said and "--prefer" in said
    code, said = piped(tmp_path, "merge", *words, "--json")
    body = json.loads(said)
    assert code == 3 and body["written"] is None
    (conflict,) = body["conflicts"]
    assert conflict["about"] == "fte"
    assert [(each["file"], each["value"], each["by"]) for each in conflict["said"]] == [
        ("it.toml", "2+", "Ito\x1b[2J"),
        ("hr.toml", "0", None),
    ]
    assert not (tmp_path / "answers.toml").exists()
    code, said = piped(tmp_path, "merge", *words, "--prefer", "it.toml")
    assert code == 0 and "answers.toml" in said
    assert values(tmp_path) == {"fte": "2+", "training": "yearly"}
    code, _ = piped(tmp_path, "merge", *words, "--prefer", "it.toml")
    assert code == 2  # it exists, and is none of those that were merged


def test_a_file_with_mistakes_is_explained_and_left_alone(tmp_path: Path) -> None:
    wrong = '[answers.fte]\nvalue = "1"\n[answers.mailbox]\nvalue = 5\n'
    (tmp_path / "answers.toml").write_text(wrong, "utf-8")
    code, said = piped(tmp_path, "ask", typed="40\n")
    assert code == 2 and "[answers.fte]" in said and "mailboxes" in said
    assert (tmp_path / "answers.toml").read_text("utf-8") == wrong
    code, said = piped(tmp_path, "ask", "--only", "ft", "--answers", "new.toml")
    assert code == 2 and "fte" in said and not (tmp_path / "new.toml").exists()
