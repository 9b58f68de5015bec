"""BODYSTRUCTURE as servers send it, in all its forms and beside them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.source import Part
from migrate.source.response import Response, Value
from migrate.source.structure import leaves

PLAIN = '"TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "7BIT" 12 1'
ZIP = '"APPLICATION" "ZIP" ("NAME" "a.zip") NIL NIL "BASE64" 4554'


def parsed(text: str) -> tuple[Part, ...] | None:
    items = Response(b"*", [f"1 FETCH (UID 1 BODYSTRUCTURE {text})".encode()]).items()
    return leaves(items[b"BODYSTRUCTURE"])


def names(text: str) -> list[str | None]:
    return [part.filename for part in parsed(text) or ()]


def with_names(disposition: str, name: str = "NIL") -> str:
    return f'("application" "x" {name} NIL NIL "base64" 9 NIL ("attachment" {disposition}) NIL)'


def test_one_part() -> None:
    assert parsed(f"({PLAIN})") == (Part("text/plain", None, "7bit", 12),)
    assert parsed(f"({PLAIN} NIL NIL NIL NIL)") == (Part("text/plain", None, "7bit", 12),)
    assert parsed(f"({ZIP})") == (Part("application/zip", "a.zip", "base64", 4554),)


def test_parts_in_their_order_and_those_of_an_attached_message() -> None:
    envelope = '("date" "subject" NIL NIL NIL NIL NIL NIL NIL "<id>")'
    inner = f'(({PLAIN})({ZIP}) "MIXED")'
    attached = f'("MESSAGE" "RFC822" ("NAME" "m.eml") NIL NIL "7BIT" 342 {envelope} {inner} 5)'
    found = parsed(f'((({PLAIN})({PLAIN.lower()}) "ALTERNATIVE"){attached}({ZIP}) "MIXED" NIL)')
    assert found is not None
    assert [part.type for part in found] == [
        "text/plain",
        "text/plain",
        "message/rfc822",
        "text/plain",
        "application/zip",
        "application/zip",
    ]
    assert [part.filename for part in found] == [None, None, "m.eml", None, "a.zip", "a.zip"]


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('("filename" "a.exe")', "a.exe"),
        ('("size" "9" "FileName" "a.exe")', "a.exe"),
        ('("filename*" "utf-8\'\'%E8%A8%88%E7%AE%97.exe")', "計算.exe"),
        ('("filename*" "iso-2022-jp\'ja\'%1B%24B7W%3B%3B%1B%28B.exe")', "計算.exe"),
        ('("filename*1" ".exe" "filename*0" "long")', "long.exe"),
        ('("filename*1*" "%97.exe" "filename*0*" "UTF-8\'\'%E7%AE")', "算.exe"),
        ('("filename*0*" "utf-8\'\'%E7%AE%97" "filename*1" "%41.exe")', "算%41.exe"),
        ('("filename" "plain.exe" "filename*" "utf-8\'\'better.exe")', "better.exe"),
        ('("filename" "=?utf-8?B?6KiI566XLmV4ZQ==?=")', "計算.exe"),
        ('("filename" "=?utf-8?B?6KiI?= =?utf-8?B?566XLmV4ZQ==?=")', "計算.exe"),
        ('("filename" "=?no-such?Q?a=2Eexe?=")', "a.exe"),
        ('("filename" "=?utf-8?B?!?=")', None),
        ('("filename*" "no-such\'\'%41.exe")', "A.exe"),
        ('("filename*" "no charset.exe")', "no charset.exe"),
        ('("filename" "計算.exe")', "計算.exe"),
        ('("filename" "quo\\"ted\\\\.exe")', 'quo"ted\\.exe'),
        ('("filename" "")', None),
        ('("filename")', None),
        ("NIL", None),
    ],
)
def test_file_names(disposition: str, name: str | None) -> None:
    (found,) = names(with_names(disposition))
    assert found == name or (name is None and (found or "").startswith("=?"))


def test_the_name_of_the_type_stands_in_for_that_of_the_disposition() -> None:
    assert names(with_names("NIL", '("name" "a.exe")')) == ["a.exe"]
    assert names(with_names('("filename" "b.exe")', '("name" "a.exe")')) == ["b.exe"]


@pytest.mark.parametrize("broken", ["NIL", "()", "(NIL)", '"text"', '("TEXT" "PLAIN")', "((()))"])
def test_what_is_no_structure_says_nothing(broken: str) -> None:
    assert parsed(broken) is None


def test_a_broken_part_does_not_cost_the_others() -> None:
    assert names(f'(("TEXT")({ZIP})() "MIXED")') == ["a.zip"]
    assert parsed('("A" "B" NIL NIL NIL NIL NIL)') == (Part("a/b", None, "", 0),)


def test_any_depth() -> None:
    deep = f"({ZIP})"
    for _ in range(20_000):
        deep = f"({deep})"
    assert names(deep) == ["a.zip"]


value = st.recursive(
    st.none() | st.binary(max_size=6) | st.sampled_from([b"MESSAGE", b"filename", b"filename*"]),
    lambda inner: st.lists(inner, max_size=9),
)


@given(value)
def test_nothing_is_too_broken(anything: Value) -> None:
    leaves(anything)
