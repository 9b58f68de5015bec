"""Mail and parameters made to crash a server or to keep it busy.

None of these tests looks at a clock: what took quadratic time would not end with them.
"""

from __future__ import annotations

from email.message import Message

import pytest

from migrate.sandbox.http import fields
from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.mailbox import headers, index, mime, search
from migrate.sandbox.mailbox.parts import MAX_DEPTH, MAX_PARTS, parts

MANY = 100_000
INVALID = ((), "Invalid From header")


def nested(levels: int, innermost: bytes = b"text") -> bytes:
    """multipart/mixed in multipart/mixed."""
    opened = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level)
        for level in range(levels)
    )
    return opened + b"\r\n" + innermost


HALF_PAIRS = [
    b"Content-Type: text/plain; charset=utf-7\r\n\r\nword +2AA-",
    b"Content-Type: text/plain; charset=unicode_escape\r\n\r\nword \\ud800",
]
BOUNDARIES = [
    b"boundary*=us-ascii''a; boundary*0=b",
    b"boundary*" + b"1" * 5000 + b"=a",
    b"boundary*=undefined''x",
    b"boundary*=a\0b''x",
]
TREES = [nested(1000), b"Content-Type: message/rfc822\r\n\r\n" * 3000]


def size(tree: Message) -> tuple[int, int]:
    """How many parts there are, and how many levels of them."""
    count = levels = 0
    level = [tree]
    while level:
        count, levels = count + len(level), levels + 1
        inner = [part.get_payload() for part in level if part.is_multipart()]
        level = [each for part in inner for each in part if isinstance(each, Message)]
    return count, levels


@pytest.mark.parametrize("data", HALF_PAIRS)
def test_half_a_surrogate_pair_in_a_body(data: bytes) -> None:
    text = mime.plain(mime.tree(data))
    assert text is not None
    assert text.encode().startswith(b"word ")
    (body,) = index.read(memoryview(data))["body"]
    assert index.words(body) == "word"


def test_half_a_surrogate_pair_in_a_header() -> None:
    headers.read(b"Subject: =?utf-7?Q?+2AA-?=\r\n\r\n").subject.encode()
    headers.decode_words("\ud800").encode()
    part = mime.tree(b"Content-Type: a/b; name*=utf-7''a+2AA-\r\n\r\n")
    assert mime.filename(part).encode().startswith(b"a")
    assert index.words("a \ud800") == "a"


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_a_boundary_that_cannot_be_decoded(boundary: bytes) -> None:
    data = b"Content-Type: multipart/mixed; " + boundary + b"\r\nSubject: word\r\n\r\n--a\r\n"
    tree = mime.tree(data)
    assert [name for name, _ in tree.raw_items()] == ["Content-Type", "Subject"]
    assert mime.content(tree) == b"--a\r\n"
    assert index.read(memoryview(data))["subject"] == ["word"]
    inner = b"Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n" + data + b"--o\r\n\r\nlast"
    assert size(mime.tree(inner)) == (3, 2)


@pytest.mark.parametrize("data", TREES)
def test_deep_trees_end(data: bytes) -> None:
    assert size(mime.tree(data)) == (MAX_DEPTH + 1, MAX_DEPTH + 1)
    index.read(memoryview(data))


def test_containers_below_the_bound_are_one_part() -> None:
    assert len(list(parts(memoryview(nested(MAX_DEPTH + 5))))) == MAX_DEPTH + 1


@pytest.mark.parametrize("newline", [b"\r\n", b"\r"])
def test_many_parts_end(newline: bytes) -> None:
    data = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + (b"--x" + 2 * newline) * 200_000
    assert size(mime.tree(data))[0] == MAX_PARTS


def test_a_tree_that_ends_early_keeps_the_parts_before() -> None:
    start = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nfirst\r\n"
    tree = mime.tree(start + b"--x\r\n\r\n" * MAX_PARTS)
    assert mime.content(tree.get_payload()[0]) == b"first"  # type: ignore[arg-type, index]


def test_parameters_of_a_long_field() -> None:
    data = b"Content-Type: multipart/mixed" + b";" * 1_000_000 + b"\r\n\r\nbody"
    assert mime.content(mime.tree(data)) == b"body"
    assert mime.filename(mime.tree(data)) == ""


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ('"' + '\\"' * MANY, INVALID),
        ('"' + '\\"' * MANY + '" <a@example.com>', (("a@example.com",), None)),
        ("(" + "\\(" * MANY, INVALID),
        ("(" * MANY + ")" * MANY + "a@example.com", (("a@example.com",), None)),
        ("(" * MANY + ")" * (MANY - 1) + "a@example.com", INVALID),
        ("a@example.com" + "(x)" * MANY, (("a@example.com",), None)),
        ('"a (b" <a@example.com> (c "d)', (("a@example.com",), None)),
        ('"a \\" (b" <a@example.com> (c \\) d)', (("a@example.com",), None)),
        (
            '"a, b" <a@example.com>, (c, d) e@example.com',
            (("a@example.com", "e@example.com"), None),
        ),
        ('a" <a@example.com>', INVALID),
    ],
)
def test_comments_and_quoted_strings(value: str, found: tuple[tuple[str, ...], str | None]) -> None:
    assert headers.from_addresses([value]) == found


@pytest.mark.parametrize(
    ("comment", "valid"),
    [
        ("(" * MANY + ")" * MANY, True),
        ("(" * MANY, False),
        ("(" + "\\(" * MANY, False),
        ('"' + '\\"' * MANY, False),
        ('(a "b)', True),
        ('"x"', False),
    ],
)
def test_comments_of_a_date(comment: str, valid: bool) -> None:
    found = headers.parse_date(f"Fri, 21 Nov 1997 09:55:06 +0000 {comment}")
    assert found == (880_106_106_000 if valid else None)


@pytest.mark.parametrize(
    "text",
    [
        ",".join("a" * MANY),
        "a(" * MANY,
        "a(" * 21 + "b" + ")" * 21,
        "/".join("a" * 21),
        "a/b(" * 10 + "c" + ")" * 10,
    ],
)
def test_masks_beyond_the_bounds(text: str) -> None:
    with pytest.raises(ApiError) as refused:
        fields.parse(text)
    assert refused.value.code == 400
    assert len(refused.value.message) < 1000


def test_masks_within_the_bounds() -> None:
    assert fields.parse("a/b(c,d/e),f") == {"a": {"b": {"c": {}, "d": {"e": {}}}}, "f": {}}
    fields.parse("/".join("a" * fields.MAX_DEPTH))
    before = fields._cached.cache_info().currsize
    assert len(fields.parse(",".join(f"name{number}" for number in range(800)))) == 800
    assert fields._cached.cache_info().currsize == before


def test_queries_beyond_the_bounds() -> None:
    search.parse("a" * search.MAX_LENGTH)
    with pytest.raises(ApiError) as refused:
        search.parse("a" * (search.MAX_LENGTH + 1))
    assert refused.value.code == 400
    words = "a " * search.MAX_TOKENS
    search.parse(f'"{words}"')
    for query in (f'"{words} b"', f'from:"{words} b"', f'"{words}" b'):
        with pytest.raises(search.Unsupported, match="more than"):
            search.parse(query)
