"""Progress: bars for people, nothing for a pipe."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest

import migrate.progress as module
from console import shell
from console.screen import Screen
from console.tables import width
from migrate.progress import Allowed, Progress, progress
from migrate.progress.bars import Bars
from migrate.progress.line import bar_line, fitted
from migrate.texts import Texts
from tests.terminal import rows

COLUMNS = 80


class Terminal(io.StringIO):
    def __init__(self, terminal: bool = True) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal

    def rows(self) -> list[str]:
        return rows(self.getvalue())


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shown(terminal: Terminal, clock: Clock) -> Bars:
    return Bars(Texts("en"), Screen(terminal), clock)


def frame(shown: Bars, lines: int = 24) -> list[str]:
    return shown.frame(COLUMNS, lines)


def told(shown: Progress) -> None:
    shown.begin({"taro": 0}, Allowed)
    shown.scanned("taro", 3)
    shown.open("taro", 4)
    shown.paced("taro", lambda: 100)
    shown.done("taro", 4, 2_000_000)
    shown.close("taro")
    shown.finished("taro")
    shown.end()


def test_a_person_sees_how_far_and_how_fast_and_how_long(shown: Bars, clock: Clock) -> None:
    shown.begin({"taro": 0, "hanako": 60}, lambda: Allowed(user=250.0, lanes=8))
    units = 0
    shown.paced("taro", lambda: units)
    shown.scanned("taro", 40)
    shown.open("taro", 40)
    frame(shown)
    clock.now, units = 2.0, 500
    shown.done("taro", 20, 10_000_000)
    whole, taro = frame(shown)
    assert whole.startswith("All: 0/2 done")
    for fact in ("20%|", "20/100", "10.0/s", "5.0 MB/s", "250 u/s", "0:08"):
        assert fact in whole
    for fact in (" 50%|", "20/40", "10.0/s", "5.0 MB/s", "250 u/s", "0:02"):
        assert fact in taro
    shown.end()


def test_only_what_runs_has_a_bar_and_the_whole_knows_them_all(shown: Bars) -> None:
    shown.begin({f"user{n}": 10 for n in range(300)}, Allowed)
    for n in range(3):
        shown.open(f"user{n}", 10)
    shown.done("user0", 10, 0)
    shown.finished("user0")
    whole, *others = frame(shown)
    assert "All: 1/300 done" in whole and "10/3,000" in whole
    assert [line.split()[0] for line in others] == ["user1", "user2"]
    shown.end()


def test_a_small_terminal_shows_the_whole_and_how_many_more_there_are(shown: Bars) -> None:
    shown.begin({f"user{n}": 10 for n in range(8)}, Allowed)
    for n in range(8):
        shown.open(f"user{n}", 10)
    lines = frame(shown, lines=6)
    assert len(lines) == 5
    assert lines[-1] == "… and 5 more"
    shown.end()


def test_an_account_counts_anew_when_it_opens_again_and_the_whole_does_not(shown: Bars) -> None:
    shown.begin({"taro": 2}, Allowed)
    shown.open("taro", 2)
    shown.done("taro", 1, 0)
    shown.close("taro")  # the source was lost
    shown.open("taro", 1)
    whole, taro = frame(shown)
    assert "1/2" in whole and "0/1" in taro
    shown.end()


def test_what_nobody_knows_is_more(shown: Bars) -> None:
    shown.begin({"taro": 5, "hanako": None}, Allowed)
    assert "0/5+" in frame(shown)[0]
    shown.scanned("hanako", 7)
    assert "0/12 " in frame(shown)[0] + " "
    shown.end()


def test_what_is_scanned_anew_is_part_of_the_whole(shown: Bars) -> None:
    shown.begin({"taro": 5, "hanako": 0}, Allowed)
    shown.scanned("hanako", 7)
    whole, scanning = frame(shown)
    assert "0/12" in whole
    assert scanning == "Scanning hanako  7 new"
    shown.end()


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_wide_names_keep_the_bars_in_line(lang: str, terminal: Terminal) -> None:
    shown = Bars(Texts("ja" if lang == "ja" else "en"), Screen(terminal))
    users = ["taro@example.jp", "山田太郎（東京営業所）@例え.テスト", "x" * 300, "\x1b[31mred"]
    shown.begin(dict.fromkeys(users, 1000), Allowed)
    for user in users:
        shown.open(user, 1000)
        shown.done(user, 300, 0)
    lines = frame(shown)
    assert [width(line) for line in lines] == [COLUMNS - 1] * 5
    assert len({width(line.partition("|")[0]) for line in lines}) == 1
    assert not any("\x1b" in line for line in lines)
    shown.end()


def test_what_does_not_fit_goes_least_important_first() -> None:
    facts = ["1/2", "10/s", "5 MB/s", "250 u/s", "0:08"]
    kept = [
        [each for each in facts if each in bar_line("taro", 1, 2, facts, columns)]
        for columns in (80, 57, 48, 40, 30, 10)
    ]
    assert kept == [
        facts,
        ["1/2", "10/s", "5 MB/s", "0:08"],
        ["1/2", "10/s", "0:08"],
        ["1/2", "0:08"],
        ["1/2"],
        ["1/2"],
    ]


def test_a_name_is_cut_at_its_end_by_its_width() -> None:
    assert fitted("太郎", 6) == "太郎  "
    assert fitted("太郎と花子", 6) == "太郎… "
    assert fitted("abcdef", 4) == "abc…"


def test_nothing_stays_on_the_terminal(terminal: Terminal, shown: Bars) -> None:
    told(shown)
    assert terminal.rows() == [""]
    shown.open("taro", 0)  # nothing to copy
    shown.close("nobody")
    assert terminal.rows() == [""]


def test_a_line_that_is_said_stands_above_the_bars(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    screen = Screen(terminal)
    screen.paint(["one", "two"])
    screen.paint(["one", "two", "three"])
    assert terminal.rows() == ["one", "two", "three"]
    screen.paint(["one"])
    assert terminal.rows() == ["one"]
    shell.say("hello")  # elsewhere, but on the same terminal
    assert capsys.readouterr().err == "hello\n"
    assert terminal.rows() == [""]
    screen.paint(["one"])
    screen.erase()
    assert terminal.rows() == [""]


def test_what_the_terminal_echoes_is_gone_with_the_bars(terminal: Terminal) -> None:
    screen = Screen(terminal)
    for _ in range(2):
        screen.paint(["one", "x" * 79])
        terminal.write("^C")
    screen.erase()
    assert rows(terminal.getvalue()) == [""]


def test_the_domain_of_all_is_not_shown(shown: Bars) -> None:
    for others, name in (("hanako@example.jp", "taro"), ("hanako", "taro@example.jp")):
        shown.begin({"taro@example.jp": 1, others: 1}, Allowed)
        shown.open("taro@example.jp", 1)
        assert frame(shown)[1].split()[0] == name
        shown.end()


def test_a_pipe_and_a_quiet_run_get_nothing(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "sys", SimpleNamespace(stderr=terminal))
    assert isinstance(progress(Texts("en")), Bars)
    told(progress(Texts("en"), quiet=True))
    terminal.terminal = False
    told(progress(Texts("en")))
    assert terminal.getvalue() == ""
