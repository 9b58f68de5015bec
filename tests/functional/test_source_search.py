"""SEARCH on a scripted server, and what the scan learns of a message's parts."""

from __future__ import annotations

import pytest

from migrate.errors import SourceError
from migrate.source import Folder, Part

from .conftest import OpenSource
from .scripted_imap import OK, ScriptedImap
from .source_errors import raised

INBOX = Folder(b"INBOX", "INBOX", ("INBOX",), frozenset())
STRUCTURE = b'BODYSTRUCTURE ("TEXT" "PLAIN" ("NAME" "a.exe") NIL NIL "7BIT" 1 1)'
PARTS = (Part("text/plain", "a.exe", "7bit", 1),)


def test_search(scripted: ScriptedImap, open_source: OpenSource) -> None:
    scripted.on(b"UID SEARCH", b"* SEARCH 2 3\r\n* 9 EXISTS\r\n* SEARCH 7\r\n" + OK)
    source = open_source(scripted.login)
    source.examine(INBOX)
    assert source.search("NOT KEYWORD $Private") == {2, 3, 7}
    assert source.search('NOT (SUBJECT "予定") SEEN') == {2, 3, 7}
    asked = [command for command in scripted.commands if b"SEARCH" in command]
    assert asked == [
        b"UID SEARCH NOT KEYWORD $Private",
        b"UID SEARCH CHARSET UTF-8 NOT (SUBJECT {6}\r\n" + "予定".encode() + b") SEEN",
    ]


def test_a_search_that_the_server_does_not_understand(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    source = open_source(scripted.login)
    source.examine(INBOX)
    scripted.on(b"UID SEARCH", b"TAG NO [BADCHARSET (US-ASCII)] no\r\n")
    error = raised(lambda: source.search("SUBJECT 予定"))
    assert isinstance(error, SourceError) and error.code == "source-search-refused"
    assert raised(lambda: source.search("ALL\r\nDELETE x")).code == "source-search-invalid"
    assert source.folders()  # the session goes on


def test_a_search_of_a_huge_folder_is_asked_for_in_ranges(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    scripted.examined = b"* 120000 EXISTS\r\n"
    uids = (b"* %d FETCH (UID %d)\r\n" % (n, n + 5) for n in range(1, 120_001))
    scripted.on(rb"UID FETCH 1:\*", b"".join(uids) + OK)
    for first in (6, 50_006, 100_006):
        answer = b"* SEARCH %d\r\n" % (first + 1) + OK
        scripted.on(rb"UID SEARCH (CHARSET UTF-8 )?UID %d:" % first, answer)
    source = open_source(scripted.login)
    source.examine(INBOX)
    assert source.search("SEEN") == {7, 50_007, 100_007}
    assert source.search("SUBJECT é") == {7, 50_007, 100_007}


def test_an_empty_folder_is_not_searched(scripted: ScriptedImap, open_source: OpenSource) -> None:
    scripted.examined = b"* 0 EXISTS\r\n"
    scripted.on(b"UID SEARCH", b"TAG BAD empty\r\n")
    source = open_source(scripted.login)
    source.examine(INBOX)
    assert source.search("SEEN") == set()


def test_parts_only_when_asked_for(scripted: ScriptedImap, open_source: OpenSource) -> None:
    scripted.mail = {1: STRUCTURE}
    source = open_source(scripted.login)
    assert [each.parts for each in source.scan([1], structure=True)] == [PARTS]
    scripted.commands.clear()
    list(source.scan([1]))
    assert not any(b"BODYSTRUCTURE" in command for command in scripted.commands)


@pytest.mark.parametrize("ever", [True, False])
def test_a_server_that_fails_at_structures(
    scripted: ScriptedImap, open_source: OpenSource, ever: bool
) -> None:
    scripted.mail = dict.fromkeys(range(1, 31), b"RFC822.SIZE 5")
    for uid in scripted.mail:
        answer = b"* %d FETCH (UID %d %s)\r\n" % (uid, uid, STRUCTURE) + OK
        scripted.on(rb"UID FETCH %d \(UID BODYSTR" % uid, answer)
    scripted.on(b"UID FETCH .*SIZE.* BODYSTRUCTURE", b"TAG BAD too much\r\n")
    scripted.on(
        rb"UID FETCH \S+[:,]\S+ \(UID BODYSTR" if ever else rb"UID FETCH \S+ \(UID BODYSTR",
        b"TAG NO internal error\r\n",
    )
    found = list(open_source(scripted.login).scan(range(1, 31), structure=True))
    assert [(each.uid, each.size) for each in found] == [(uid, 5) for uid in range(1, 31)]
    assert {each.parts for each in found} == {PARTS if ever else None}
    alone = [c for c in scripted.commands if b"(UID BODYSTRUCTURE)" in c]
    assert len(alone) == (31 if ever else 11)
