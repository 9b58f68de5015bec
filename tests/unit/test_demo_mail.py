"""The sample mailbox: the same every time, readable, and with every case it promises."""

from __future__ import annotations

import email
import email.policy
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import cast

import pytest

from migrate.demo.mail import EMPTY_FOLDERS, OWNER, SampleMessage, expected, sample
from migrate.message import Header, predict

MAIL = sample()
NOW = datetime(2026, 10, 1, tzinfo=UTC)


def test_it_is_the_same_every_time() -> None:
    assert sample() == MAIL
    assert 55 <= len(MAIL) <= 70


def test_all_folders_are_there_and_the_empty_one_is_empty() -> None:
    assert {message.folder for message in MAIL} == {
        *("INBOX", "Sent", "Drafts", "Junk", "Trash", "Newsletters", "Archive/2024"),
        *("プロジェクト/見積もり", "顧客/株式会社サンプル"),
    }
    assert EMPTY_FOLDERS
    assert not {message.folder for message in MAIL} & set(EMPTY_FOLDERS)


def test_lines_end_in_crlf_and_only_there() -> None:
    for message in MAIL:
        assert not re.search(rb"(?<!\r)\n|\r(?!\n)", message.raw)
        assert message.raw.endswith(b"\r\n")


def test_delivery_lies_between_2023_and_autumn_2026() -> None:
    for message in MAIL:
        assert datetime(2023, 1, 1, tzinfo=UTC) < message.internal_date < NOW


def test_sent_holds_the_owners_mail_and_the_rest_is_to_her() -> None:
    for message in MAIL:
        mine = OWNER.encode() in (_fields(message, "From") or [b""])[-1]
        assert mine == (message.folder in ("Sent", "Drafts"))
        assert mine or OWNER.encode() in _fields(message, "To")[0]


def test_every_text_can_be_read_in_its_charset() -> None:
    charsets = Counter[str]()
    for message in MAIL:
        parsed = email.message_from_bytes(message.raw, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        for part in parsed.walk():
            if part.get_content_maintype() == "text":
                charset = part.get_content_charset() or ""
                cast(bytes, part.get_payload(decode=True)).decode(charset)
                charsets[charset] += 1
    assert set(charsets) == {"utf-8", "iso-2022-jp", "shift_jis"}


def test_answers_refer_to_mail_that_exists() -> None:
    known = {each for message in MAIL for each in _fields(message, "Message-ID")}
    named = [re.findall(rb"<[^>]+>", each) for m in MAIL for each in _fields(m, "References")]
    assert max(map(len, named)) >= 4
    assert {each for group in named for each in group} <= known


CASES: dict[str, tuple[int, Callable[[SampleMessage], bool]]] = {
    "unknown sender": (1, lambda m: _fields(m, "From") == [b"(unknown sender)"]),
    "two From": (1, lambda m: len(_fields(m, "From")) == 2),
    "no Message-ID": (2, lambda m: not _fields(m, "Message-ID")),
    "shared Message-ID": (2, lambda m: _fields(m, "Message-ID") == [b"<1@example.jp>"]),
    "no Date": (1, lambda m: not _fields(m, "Date")),
    "future Date": (1, lambda m: b" 2052 " in b"".join(_fields(m, "Date"))),
    "8-bit Date": (1, lambda m: not b"".join(_fields(m, "Date")).isascii()),
    "8-bit Subject": (1, lambda m: not b"".join(_fields(m, "Subject")).isascii()),
    "PNG": (1, lambda m: b"Content-Type: image/png" in m.raw),
    "PDF": (1, lambda m: b"Content-Type: application/pdf" in m.raw),
    "deleted": (1, lambda m: "\\Deleted" in m.flags),
}


@pytest.mark.parametrize("case", CASES)
def test_every_promised_case_is_there(case: str) -> None:
    count, is_it = CASES[case]
    assert sum(map(is_it, MAIL)) == count


def test_flags_are_mixed() -> None:
    flags = Counter(flag for message in MAIL for flag in message.flags)
    assert min(flags[f"\\{name}"] for name in ("Seen", "Flagged", "Answered", "Draft")) >= 2
    assert flags["\\Seen"] < len(MAIL) - 5


def test_only_the_intended_copies_are_identical() -> None:
    counts = Counter(message.raw for message in MAIL)
    assert sorted(n for n in counts.values() if n > 1) == [2, 3]
    for raw, count in counts.items():
        assert count == len({message.folder for message in MAIL if message.raw == raw})
    ids = Counter(
        _fields(message, "Message-ID")[0] for message in MAIL if b"Message-ID:" in message.raw
    )
    assert {each: n for each, n in ids.items() if n > 1} == {
        b"<1@example.jp>": 2,
        b"<20250908100000.sato@example.jp>": 3,
    }


def test_expected_counts_the_classes_of_the_sample() -> None:
    totals = expected(MAIL)
    assert totals.closed
    assert (totals.merged, totals.skipped, totals.quarantined) == (3, 1, 2)


def test_expected_counts_any_list() -> None:
    def one(raw: bytes, *flags: str) -> SampleMessage:
        return SampleMessage("INBOX", raw, frozenset(flags), NOW)

    good, folded = b"From: a@example.jp\r\n\r\n1\r\n", b"from: A\r\n <a@example.jp>\r\n\r\n2\r\n"
    nobody, body_only = b"From: A\r\n\r\n3\r\n", b"To: b\r\n\r\nFrom: a@example.jp\r\n"
    totals = expected(
        [one(good, "\\Deleted"), one(good), one(folded), one(good), one(nobody), one(body_only)]
    )
    assert totals.closed
    assert (totals.imported, totals.merged, totals.skipped, totals.quarantined) == (2, 1, 1, 2)


def test_the_predictor_says_the_same() -> None:
    predicted = [
        predict(
            Header.parse(message.raw),
            size=len(message.raw),
            internal_date=message.internal_date,
            now=NOW,
        )
        for message in MAIL
        if "\\Deleted" not in message.flags
    ]
    verdicts = Counter(each.verdict for found in predicted for each in found)
    refused = sum(any(each.refuses for each in found) for found in predicted)
    assert refused == expected(MAIL).quarantined
    assert verdicts["date-repaired"] == 3
    assert verdicts["message-id-repaired"] == 2


def _fields(message: SampleMessage, name: str) -> list[bytes]:
    """The values of a header field, unfolded, by a parser of the test's own."""
    head = message.raw.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ")
    start = name.lower().encode() + b":"
    return [
        line[len(start) :].strip() for line in head.split(b"\r\n") if line.lower().startswith(start)
    ]
