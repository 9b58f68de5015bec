"""Progress: bars for people, nothing for a pipe."""

from __future__ import annotations

import io
from functools import partial
from types import SimpleNamespace

import pytest
from tqdm import tqdm

from migrate import progress as module
from migrate.progress import Bars, Progress, progress
from migrate.texts import Texts


class Screen(io.StringIO):
    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """A terminal wide enough, on which every step is drawn at once."""
    screen = Screen(terminal=True)
    monkeypatch.setattr("tqdm.tqdm", partial(tqdm, mininterval=0, miniters=1, ncols=100))
    monkeypatch.setattr(module, "sys", SimpleNamespace(stderr=screen))
    return screen


def told(shown: Progress) -> None:
    shown.scanned("taro", 3)
    shown.open("taro", 4, 2_000_000)
    shown.done("taro", 1, 500_000)
    shown.done("taro", 3, 1_500_000)
    shown.close("taro")


def test_a_person_sees_messages_and_megabytes(screen: Screen) -> None:
    told(progress(Texts("en")))
    said = screen.getvalue()
    assert "taro" in said
    assert "4/4" in said
    assert "2.0/2.0 MB" in said


def test_a_pipe_and_a_quiet_run_get_nothing(screen: Screen) -> None:
    told(progress(Texts("en"), quiet=True))
    screen.terminal = False
    told(progress(Texts("en")))
    assert screen.getvalue() == ""


def test_the_bars_speak_the_reader_s_language(screen: Screen) -> None:
    for lang in ("en", "ja"):
        shown = Bars(Texts("ja" if lang == "ja" else "en"))
        shown.open("taro", 1, 1)
        shown.close("taro")
    assert Texts("en")("cli.progress.copy", user="taro") in screen.getvalue()
    assert Texts("ja")("cli.progress.copy", user="taro") in screen.getvalue()


def test_each_account_has_its_own_bar_and_counts_anew_when_it_opens_again(screen: Screen) -> None:
    shown = Bars(Texts("en"))
    shown.open("taro", 2, 2_000_000)
    shown.open("hanako", 1, 1_000_000)
    shown.done("taro", 1, 1_000_000)
    shown.open("taro", 1, 1_000_000)
    shown.done("taro", 1, 1_000_000)
    shown.close("taro")
    shown.close("hanako")
    assert "1.0/1.0 MB" in screen.getvalue()
    assert shown._bars == {}


def test_nothing_to_copy_opens_no_bar_and_a_late_word_does_no_harm(screen: Screen) -> None:
    shown = Bars(Texts("en"))
    shown.open("taro", 0, 0)
    assert screen.getvalue() == ""
    shown.close("taro")
    shown.close("nobody")
