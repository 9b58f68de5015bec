from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.message import UPLOAD_LIMIT, Header, from_problem, predict
from migrate.texts import Texts
from tests.unit.mail import vectors

NOW = datetime(2026, 11, 24, tzinfo=UTC)
GOOD = b"From: a@example.com\r\nDate: Fri, 21 Nov 1997 09:55:06 -0600\r\nMessage-ID: <1@x>\r\n"


@pytest.mark.parametrize("case", vectors("from_header"))
def test_from_vectors(case: dict[str, Any]) -> None:
    header = Header.parse("".join(f"{line}\r\n" for line in case["headers"]).encode() + b"\r\n")
    problem = from_problem(header)
    assert (problem is None) == case["accepted"]
    if problem:
        code, certain = problem
        assert certain == case["certain"]
        assert (code == "from-invalid") == (case["error"] == "Invalid From header")


@pytest.mark.parametrize(
    "value",
    [
        b"a@[192.0.2.1]",
        b"Team: a@example.com;",
        b"Team: a@example.com, b@example.com;",
        b'"a \\" (not a comment" <a@example.com>',
        b"John Q. Public <john@example.com>",
        b"a@example.com <a@example.com>",
        b"Doe, John <john@example.com>",
        b"(nested (comment)) a@example.com",
        b"\x8eR\x93c <yamada@example.jp>",
        b"\x95\\\x8e\xa6 <yamada@example.jp>",
        b"\x83T\x81[\x83r\x83X <yamada@example.jp>",
        b"taro..yamada.@example.ne.jp",
        b'"taro..yamada."@example.ne.jp',
        b"[Info] <a@example.com>",
    ],
)
def test_from_with_a_mailbox(value: bytes) -> None:
    assert from_problem(Header.parse(b"From: " + value + b"\r\n")) is None


@pytest.mark.parametrize(
    "value",
    [
        b"undisclosed-recipients:;",
        b'"open <a@example.com>',
        b"(open a@example.com",
        b"a@",
        b"@example.com",
        b"<a>",
        b"a@b@c",
        b"a@example.com>",
    ],
)
def test_from_without_a_mailbox(value: bytes) -> None:
    assert from_problem(Header.parse(b"From: " + value + b"\r\n")) == ("from-invalid", False)


def verdicts(raw: bytes, size: int = 1000, internal: datetime | None = NOW) -> list[str]:
    found = predict(Header.parse(raw), size=size, internal_date=internal, now=NOW)
    assert any(each.refuses for each in found) != ("accepted" in [each.verdict for each in found])
    return [each.verdict for each in found]


def test_predictions() -> None:
    assert verdicts(GOOD) == ["accepted"]
    assert verdicts(GOOD, size=UPLOAD_LIMIT) == ["accepted"]
    assert verdicts(GOOD, size=UPLOAD_LIMIT + 1) == ["oversize"]
    assert verdicts(b"From: a@example.com\r\n") == [
        "message-id-repaired",
        "date-repaired",
        "accepted",
    ]
    assert verdicts(b"Message-ID: <1@x>\r\n", internal=None) == ["from-missing", "date-unknown"]


def test_names_of_attachments() -> None:
    def expected(*names: str, raw: bytes = GOOD) -> list[str]:
        found = predict(Header.parse(raw), size=9, internal_date=NOW, now=NOW, attachments=names)
        return [each.verdict for each in found]

    assert expected() == expected("a.pdf", "exe", "") == ["accepted"]
    assert expected("a.pdf", "tools.zip") == ["attachment-archive", "accepted"]
    assert expected("a.zip", "setup.exe") == ["attachment-blocked"]
    assert expected("a.exe", raw=b"") == [
        *("from-missing", "attachment-blocked"),
        *("message-id-repaired", "date-repaired"),
    ]


def test_what_no_repair_can_help_comes_before_repairs() -> None:
    assert verdicts(b"From: a@b.example\r\n", internal=None) == [
        "date-unknown",
        "message-id-repaired",
        "accepted",
    ]


def test_an_empty_message() -> None:
    found = predict(Header.parse(b""), size=0, internal_date=None, now=NOW)
    assert (found[0].verdict, found[0].certain, found[0].refuses) == ("empty", False, True)
    assert "from-missing" not in {each.verdict for each in found}


@pytest.mark.parametrize("raw", [b"", b"From: (unknown sender)\r\n", GOOD + b"From: b@x\r\n"])
def test_a_mended_from_is_not_refused(raw: bytes) -> None:
    found = predict(Header.parse(raw), size=9, internal_date=NOW, now=NOW, mend_from=True)
    assert not any(each.refuses for each in found)
    assert "from-repaired" in {each.verdict for each in found}


@given(st.binary() | st.text('a@<>.,:;"\\()[] ').map(lambda text: b"From: " + text.encode()))
def test_every_prediction_has_its_words(raw: bytes) -> None:
    for verdict in verdicts(raw):
        assert Texts("en")(f"rules.verdict.{verdict}") != Texts("ja")(f"rules.verdict.{verdict}")
