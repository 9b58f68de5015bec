from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.body import Body
from migrate.message import Header, content, conversation, header_end, message_id, references
from migrate.message.header import HEADER_LIMIT, MOST
from tests.unit.mail import headers, vectors


@pytest.mark.parametrize(
    ("data", "end"),
    [
        (b"", 0),
        (b"A: b\r\n\r\nbody", 8),
        (b"A: b\n\nbody", 6),
        (b"A: b\r\rbody", 6),
        (b"A: b\r\r\n\r\r\nbody", 10),
        (b"A: b\n\r\nbody", 7),
        (b"A: b\r\n\nbody", 7),
        (b"A: b\r\n", 6),
        (b"A: b", 4),
        (b"\r\nbody", 2),
        (b"\nbody", 1),
        (b"hello\r\n\r\nworld", 0),
        (b" A: b\r\n\r\n", 0),
        (b"Gr\xfc\xdfe: b\r\n\r\n", 0),
        (b"From a@b Mon Jan  1 00:00:00 2001\r\nA: b\r\n\r\nbody", 43),
        (b">From a@b Mon Jan  1 00:00:00 2001\r\n\r\nbody", 38),
        (b"A: b\r\nno field\r\nC: d\r\n\r\nbody", 24),
        (b"no field\r\nFROM : d\r\n\r\nbody", 22),
        (b"no field\r\nX-From: d\r\n\r\nFrom: body", 0),
        (b"A: b\r\n \r\nC: d\r\n\r\nbody", 17),  # a blank continuation is no empty line
        (b"X: y\r\nA: b\rc\r\rd\r\n\r\nbody", 19),  # a stray CR is data where lines end with CRLF
    ],
)
def test_header_end(data: bytes, end: int) -> None:
    assert header_end(data) == end


def test_fields_keep_their_bytes() -> None:
    raw = (
        b"From x\r\nSubject : a\x00\xff\r\n\tb \r\nno field\r\nMESSAGE-id:<1@x>\r\n\r\nbody: no\r\n"
    )
    header = Header.parse(raw)
    assert header.raw == raw
    assert [field.name for field in header.fields] == [b"", b"Subject", b"", b"MESSAGE-id"]
    assert list(header.fields)[1].raw == b"Subject : a\x00\xff\r\n\tb \r\n"
    assert header.get("subject") == [b"a\x00\xff\tb"]
    assert header.get("Message-ID") == [b"<1@x>"]
    assert header.get("body") == []


@given(st.binary())
def test_fields_are_the_header(data: bytes) -> None:
    end = header_end(data)
    text = b"".join(field.raw for field in Header.parse(data).fields)
    assert data.startswith(text)
    assert not data[len(text) : end].strip(b"\r\n")


@given(headers())
def test_written_fields_are_found(header: tuple[bytes, list[bytes]]) -> None:
    raw, fields = header
    assert header_end(raw + b"body\r\n\r\n") == len(raw)
    assert [field.raw for field in Header.parse(raw).fields] == fields


def test_content_splits_in_memory_and_in_a_file(tmp_path: Path) -> None:
    data = b"A: b\r\n\r\nbody\r\n\r\nmore"
    file = tmp_path / "1.eml"
    file.write_bytes(data)
    for body in (Body(data), Body(file)):
        header, offset = content(body)
        assert header == b"A: b\r\n\r\n"
        assert header + b"".join(body.chunks(offset)) == data


def test_content_without_header() -> None:
    assert content(Body(b"hello\r\n\r\nworld")) == (b"", 0)
    assert content(Body(b"")) == (b"", 0)


def test_content_of_an_endless_header() -> None:
    line = b"X-Long: " + b"x" * 60 + b"\r\n"
    data = line * (2 * HEADER_LIMIT // len(line))
    header, offset = content(Body(data))
    assert len(header) == offset
    assert HEADER_LIMIT - len(line) < offset <= HEADER_LIMIT
    assert header.endswith(b"\r\n") and data.startswith(header)


def test_content_of_an_endless_line() -> None:
    header, offset = content(Body(b"X: " + b"x" * HEADER_LIMIT + b"\r\n\r\nbody"))
    assert len(header) == offset == HEADER_LIMIT


def test_a_large_header_is_read_whole() -> None:
    lines = b"".join(b"Received: from a by b; %d\r\n" % n for n in range(2000))
    header = Header.parse(lines + b"References: " + b"<a@b>\r\n " * 20000 + b"\r\n\r\n")
    assert len(header.get("received")) == 2000
    assert len(references(header)) == 20000


def test_only_so_many_fields_are_kept() -> None:
    header = Header.parse(b"From: x\r\nTo: y\r\n" * (MOST + 1))
    assert len(header.get("from")) == len(header.get("To")) == MOST
    assert len(list(header.fields)) == 2 * (MOST + 1)


@pytest.mark.parametrize("case", vectors("message_id"))
def test_message_id_vectors(case: dict[str, list[str] | str | None]) -> None:
    raw = "".join(f"{line}\r\n" for line in case["headers"] or []) + "\r\n"
    assert message_id(Header.parse(raw.encode())) == case["id"]


def test_message_id_keeps_any_byte() -> None:
    ident = message_id(Header.parse(b"Message-ID: <\xe5\x90\x8d\xff@x>\r\n"))
    assert ident is not None
    assert ident.encode("latin-1") == b"<\xe5\x90\x8d\xff@x>"


@pytest.mark.parametrize(
    "bad", [b"<a\rb@x>", b"<a\x00b@x>", b"<a\r\n b@x>", b"<" + b"a" * 997 + b">"]
)
def test_message_id_refuses(bad: bytes) -> None:
    assert message_id(Header.parse(b"A: b\r\nMessage-ID: " + bad + b"\r\n")) is None


@pytest.mark.parametrize(
    ("lines", "first"),
    [
        (b"References: junk <a@x>,<b@x>\r\n\t<c@x>\r\nIn-Reply-To: <r@x>", "<a@x>"),
        (b"In-Reply-To: Your message of Monday <r@x>\r\nMessage-ID: <m@x>", "<r@x>"),
        (b"References: none\r\nMessage-ID: <m@x>", "<m@x>"),
        (b"Subject: alone", None),
    ],
)
def test_conversation(lines: bytes, first: str | None) -> None:
    assert conversation(Header.parse(lines + b"\r\n\r\n")) == first


def test_references_in_order() -> None:
    header = Header.parse(b"References: <a@x> (was) <b@x>garbage<c@x>\r\n")
    assert references(header) == ("<a@x>", "<b@x>", "<c@x>")


_ODD = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b" ", b":", b"From", b"date", b"x", b"\0"]))


@given(headers().map(lambda made: made[0]) | _ODD.map(b"".join))
def test_the_fields_that_rules_need_are_those_of_the_header(raw: bytes) -> None:
    header = Header.parse(raw)
    for name in ("from", "date", "received", "message-id", "subject"):
        same = [field for field in header.fields if field.name.lower() == name.encode()]
        assert header.all(name) == same
