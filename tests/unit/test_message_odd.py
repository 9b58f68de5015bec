"""What no RFC allows: the bytes stay, the plan sees what the run sees, nothing grows."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from migrate.body import Body
from migrate.message import (
    Header,
    Prepared,
    content,
    conversation,
    examine,
    predict,
    prepare,
)
from migrate.message.repair import ORIGINAL
from migrate.source import SCANNED_FIELDS
from tests.unit.mail import headers

NOW = datetime(2026, 11, 24, tzinfo=UTC)
INTERNAL = datetime(2020, 2, 3, 4, 5, 6, tzinfo=UTC)
FIELDS = b"From: a@x.example\r\nDate: Fri, 21 Nov 1997 09:55:06 -0600\r\nMessage-ID: <1@x>\r\n"
NAME = "山田太郎"
MEGABYTE = 1024 * 1024

ODD = {
    "nothing": b"",
    "one byte": b"x",
    "one line end": b"\n",
    "no final newline": FIELDS + b"\r\nHello",
    "headers without body": FIELDS,
    "headers without their last line end": FIELDS.rstrip(),
    "body without headers": b"\r\nHello\r\n",
    "text": b"Hello\r\n\r\nworld\r\n",
    "junk before the header": b"junk\r\n" + FIELDS + b"\r\nHello\r\n",
    "line of an mbox": b"From a@x.example Mon Jan  1 00:00:00 2001\r\n" + FIELDS + b"\r\nHello\r\n",
    "only the line of an mbox": b"From a@x.example Mon Jan  1 00:00:00 2001\r\n",
    "NUL": b"X: \0\r\nSubject: a\0b\r\n" + FIELDS + b"\r\n\0\0\0",
    "bare CR": (FIELDS + b"\r\nHello\r\n").replace(b"\r\n", b"\r"),
    "bare LF": (FIELDS + b"\r\nHello\r\n").replace(b"\r\n", b"\n"),
    "mixed": FIELDS.replace(b"\r\nDate", b"\nDate") + b"Subject: a\rb\r\n\nHello\r\r\n\n\r",
    "CR CR LF": (FIELDS + b"\r\nHello\r\n").replace(b"\n", b"\r\n"),
    "a line of a megabyte": FIELDS + b"\r\n" + b"x" * MEGABYTE + b"\r\n",
    "a header line of a megabyte": b"X: " + b"x" * MEGABYTE + b"\r\n" + FIELDS + b"\r\nHello\r\n",
    "200 KB of header": b"X: 0123456789\r\n" * 13_500 + FIELDS + b"\r\nHello\r\n",
    "2000 Received": b"Received: from a by b; x\r\n" * 2000 + FIELDS + b"\r\nHello\r\n",
    "5000 recipients": FIELDS + b"To: " + b"anna@x.example,\r\n " * 5000 + b"b@x\r\n\r\nHello\r\n",
    **{
        f"raw {charset}": f"From: {NAME} <a@x.example>\r\nSubject: {NAME}\r\n".encode(charset)
        + b"\r\nHello\r\n"
        for charset in ("utf-8", "shift_jis", "euc_jp", "iso2022_jp")
    },
}


def prepared(raw: bytes, mend: bool, internal: datetime | None = INTERNAL) -> Prepared:
    return prepare(
        Header.parse(raw), digest="ab" * 32, internal_date=internal, now=NOW, mend_from=mend
    )


def undone(result: Prepared, raw: bytes) -> bytes:
    """Our lines taken away, and the prefix."""
    end, header = Header.parse(raw).line_end, result.header
    for each in result.repairs:
        header = header.replace(f"{each.field}: {each.after}".encode("latin-1") + end, b"", 1)
    return header.replace(ORIGINAL, b"")


@pytest.mark.parametrize("mend", [False, True])
@pytest.mark.parametrize("case", ODD)
def test_the_bytes_stay(case: str, mend: bool) -> None:
    data = ODD[case]
    raw, offset = content(Body(data))
    assert data == raw + data[offset:]
    result = prepared(raw, mend)
    again = undone(result, raw)
    added = Header.parse(raw).line_end if result.repairs and not raw else b""
    assert again == added + raw
    if FIELDS[:16] in data.replace(b"\r\r", b"\r"):
        assert not any(each.field == "From" for each in result.repairs), "it has one"


@pytest.mark.parametrize("case", [each for each in ODD if FIELDS in ODD[each]])
def test_what_needs_no_repair_gets_none(case: str) -> None:
    raw, _ = content(Body(ODD[case]))
    assert prepared(raw, True).header is raw


@given(st.binary(max_size=200), st.booleans(), st.sampled_from([INTERNAL, None]))
@example(b"From x", True, None)
@example(b"From x\r", True, INTERNAL)
def test_any_bytes_stay(data: bytes, mend: bool, internal: datetime | None) -> None:
    assume(ORIGINAL not in data)
    raw, offset = content(Body(data))
    assert raw + data[offset:] == data
    result = prepared(raw, mend, internal)
    added = Header.parse(raw).line_end if result.repairs and not raw else b""
    assert undone(result, raw) == added + raw


def scanned(raw: bytes) -> bytes:
    """BODY[HEADER.FIELDS (…)] of a server that reads lines as we do (RFC 9051 6.4.5.1)."""
    wanted = {name.lower().encode() for name in SCANNED_FIELDS}
    fields = [each.raw for each in Header.parse(raw).fields if each.name.lower() in wanted]
    return b"".join(fields) + b"\r\n"


def check_plan_and_run_agree(data: bytes, internal: datetime | None) -> None:
    body = Body(data)
    whole = Header.parse(content(body)[0])
    if b"\r" in data.replace(b"\r\n", b"") and whole.line_end == b"\r":
        return  # what a server makes of lines that end with CR, nobody knows
    seen = predict(
        Header.parse(scanned(whole.raw)), size=body.size, internal_date=internal, now=NOW
    )
    run = predict(whole, size=body.size, internal_date=internal, now=NOW)
    assert seen == run
    deep = examine(body, internal_date=internal, now=NOW)
    assert [each.verdict for each in deep] == [each.verdict for each in seen]


@pytest.mark.parametrize("case", ODD)
def test_the_scan_foresees_what_the_run_does(case: str) -> None:
    for internal in (INTERNAL, None):
        check_plan_and_run_agree(ODD[case], internal)


@given(headers().map(lambda each: each[0]) | st.binary(max_size=200), st.sampled_from([NOW, None]))
def test_the_scan_foresees_any_header(raw: bytes, internal: datetime | None) -> None:
    check_plan_and_run_agree(raw + b"Hello", internal)


LINES = [
    *(b"a:\n", b"Date:\n", b"From: x\n", b"Message-ID: 1\n", b"Received: x;\n", b"junk\n"),
    *(b"From x\n", b"a\r", b"\r", b"\0"),
]
VALUES = {
    b"Subject: x\n": [b" \r\n", b"\tx\n", b" "],
    b"From: ": [b"(", b"()", b'"', b'""', b"a@b,", b"<", b"\\", b" \n", b"a"],
    b"Date: ": [b"(", b" ", b"\n ", b"1"],
    b"Message-ID: ": [b"<", b"<a@b>", b"(a)", b" ", b"\0", b"a@", b"\n "],
    b"References: ": [b"<a@b>", b"<"],
}


def read(data: bytes) -> None:
    header = Header.parse(content(Body(data))[0])
    prepare(header, digest="", internal_date=None, now=NOW, mend_from=True)
    conversation(header)


@pytest.mark.parametrize("piece", LINES)
def test_many_lines(piece: bytes) -> None:
    """Read without going back, or this would not end."""
    read(piece * (MEGABYTE // len(piece)))


@pytest.mark.parametrize(
    ("start", "piece"), [(start, piece) for start, pieces in VALUES.items() for piece in pieces]
)
def test_a_field_of_a_megabyte(start: bytes, piece: bytes) -> None:
    """So is this, and in little memory."""
    data = start + piece * (MEGABYTE // len(piece))
    read(data[:1000])  # what is made once is not counted
    tracemalloc.start()
    try:
        read(data)
        assert tracemalloc.get_traced_memory()[1] < 24 * MEGABYTE
    finally:
        tracemalloc.stop()


def test_many_fields_take_no_more_memory_than_are_kept() -> None:
    data = b"from:\n" * (MEGABYTE // 6) + b"\n"
    read(data[:1000])  # what is made once is not counted
    tracemalloc.start()
    try:
        Header.parse(data)
        assert tracemalloc.get_traced_memory()[1] < 4 * MEGABYTE
    finally:
        tracemalloc.stop()
