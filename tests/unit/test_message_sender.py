"""A From that is mended on request."""

from __future__ import annotations

from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.message import Header, from_problem, prepare
from migrate.message.repair import ORIGINAL
from migrate.message.sender import UNKNOWN, mended
from migrate.sandbox.mailbox import headers as gmail

NOW = datetime(2026, 11, 24, tzinfo=UTC)
REST = b"Message-ID: <1@x>\r\nDate: Fri, 21 Nov 1997 09:55:06 -0600\r\n"


@pytest.mark.parametrize(
    ("lines", "value"),
    [
        (b"", UNKNOWN),
        (b"From: (unknown sender)\r\n", UNKNOWN),
        (b"From:\r\n", UNKNOWN),
        (b"From: <>\r\nReturn-Path: <>\r\n", UNKNOWN),
        (b"From: MAILER-DAEMON\r\n", "MAILER-DAEMON <unknown@mailhaul.invalid>"),
        (b"From: Anna Example\r\nReply-To: a@example.com\r\n", "Anna Example <a@example.com>"),
        (b"From: Big Bug bb@bug.com\r\n", "Big Bug <bb@bug.com>"),
        (b"From: Anna <a@example.com\r\n", "Anna <a@example.com>"),
        (b"From: t@example.com c@example.com\r\n", "<t@example.com>"),
        (b"From: Example, Anna (x) a@example.com\r\n", '"Example, Anna" <a@example.com>'),
        (b"From: a@example.com\r\nFrom: B <b@example.com>\r\n", "B <a@example.com>"),
        (b"From: (a@x.example)\r\nSender: <s@x.example>\r\n", "<s@x.example>"),
        (b"Reply-To: r@x.example\r\nSender: s@x.example\r\n", "<s@x.example>"),
        (b"Return-Path: <p@x.example>\r\nX-From: no@x.example\r\n", "<p@x.example>"),
        (b"From: nobody:;\r\n", '"nobody:" <unknown@mailhaul.invalid>'),
        (b"From: =?utf-8?B?5bGx55Sw?= bb@bug.com\r\n", "=?utf-8?B?5bGx55Sw?= <bb@bug.com>"),
        (b"From: taro..yamada.@docomo.example x\r\n", "<taro..yamada.@docomo.example>"),
        (b"From: \x8eR\x93c bb@bug.com\r\n", "<bb@bug.com>"),
        (b"From: a@b@c.example\r\n", "\"a@b@c.example\" <unknown@mailhaul.invalid>"),
    ],
)  # fmt: skip
def test_mended(lines: bytes, value: str) -> None:
    assert mended(Header.parse(lines + b"\r\n")) == value


@pytest.mark.parametrize("charset", ["utf-8", "iso2022_jp"])
@pytest.mark.parametrize("name", ["山田", "山田太郎・株式会社サンプル営業本部第一営業部長代理"])
def test_an_8_bit_name_becomes_encoded_words(charset: str, name: str) -> None:
    value = mended(Header.parse(b"From: " + name.encode(charset) + b" y@example.jp\r\n"))
    assert value.isascii()
    shown, address = parseaddr(value)
    assert (str(make_header(decode_header(shown))), address) == (name, "y@example.jp")
    assert all(len(word) <= 75 for word in value.split())


def test_only_on_request_and_the_original_stays() -> None:
    raw = b"From: Anna\r\nSubject: x\r\nfrom: b@x.example\r\n" + REST + b"\r\n"
    kept = prepare(Header.parse(raw), digest="", internal_date=None, now=NOW)
    assert kept.header is raw
    new = prepare(Header.parse(raw), digest="", internal_date=None, now=NOW, mend_from=True)
    assert new.header == (
        b"From: Anna <b@x.example>\r\n" + ORIGINAL + b"From: Anna\r\nSubject: x\r\n"
        + ORIGINAL + b"from: b@x.example\r\n" + REST + b"\r\n"
    )  # fmt: skip
    assert [(each.field, each.before, each.why) for each in new.repairs] == [
        ("From", "Anna, b@x.example", "several")
    ]


@pytest.mark.parametrize(
    "value", [b"a@example.com", b"\xe5\xb1\xb1 <y@example.jp>", b"a@example.com, b@example.com"]
)
def test_what_gmail_takes_is_not_mended(value: bytes) -> None:
    raw = b"From: " + value + b"\r\n" + REST + b"\r\n"
    new = prepare(Header.parse(raw), digest="", internal_date=None, now=NOW, mend_from=True)
    assert new.header is raw


PIECES = st.lists(
    st.sampled_from(
        [*b'<>@,;:()"\\. \t'.decode(), "a", "a@b.example", "山", "=?utf-8?B?", "\x1b$B", "\0", "\r"]
    ),
    max_size=20,
).map(lambda pieces: "".join(pieces).encode())


@given(st.lists(st.binary() | PIECES, max_size=3))
def test_what_is_mended_is_taken_by_both_sides(values: list[bytes]) -> None:
    lines = b"".join(b"From: " + value.replace(b"\n", b"") + b"\r\n" for value in values)
    value = mended(Header.parse(lines + b"\r\n"))
    assert value.isascii() and value.isprintable() and len(value) < 998
    assert from_problem(Header.parse(f"From: {value}\r\n".encode())) is None
    senders, problem = gmail.from_addresses([value])
    assert problem is None and len(senders) == 1


@pytest.mark.parametrize("piece", [b"a", b"a@", b"(", b'"', b"<a@b ", b"\xe5", b"\x1b$B", b". "])
def test_a_megabyte(piece: bytes) -> None:
    """Nothing here goes back over what it has read: this would not end."""
    assert mended(Header.parse(b"From: " + piece * (1_000_000 // len(piece)) + b"\r\n"))
