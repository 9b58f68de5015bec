"""What every command does alike when a file or a stream behaves unexpectedly."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest
import typer

from console.errors import EXIT_BUG, EXIT_USAGE
from console.files import replace
from console.shell import explained, say, tell
from console.texts import Lang


def failing(error: Exception, *, lang: Lang = "en", as_json: bool = False) -> int:
    with (
        pytest.raises(typer.Exit) as left,
        explained(lambda _: ("", ""), lang, safe="", as_json=as_json),
    ):
        raise error
    return left.value.exit_code


def test_a_link_stays_a_link_also_to_a_file_that_is_yet_to_come(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    link = tmp_path / "link"
    link.symlink_to("deep/file")
    for data in (b"new", b"newer"):
        replace(link, data)
        assert link.is_symlink() and (tmp_path / "deep/file").read_bytes() == data
    assert [each.name for each in (tmp_path / "deep").iterdir()] == ["file"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO])
@pytest.mark.parametrize(("lang", "said"), [("en", "can't be written"), ("ja", "書き込めません")])
def test_output_that_cannot_be_written_is_no_bug(
    number: int, lang: Lang, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failing(OSError(number, "some reason"), lang=lang) == EXIT_USAGE
    told = capsys.readouterr().err
    assert said in told and "some reason" in told
    assert len(told.splitlines()) == 2


def test_an_unexpected_error_is_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert failing(OSError(errno.ECONNRESET, "gone"), as_json=True) == EXIT_BUG
    told = capsys.readouterr()
    assert json.loads(told.out)["error"]["code"] == "unexpected"
    assert "gone" in json.loads(told.out)["error"]["cause"] and "report" in told.err


def test_what_is_told_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    tell("a\x1b[31m\nb\u202e")
    say("c\x07\nd\u2066\r")
    told = capsys.readouterr()
    assert (told.out, told.err) == ("a\\x1b[31m\nb\\x202e\n", "c\\x07\nd\\x2066 \n")
