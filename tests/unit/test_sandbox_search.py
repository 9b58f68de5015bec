"""The query language of `q`: parsed and printed; its values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.sandbox.mailbox import search_sql
from migrate.sandbox.mailbox.search import MAX_DEPTH, MAX_TOKENS, Term, Unsupported, parse
from migrate.sandbox.mailbox.search_values import age, moment, size


@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        ("", ""),
        ("dinner", '"dinner"'),
        ("dinner movie", '("dinner" "movie")'),
        ("dinner AND movie", '("dinner" "movie")'),
        ('"dinner movie"', '"dinner movie"'),
        ("from:amy OR from:david", '{from:"amy" from:"david"}'),
        ("{from:amy from:david}", '{from:"amy" from:"david"}'),
        ("{from:amy OR from:david}", '{from:"amy" from:"david"}'),
        ("a OR b c", '({"a" "b"} "c")'),
        ("a b OR c", '("a" {"b" "c"})'),
        ("a AND b OR c", '("a" {"b" "c"})'),
        ("(a b) OR c", '{("a" "b") "c"}'),
        ("dinner -movie", '("dinner" -"movie")'),
        ("-(a b)", '-("a" "b")'),
        ("--a", '"a"'),
        ("-(-a)", '"a"'),
        ("-{a b}", '-{"a" "b"}'),
        ("+unicorn", '"unicorn"'),
        ("foo-bar", '"foo-bar"'),
        ("subject:(dinner movie)", '(subject:"dinner" subject:"movie")'),
        ("subject:{dinner -movie}", '{subject:"dinner" -subject:"movie"}'),
        ("subject:(Re: to:you)", '(subject:"Re:" subject:"to:you")'),
        ('subject:"dinner and movie"', 'subject:"dinner and movie"'),
        ("-subject:a", '-subject:"a"'),
        ("From:Anna", 'from:"Anna"'),
        ("from: anna", 'from:"anna"'),
        ("subject: (a b)", '(subject:"a" subject:"b")'),
        ("from: is:unread", '(from:"" is:"unread")'),
        ("older_than:2d older:2004/04/16", '(older_than:"2d" older:"2004/04/16")'),
        ("rfc822msgid:<a(b)@x>", 'rfc822msgid:"<a(b)@x>"'),
        ("(rfc822msgid:a@x)", 'rfc822msgid:"a@x"'),
        ("ſize:3 FİLENAME:x", '("ſize:3" "FİLENAME:x")'),
        ("10:30 http://x/", '("10:30" "http://x/")'),
        ("東京　大阪", '("東京" "大阪")'),
    ],
)
def test_parses(query: str, canonical: str) -> None:
    assert str(parse(query)) == canonical
    assert parse(canonical) == parse(query)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("(a b", "("),
        ("a b)", ")"),
        ("(a}", "("),
        ("{a b", "{"),
        ('"a b', '"'),
        ("()", "nothing"),
        ("a OR", "nothing"),
        ("OR a", "OR"),
        ("AND", "AND"),
        ("{a AND b}", "AND"),
        ("NOT a", "NOT"),
        ("holiday AROUND 10 vacation", "AROUND"),
        ("(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1), "nested"),
        ("a " * (MAX_TOKENS + 1), "more than"),
        ("-" * 100_000, "more than"),
    ],
)
def test_refuses_what_would_be_guessed(query: str, named: str) -> None:
    with pytest.raises(Unsupported, match=".*".join(["", *(f"[{c}]" for c in named), ""])):
        parse(query)


PIECES = st.sampled_from(
    [*'(){}"-+: \u3000\0\x1f\ud800a山', "<b", ">", "OR", "AND", "from:", "subject:", "IN:", "é:"]
) | st.sampled_from([" OR ", "rfc822msgid:", "newer_", "ſize:", '"a', " -"])


@given(st.text() | st.lists(PIECES, max_size=30).map("".join))
def test_every_query_is_refused_or_prints_as_itself(query: str) -> None:
    try:
        node = parse(query)
    except Unsupported:
        return
    assert parse(str(node)) == node


def test_the_parser_and_the_translation_know_the_same_operators() -> None:
    for operator in search_sql.OPERATORS.keys() - {""}:
        assert parse(f"{operator}:x") == Term(operator, "x")
    for query in ("older_than:1d", "rfc822msgid:x", "in:x"):
        term = parse(query)
        assert isinstance(term, Term)
        assert term.operator in search_sql.OPERATORS


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2014/01/01", 1388563200),  # midnight, eight hours west of Greenwich
        ("2014-1-1", 1388563200),
        ("01/01/2014", 1388563200),
        ("1388552400", 1388552400),
        ("0001/01/01", -62135568000),
    ],
)
def test_moments(text: str, seconds: int) -> None:
    assert moment(text) == seconds * 1000


@pytest.mark.parametrize("text", ["2014", "20140101", "2014/13/01", "2014/1", "July 1", "1e9", ""])
def test_moments_that_nobody_documents(text: str) -> None:
    with pytest.raises(Unsupported):
        moment(text)


def test_ages_and_sizes() -> None:
    day = 86_400_000
    assert [age(each) for each in ("1d", "2m", "1Y")] == [day, 60 * day, 365 * day]
    assert [size(each) for each in ("1000000", "5K", "10m")] == [10**6, 5120, 10 << 20]
    for text in ("1", "1h", "d", "-1d", ""):
        with pytest.raises(Unsupported):
            age(text)
    assert size("999999999999G") == 2**63 - 1
    for text in ("M", "1.5M", "1T", "-1", ""):
        with pytest.raises(Unsupported):
            size(text)


@pytest.mark.parametrize(
    ("query", "revealed"),
    [
        ("in:anywhere", {"SPAM", "TRASH"}),
        ("x OR in:trash", {"TRASH"}),
        ("is:spam label:Bin", {"SPAM", "TRASH"}),
        ("-in:trash -(x in:spam)", set()),
        ("-(x -in:spam)", {"SPAM"}),
        ("in:inbox trash", set()),
    ],
)
def test_which_hidden_places_a_query_shows(query: str, revealed: set[str]) -> None:
    assert search_sql.reveals(parse(query)) == revealed
