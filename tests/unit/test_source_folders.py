"""Folder names and namespaces, without a server."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imapclient.imap_utf7 import encode

from migrate.source.folders import Namespace, Row, chosen_folders, decode, row
from migrate.source.response import Response

COURIER = [
    Namespace(b"INBOX.", "personal"),
    Namespace(b"#shared.", "shared"),
    Namespace(b"shared.", "shared"),
]
CYRUS = [
    Namespace(b"INBOX.", "personal"),
    Namespace(b"user.", "users"),
    Namespace(b"", "shared"),
]
PLAIN = [Namespace(b"", "personal")]


def rows(*raw: bytes, delimiter: bytes = b"/") -> list[Row]:
    return [Row(each, delimiter, frozenset()) for each in raw]


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"Sent", "Sent"),
        (b"&ZeVnLIqe-", "日本語"),
        (b"A &- B", "A & B"),
        (b"R&D", "R&D"),
        (b"&", "&"),
        (b"&!!!-x", "&!!!-x"),
        (b"&ZeVn-", "&ZeVn-"),
        (b"&2AA-", "&2AA-"),
        ("予定".encode(), "予定"),
        (b"caf\xe9", "caf\\xe9"),
        (b"a\x1bb", "a\\x1bb"),
        (b"&AAo-x", "\\nx"),
        ("全角　空白".encode(), "全角　空白"),
        (b"a&AKA-", "a\u00a0"),
        ("👩\u200d💻".encode(), "👩\u200d💻"),
        (b"&4AA-", "\ue000"),
        (b"a&IC4-b", "a\\u202eb"),
    ],
)
def test_decode(raw: bytes, name: str) -> None:
    assert decode(raw) == name


@given(st.text(st.characters(exclude_categories=("C", "Z")), min_size=1))
def test_decode_undoes_encode(name: str) -> None:
    assert decode(encode(name)) == name


@given(st.lists(st.binary(min_size=1, max_size=8), unique=True, max_size=12))
def test_any_bytes_give_distinct_names_and_lose_no_folder(raw: list[bytes]) -> None:
    found = chosen_folders(rows(*raw), PLAIN)
    assert len({folder.name for folder in found}) == len(found)
    assert sorted(folder.raw for folder in found) == sorted(raw)


def test_names_that_decode_alike_are_told_apart() -> None:
    found = chosen_folders(rows("é".encode(), b"&AOk-"), PLAIN)
    assert {f.raw: f.name for f in found} == {b"&AOk-": "é", "é".encode(): "é [\\xc3\\xa9]"}
    assert found[0].path != found[1].path


@pytest.mark.parametrize("spaces", [COURIER, CYRUS, []])
def test_inbox_prefix_is_not_part_of_the_path(spaces: list[Namespace]) -> None:
    listed = rows(b"INBOX.Sent.2020", b"INBOX", b"INBOX.Sent", delimiter=b".")
    found = chosen_folders(listed, spaces)
    assert [folder.path for folder in found] == [("INBOX",), ("Sent",), ("Sent", "2020")]
    assert [folder.name for folder in found] == ["INBOX", "INBOX.Sent", "INBOX.Sent.2020"]


def test_children_of_the_inbox_keep_it_where_it_is_no_prefix() -> None:
    found = chosen_folders(rows(b"Inbox/A", b"B"), [])
    assert [folder.path for folder in found] == [("B",), ("INBOX", "A")]


def test_a_folder_inbox_below_the_prefix_is_not_the_inbox() -> None:
    found = chosen_folders(rows(b"INBOX", b"INBOX.INBOX", delimiter=b"."), COURIER)
    assert [folder.path for folder in found] == [("INBOX",), ("INBOX", "INBOX")]


def test_other_peoples_folders_are_left_out() -> None:
    listed = rows(b"INBOX", b"INBOX.A", b"shared.x", b"#shared", b"user.bob", delimiter=b".")
    courier = [f.raw for f in chosen_folders(listed, COURIER)]
    assert courier == [b"INBOX", b"INBOX.A", b"user.bob"]
    assert [f.raw for f in chosen_folders(listed, CYRUS)] == [b"INBOX", b"INBOX.A"]


def test_other_namespaces_when_asked_keep_their_prefix() -> None:
    listed = rows(b"INBOX", b"INBOX.Work", b"shared.Work", b"user.bob.Work", delimiter=b".")
    spaces = [*COURIER, Namespace(b"user.", "users")]
    shared = chosen_folders(listed, spaces, frozenset({"personal", "shared"}))
    assert [f.path for f in shared] == [("INBOX",), ("Work",), ("shared", "Work")]
    users = chosen_folders(listed, spaces, frozenset({"users"}))
    assert [f.path for f in users] == [("user", "bob", "Work")]


def test_a_server_that_names_only_the_namespaces_of_others() -> None:
    listed = rows(b"INBOX", b"INBOX.Work", b"Board", b"user.bob", delimiter=b".")
    found = chosen_folders(listed, [Namespace(b"user.", "users"), Namespace(b"", "shared")])
    assert [f.path for f in found] == [("INBOX",), ("Work",)]


def test_the_inbox_is_personal_whatever_the_namespaces_say() -> None:
    (found,) = chosen_folders(rows(b"INBOX", b"x"), [Namespace(b"", "shared")])
    assert found.raw == b"INBOX"


@pytest.mark.parametrize("delimiter", [b"\\", b".", b"/", b"^"])
def test_any_delimiter(delimiter: bytes) -> None:
    (found,) = chosen_folders(rows(b"a" + delimiter + b"b", delimiter=delimiter), PLAIN)
    assert found.path == ("a", "b")


def test_no_delimiter_means_one_level() -> None:
    (found,) = chosen_folders(rows(b"a/b.c", delimiter=b""), PLAIN)
    assert found.path == ("a/b.c",)


def test_inbox_in_any_case_is_one_folder() -> None:
    listed = [Row(b"INBOX", b"/", frozenset({"\\a"})), Row(b"INBOX", b"/", frozenset({"\\b"}))]
    (found,) = chosen_folders(listed, PLAIN)
    assert found.attributes == {"\\a", "\\b"}
    response = Response(b"*", [b'LIST () "/" Inbox'])
    assert row(response) == Row(b"INBOX", b"/", frozenset())
