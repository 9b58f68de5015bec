"""The index of words, and `q` as a condition on it and on the messages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.mailbox import index, search_sql
from migrate.sandbox.mailbox.search import MAX_DEPTH, MAX_TOKENS, And, Node, Not, Or, Term, parse
from migrate.sandbox.mailbox.store import Store, pack
from migrate.sandbox.methods import listing
from migrate.sandbox.methods.calls import Call

NOW = 1_700_000_000_000


def test_words() -> None:
    assert index.words("Anna <anna@Example.com>") == "anna anna example com"
    assert index.words("東京ﾀﾜｰ１") == "東 京 タ ワ ー 1"
    assert index.words("a_b … ¦") == "a b"


def test_what_is_read_of_a_message() -> None:
    mail = "\r\n".join(
        [
            "From: =?iso-2022-jp?B?GyRCOzNFRBsoQg==?= <y@example.com>",
            "To: a@example.org,\r\n b@example.org",
            "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=",
            "Content-Type: multipart/mixed; boundary=b",
            "",
            "--b",
            "Content-Type: multipart/alternative; boundary=c",
            "",
            "--c",
            "Content-Type: text/plain; charset=shift_jis",
            "Content-Transfer-Encoding: base64",
            "",
            "k4yLngo=",
            "--c",
            "Content-Type: text/html",
            "",
            "<style>p {color: red}</style><p class=x>R&eacute;sum&eacute;</p>",
            "--c--",
            "--b",
            "Content-Type: text/plain; name=notes.txt",
            "",
            "not searched",
            "--b",
            "Content-Type: image/png; name=logo.png",
            "Content-Disposition: inline",
            "",
            "x",
            "--b--",
        ]
    )
    found = index.read(memoryview(mail.encode()))
    assert found["sender"] == ["山田 <y@example.com>"]
    assert found["recipient"] == ["a@example.org, b@example.org"]
    assert found["subject"] == ["Grüße"]
    assert [" ".join(each.split()) for each in found["body"]] == ["東京", "Résumé"]
    assert found["filename"] == ["notes.txt", "logo.png"]
    assert found["has"] == [index.ATTACHMENT]


@given(
    st.binary()
    | st.lists(
        st.sampled_from(
            b"Content-Type: |multipart/mixed; boundary=b|text/html|; charset=|\r\n|--b|--b--|"
            b"name*=x'y|=?utf-8?b?=?=|\xff\0|Subject: |From:|Content-Disposition: attachment|;|"
            b"Content-Transfer-Encoding: base64\r\n".split(b"|")
        ),
        max_size=40,
    ).map(b"".join)
)
def test_malformed_mail_is_read(data: bytes) -> None:
    assert set(index.read(memoryview(data))) == set(index.COLUMNS)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path)
    yield store
    store.close()


def add(store: Store, box: int, message: int, labels: set[str]) -> None:
    """A message without content."""
    given: dict[str, Any] = {
        "mailbox": box,
        "id": message,
        "thread": message,
        "date": NOW,
        "received": NOW,
    }
    given |= {"message_id": f"m{message}@x", "labels": pack(labels), "draft": None}
    columns = [row["name"] for row in store.db.execute("PRAGMA table_info(messages)")]
    store.db.execute(
        f"INSERT INTO messages ({', '.join(columns)}) VALUES (?{', ?' * (len(columns) - 1)})",
        [given.get(column, 0) for column in columns],
    )


def found(store: Store, box: int, node: Node) -> set[int]:
    sql = search_sql.condition(node, search_sql.Mailbox(store.db, box, "a@example.com", NOW))
    rows = store.db.execute(f"SELECT id FROM messages m WHERE {sql.sql}", sql.values)
    return {row["id"] for row in rows}


def call(store: Store, box: int, query: str, discard: bool = False) -> Call:
    given = SimpleNamespace(
        query={"q": query, "includeSpamTrash": False, "maxResults": 100},
        mailbox=box,
        store=store,
        user="a@example.com",
        metadata_only=False,
        options=SimpleNamespace(search_lag=0.0, discard=discard),
    )
    return cast(Call, given)


LABELS = ["INBOX", "STARRED", "UNREAD"]
NODES: st.SearchStrategy[Node] = st.recursive(
    st.sampled_from(LABELS).map(lambda label: Term("label", label)),
    lambda inner: (
        inner.map(Not)
        | st.lists(inner, min_size=1, max_size=3).map(lambda parts: And(tuple(parts)))
        | st.lists(inner, min_size=1, max_size=3).map(lambda parts: Or(tuple(parts)))
    ),
)


def holds(node: Node, labels: set[str]) -> bool:
    match node:
        case Term():
            return node.value in labels
        case Not(part):
            return not holds(part, labels)
        case And(parts):
            return all(holds(each, labels) for each in parts)
        case Or(parts):
            return any(holds(each, labels) for each in parts)


def test_and_or_minus_mean_the_same_in_sql(tmp_path: Path) -> None:
    store = Store(tmp_path)
    box = store.mailbox("a@example.com")
    sets = [{label for bit, label in enumerate(LABELS) if n >> bit & 1} for n in range(8)]
    for n, labels in enumerate(sets):
        add(store, box, n + 1, labels)

    @given(NODES)
    def check(node: Node) -> None:
        wanted = {n + 1 for n, labels in enumerate(sets) if holds(node, labels)}
        assert found(store, box, node) == found(store, box, parse(str(node))) == wanted

    check()
    store.close()


@pytest.mark.parametrize(
    "query",
    [
        "a " * MAX_TOKENS,
        "a OR " * (MAX_TOKENS // 2 - 1) + "a",
        "(a OR -(b " * (MAX_DEPTH // 2) + "c" + "))" * (MAX_DEPTH // 2),
    ],
)
def test_the_largest_queries_fit_into_sqlite(store: Store, query: str) -> None:
    box = store.mailbox("a@example.com")
    index.fill(store, box)
    found(store, box, parse(query))


@pytest.mark.parametrize(
    "query", ["rfc822msgid:m7@x", "in:anywhere {rfc822msgid:m7@x rfc822msgid:n}"]
)
def test_a_message_id_is_found_without_reading_the_mailbox(store: Store, query: str) -> None:
    box = store.mailbox("a@example.com")
    for number in range(1, 5001):
        add(store, box, number, {"INBOX"})
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    store.db.set_progress_handler(count, 1)
    page = listing.list_(call(store, box, query))
    store.db.set_progress_handler(None, 1)
    assert [each["id"] for each in page["messages"]] == [f"{7:016x}"]
    assert steps < 1000


def test_only_new_messages_are_indexed(store: Store) -> None:
    box, other = store.mailbox("a@example.com"), store.mailbox("b@example.com")
    for number, mailbox in ((1, box), (2, other), (3, box)):
        add(store, mailbox, number, set())
    read: list[int] = []

    def content(message: int) -> bytes:
        read.append(message)
        return b"Subject: word\r\n\r\n"

    store.content = content  # type: ignore[method-assign]
    index.fill(store, box)
    index.fill(store, box)
    assert read == [1, 3]
    add(store, box, 4, set())
    index.fill(store, other)
    index.fill(store, box)
    assert read == [1, 3, 2, 4]
    assert found(store, box, parse("subject:word")) == {1, 2, 3, 4}


def test_what_was_discarded_is_not_searched(store: Store) -> None:
    box = store.mailbox("a@example.com")
    add(store, box, 1, {"INBOX"})
    for query in ("rfc822msgid:m1@x in:inbox", "before:2030/01/01", "smaller:1M"):
        assert len(listing.list_(call(store, box, query, discard=True))["messages"]) == 1
    for query in ("in:inbox -word", "has:Attachment", "subject:(a b)"):
        with pytest.raises(ApiError, match="--discard") as refused:
            listing.list_(call(store, box, query, discard=True))
        assert refused.value.code == 501


def test_columns_are_searched_without_reading_a_message(store: Store) -> None:
    box = store.mailbox("a@example.com")
    add(store, box, 1, {"INBOX"})
    store.content = Mock(side_effect=RuntimeError)  # type: ignore[method-assign]
    query = "in:inbox has:nouserlabels rfc822msgid:m1@x after:1d OR newer_than:1d smaller:1M"
    with pytest.raises(ApiError, match="after:1d"):
        listing.list_(call(store, box, query))
    listing.list_(call(store, box, query.replace("after:1d OR ", "")))
    with pytest.raises(RuntimeError):
        listing.list_(call(store, box, "word"))


def test_a_phrase_lies_within_one_value(store: Store) -> None:
    box = store.mailbox("a@example.com")
    add(store, box, 1, set())
    part = b"--b\r\nContent-Disposition: attachment; filename=%s\r\n\r\n\r\n"
    mail = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part % b"a.txt" + part % b"b.txt"
    store.content = Mock(return_value=mail)  # type: ignore[method-assign]
    index.fill(store, box)
    assert found(store, box, parse("filename:a.txt filename:b.txt")) == {1}
    assert found(store, box, parse('filename:"txt b"')) == set()
