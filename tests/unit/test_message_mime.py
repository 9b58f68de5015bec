"""Where the parts of a message lie, and their content decoded piece by piece."""

from __future__ import annotations

import quopri
from base64 import b64encode, encodebytes
from binascii import b2a_qp
from email import message_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.body import CHUNK, Body
from migrate.message.mime import MAX_PARTS, parts
from migrate.message.transfer import decoded

START = b"Content-Type: multipart/mixed; boundary=a\r\n\r\n"


def contents(mail: bytes) -> list[bytes]:
    return [mail[each.start : each.stop] for each in parts(Body(mail))]


def test_parts_and_what_stands_around_them() -> None:
    mail = (
        START + b"before\r\n--a\r\nX: 1\r\n\r\none\r\n--a \t\r\n\r\ntwo\r\n\r\n--a--\r\nafter\r\n"
    )
    assert contents(mail) == [b"before", b"one", b"two\r\n"]
    assert contents(mail.replace(b"\r\n--a--\r\nafter", b"")) == [b"before", b"one", b"two\r\n\r\n"]
    assert contents(b"X: y\r\n\r\n--a\r\n") == [b"--a\r\n"]
    assert contents(b"") == [b""]


def test_nested_multiparts_and_messages() -> None:
    inner = START.replace(b"=a", b"=b") + b"\r\n--b\r\n\r\nin\r\n--b--\r\nbetween"
    forwarded = b"Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\ntext"
    mail = START + b"\r\n--a\r\n" + inner + b"\r\n--a\r\n" + forwarded + b"\r\n--a--\r\n"
    found = [(mail[each.start : each.stop], each.depth) for each in parts(Body(mail))]
    assert found == [(b"", 0), (b"", 1), (b"in", 2), (b"", 1), (b"text", 1)]


def test_a_message_inside_without_header() -> None:
    forwarded = b"Content-Type: message/rfc822\r\n\r\n\r\nX: no header"
    assert contents(START + b"\r\n--a\r\n" + forwarded)[2:] == [b"X: no header"]
    assert contents(START + b"\r\n--a\r\n--a\r\nX: y\r\n--a--")[1:] == [b"", b""]


def test_the_delimiter_of_the_outer_ends_the_inner() -> None:
    inner = START.replace(b"=a", b"=b") + b"\r\n--b\r\n\r\nin"
    assert contents(START + b"\r\n--a\r\n" + inner + b"\r\n--a\r\n\r\nout") == [
        b"",
        b"",
        b"in",
        b"out",
    ]


@given(st.lists(st.text("ab-\n ", max_size=8).map(str.encode), max_size=6))
def test_leaves_are_those_of_email(texts: list[bytes]) -> None:
    texts = [text.replace(b"\n", b"\r\n").replace(b"--", b"") for text in texts]
    mail = START + b"".join(b"\r\n--a\r\n\r\n" + text for text in texts) + b"\r\n--a--\r\n"
    leaves = [part for part in message_from_bytes(mail).walk() if not part.is_multipart()]
    read = [part.get_payload() for part in leaves] if texts else [""]
    assert contents(mail)[1:] == [str(each).encode() for each in read] if texts else True


@pytest.mark.parametrize("back", range(12))
def test_a_delimiter_across_two_pieces(back: int) -> None:
    text = b"x" * (CHUNK - len(START) - 20 - back)
    mail = START + b"\r\n--a\r\n\r\n" + text + b"\r\n" * 5 + b"\r\n--a\r\n\r\ntwo\r\n--a--\r\n"
    assert contents(mail)[1:] == [text + b"\r\n" * 5, b"two"]


def test_only_so_many_parts() -> None:
    assert len(contents(START + b"\r\n--a\r\n\r\nx" * (MAX_PARTS + 5))) == MAX_PARTS


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@given(st.binary(max_size=300), st.integers(1, 50))
def test_encodings_in_pieces(data: bytes, size: int) -> None:
    for encoding, text in [
        (b"base64", encodebytes(data)),
        (b" Base64", b64encode(data)),
        (b"quoted-printable", b2a_qp(data, istext=False)),
        (b"8bit", data),
        (b"", data),
        # Its encoder makes all line ends alike.
        *([] if b"\r" in data else [(b"quoted-printable", quopri.encodestring(data))]),
    ]:
        assert b"".join(decoded(pieces(text, size), encoding)) == data


@given(st.binary(max_size=200), st.integers(1, 50))
def test_any_bytes_decode(data: bytes, size: int) -> None:
    for encoding in (b"base64", b"quoted-printable", b"x-uuencode"):
        once = b"".join(decoded([data], encoding))
        assert b"".join(decoded(pieces(data, size), encoding)) == once


def test_an_endless_quoted_line() -> None:
    line = b"=41" * 100_000
    found = b"".join(decoded(pieces(line, 7919), b"quoted-printable"))
    assert found == b"A" * 100_000
