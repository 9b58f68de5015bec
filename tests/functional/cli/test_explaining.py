"""`migrate explain`, as a user calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.functional.migration import Done, mailhaul

QUOTA = (
    '{"error": {"code": 403, "message": "Quota exceeded for quota metric \'Total Query Cost\'", '
    '"errors": [{"domain": "usageLimits", "reason": "rateLimitExceeded"}]}}'
)


def explain(*words: str, lang: str = "en") -> Done:
    return mailhaul("migrate", "explain", *words, "--lang", lang, cwd=Path())


def explained(*words: str) -> list[dict[str, str]]:
    done = explain(*words, "--json")
    assert done.code == 0, done.err
    found: list[dict[str, str]] = json.loads(done.out)["codes"]
    return found


def test_a_code_in_both_languages() -> None:
    (english,) = explained("gmail-from-count")
    assert english["kind"] == "error"
    assert "From" in english["cause"]
    assert english["cure"]
    japanese = explain("gmail-from-count", lang="ja")
    assert "メールは" in japanese.out
    assert english["cause"] not in japanese.out


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("400 Invalid From header", "gmail-from-invalid"),
        ("Expected a single 'From' header", "gmail-from-count"),
        ("400 Invalid label: SENT", "LabelRefused"),
        (QUOTA, "Throttled"),
        ("503 Backend Error", "OutcomeUnknown"),
        ("Mail service not enabled", "target-no-mail-service"),
        ("409 Label name exists or conflicts", "Conflict"),
    ],
)
def test_what_gmail_said(said: str, code: str) -> None:
    (meaning,) = explained(said)
    assert meaning["code"] == code
    assert meaning["cause"]
    assert meaning["cure"]


def test_a_code_of_two_kinds_has_both_meanings() -> None:
    assert {each["kind"] for each in explained("missing")} == {"why", "difference"}


def test_a_predicted_refusal_has_the_cure_of_the_refusal() -> None:
    assert explained("from-missing")[0]["cure"] == explained("gmail-from-count")[0]["cure"]


def test_without_a_code_all_are_listed_and_have_no_holes() -> None:
    found = explained()
    assert len(found) > 150
    assert all(each["cause"] and "{" not in each["cause"].replace("{ ", "") for each in found)
    done = explain()
    assert "gmail-attachment" in done.out
    assert "mailhaul migrate explain CODE" in done.out


def test_a_misspelt_code() -> None:
    done = explain("gmail-form-count")
    assert done.code == 2
    assert "Did you mean gmail-from-count?" in done.err
