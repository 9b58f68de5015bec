"""Responses and UID sets, without a server."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.source.response import Response, Value
from migrate.source.uidset import uid_set
from migrate.source.wire import Literal, astring


@pytest.mark.parametrize(
    ("parts", "values"),
    [
        (
            [b'LIST (\\Noselect) "\\\\" "a \\"b\\\\c"'],
            [b"LIST", [b"\\Noselect"], b"\\", b'a "b\\c'],
        ),
        ([b"LIST () NIL ", b"a\r\nb", b""], [b"LIST", [], None, b"a\r\nb"]),
        ([b'X "NIL" nil ""'], [b"X", b"NIL", None, b""]),
        (
            [b"1 FETCH (BODY[HEADER.FIELDS (DATE FROM)] ", b"x", b" UID 2)"],
            [b"1", b"FETCH", [b"BODY[HEADER.FIELDS (DATE FROM)]", b"x", b"UID", b"2"]],
        ),
        ([b"X a[b (c"], [b"X", b"a[b", [b"c"]]),
        ([b'X ) a "b'], [b"X", b"a", b"b"]),
    ],
)
def test_values(parts: list[bytes], values: list[Value]) -> None:
    assert Response(b"*", parts).values() == values


@given(st.lists(st.binary(), min_size=1))
def test_no_response_is_too_broken(parts: list[bytes]) -> None:
    response = Response(b"*", parts)
    response.values()
    response.items()


def test_items_of_a_fetch() -> None:
    response = Response(b"*", [b"3 Fetch (flags (\\Seen) uid 7 body[] ", b"x", b")"])
    assert response.items() == {b"FLAGS": [b"\\Seen"], b"UID": b"7", b"BODY[]": b"x"}
    assert Response(b"*", [b"3 FETCH (UID 7)"]).items() == {b"UID": b"7"}
    assert Response(b"*", [b"OK FETCH (UID 7)"]).items() == {}


@given(st.binary())
def test_an_argument_keeps_its_bytes(raw: bytes) -> None:
    sent = astring(raw)
    if isinstance(sent, Literal):
        assert sent == raw
    else:
        assert Response(b"*", [sent]).values() == [raw]
        assert sent.isascii() and not any(byte < 0x20 for byte in sent)


@given(st.sets(st.integers(1, 200)))
def test_a_uid_set_names_exactly_its_uids(uids: set[int]) -> None:
    named: list[int] = []
    for part in filter(None, uid_set(uids).decode().split(",")):
        first, _, last = part.partition(":")
        named += range(int(first), int(last or first) + 1)
    assert named == sorted(uids)


def test_a_uid_set_is_short() -> None:
    assert uid_set([9, 1, 2, 3, 2]) == b"1:3,9"
