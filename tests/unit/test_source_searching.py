"""Search criteria as one command, whatever they hold."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.errors import UsageError
from migrate.source.searching import search_words, searched
from migrate.source.wire import Literal

CHARSET = [b"CHARSET", b"UTF-8"]


def test_ascii_goes_as_it_is() -> None:
    criteria = ' UNKEYWORD $Private NOT (SUBJECT "a \\"b\\" {5}" OR SEEN DRAFT) '
    assert search_words(criteria) == [criteria.strip().encode()]


@pytest.mark.parametrize(
    ("criteria", "words"),
    [
        ("SUBJECT 予定", [b"SUBJECT", "予定".encode()]),
        ('NOT (SUBJECT "予 定")', [b"NOT (SUBJECT", "予 定".encode(), b")"]),
        ('FROM "a b" TO "é \\"x\\""', [b'FROM "a b" TO', 'é "x"'.encode()]),
    ],
)
def test_other_strings_are_literals(criteria: str, words: list[bytes]) -> None:
    found = search_words(criteria)
    assert found == [*CHARSET, *words]
    assert [word for word in found if isinstance(word, Literal)] == [
        word for word in words if not word.isascii()
    ]


@pytest.mark.parametrize(
    "criteria",
    [
        "",
        "  ",
        "ALL\r\nx DELETE INBOX",
        "ALL\nx",
        "ALL\rx",
        "SUBJECT \0",
        "SUBJECT {5}",
        "SUBJECT {5+}",
        'SUBJECT "open',
        'SUBJECT "é',
        "CHARSET KOI8-R SUBJECT x",
        "return (count) ALL",
    ],
)
def test_what_could_become_another_command_is_refused(criteria: str) -> None:
    with pytest.raises(UsageError) as caught:
        search_words(criteria)
    assert caught.value.code == "source-search-invalid"
    assert "\n" not in str(caught.value.params["criteria"])


@given(st.text())
def test_no_word_ends_or_continues_the_line(criteria: str) -> None:
    try:
        words = search_words(criteria)
    except UsageError:
        return
    for word in words:
        assert isinstance(word, Literal) or (word.isascii() and b"\n" not in word)
        assert b"\r" not in word and b"\0" not in word
    assert isinstance(words[-1], Literal) or not re.search(rb"\{\d+\+?\}$", words[-1])


def test_only_a_search_response_names_messages() -> None:
    assert searched(b"SEARCH 3 5 9 (MODSEQ 7)") == {3, 5, 9}
    assert searched(b"search") == searched(b"5 EXISTS") == searched(b"") == set()
