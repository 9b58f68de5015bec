"""What is wrong with accounts is said with whom it is about, and once."""

from __future__ import annotations

import pytest

from migrate.cli.common import show_errors
from migrate.errors import MailhaulError, SourceError, StateError, TargetError
from migrate.texts import Texts


def of(number: int, error: MailhaulError) -> MailhaulError:
    error.users = (f"old{number}", f"new{number}@example.org")
    return error


def refused(number: int) -> MailhaulError:
    return of(number, TargetError("target-unknown-user", user=f"new{number}@example.org"))


def no_mail(number: int) -> MailhaulError:
    return of(number, TargetError("target-no-mail-service", detail=""))


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_each_with_whom_it_is_about_and_the_same_once(
    lang: str, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = Texts("ja" if lang == "ja" else "en")
    several = [refused(number) for number in range(7)]
    login = SourceError("source-login-refused", host="h", user="old9", detail="NO")
    errors = [no_mail(8), *several, of(9, login), StateError("ledger-locked", file="x")]
    show_errors(errors, texts)
    blocks = capsys.readouterr().err.splitlines()
    heads = [line for line in blocks if not line.startswith(" ")]
    assert len(heads) == 4
    assert "old8" in heads[0]
    assert all(f"old{number}" in heads[1] for number in range(5))
    assert "new0" not in heads[1] and "old6" not in heads[1]
    assert heads[2].count("old9") == 1
    assert "old" not in heads[3]
