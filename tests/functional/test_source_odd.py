"""Servers that withhold, throttle, or break off: played by a script, one quirk each."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.errors import FolderRefused, SourceLost
from migrate.source import Folder
from migrate.source.gate import Gate

from .conftest import OpenSource
from .scripted_imap import HANG_UP, OK, ScriptedImap, body, literal
from .source_errors import raised
from .test_source_fetch import outcome

INBOX = Folder(b"INBOX", "INBOX", ("INBOX",), frozenset())
HEADER = b"Subject: x\r\nFrom: \xff\r\n\r\n"
TEXT = b"NUL \x00, bare\nLF\r\nand \xfe\r\n"
BUSY = b"TAG NO [UNAVAILABLE] later\r\n"
HINT = b"TAG BAD Request is throttled. Suggested Backoff Time: 299609 milliseconds\r\n"


class Waits(list[float]):
    """How to wait in a test: not at all."""

    def __call__(self, seconds: float) -> bool:
        self.append(seconds)
        return False


def part(uid: int, section: bytes, data: bytes) -> bytes:
    return b"* 1 FETCH (UID %d BODY[%s] %s)\r\n" % (uid, section, data) + OK


def in_parts(scripted: ScriptedImap, header: bytes, text: bytes) -> None:
    scripted.on(rb"UID FETCH 2 \(UID BODY.PEEK\[HEADER\]\)", part(2, b"HEADER", header))
    scripted.on(rb"UID FETCH 2 \(UID BODY.PEEK\[TEXT\]\)", part(2, b"TEXT", text))


@pytest.mark.parametrize("withheld", [b"BODY[] NIL", b'BODY[] ""', body(b""), b"FLAGS ()"])
@pytest.mark.parametrize("spool_over", [1 << 20, 30, 5])
def test_a_body_that_comes_empty_is_asked_for_in_parts(
    scripted: ScriptedImap, open_source: OpenSource, spool: Path, withheld: bytes, spool_over: int
) -> None:
    scripted.mail = {1: body(b"one"), 2: withheld, 3: body(b"three")}
    in_parts(scripted, literal(HEADER), literal(TEXT))
    source = open_source(scripted.login, spool_over=spool_over)
    assert outcome(source, 1, 2, 3) == {1: b"one", 2: HEADER + TEXT, 3: b"three"}
    assert list(spool.iterdir()) == []


@pytest.mark.parametrize(
    ("header", "text", "size", "whole"),
    [
        (HEADER, b"", len(HEADER), True),
        (HEADER, b"", 0, False),  # the size says that there is more, or nothing at all
        (HEADER, b"", 5000, False),
        (HEADER[:-2], TEXT, 0, False),  # where does the header end?
        (HEADER[:-2], TEXT, len(HEADER[:-2] + TEXT), True),
        (HEADER, TEXT, 5000, True),  # sizes lie
        (b"\r\n", TEXT, 0, True),
        (b"Subject: x\n\n", TEXT, 0, True),
        (b"", TEXT, 0, False),
        (b"", TEXT, len(TEXT), True),
        (b"", b"", 0, False),
    ],
)
def test_parts_are_believed_only_if_nothing_is_missing(
    scripted: ScriptedImap,
    open_source: OpenSource,
    header: bytes,
    text: bytes,
    size: int,
    whole: bool,
) -> None:
    scripted.mail = {2: b"BODY[] NIL"}
    in_parts(scripted, literal(header), literal(text))
    found = outcome(open_source(scripted.login), 2, hint=size)
    assert found == {2: header + text if whole else "source-no-body"}


@pytest.mark.parametrize("section", [b"HEADER", b"TEXT"])
@pytest.mark.parametrize("answer", [b"TAG NO broken\r\n", OK, b"* 1 FETCH (UID 2)\r\n" + OK])
def test_half_a_message_is_none(
    scripted: ScriptedImap, open_source: OpenSource, spool: Path, section: bytes, answer: bytes
) -> None:
    scripted.mail = {2: b"BODY[] NIL"}
    in_parts(scripted, literal(HEADER), literal(TEXT))
    scripted.on(rb"UID FETCH 2 \(UID BODY.PEEK\[%s\]" % section, answer)
    source = open_source(scripted.login, spool_over=5)
    assert outcome(source, 2) == {2: "source-no-body"}
    assert list(spool.iterdir()) == []


def test_a_message_that_is_unavailable_for_a_moment(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    scripted.mail = {uid: body(b"%d" % uid) for uid in (1, 2, 3)}
    scripted.on(rb"UID FETCH 1:3 \(UID BODY", BUSY)
    scripted.on(rb"UID FETCH 2 \(UID BODY", BUSY, times=1)
    waits = Waits()
    assert outcome(open_source(scripted.login, wait=waits), 1, 2, 3) == {
        1: b"1",
        2: b"2",
        3: b"3",
    }
    assert waits == [2.0]


def test_a_throttled_fetch_waits_as_long_as_the_server_says(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    scripted.mail = {uid: body(b"%d" % uid) for uid in (1, 2)}
    scripted.on(rb"UID FETCH .*BODY.PEEK\[\]", HINT, times=2)
    waits = Waits()
    assert outcome(open_source(scripted.login, wait=waits), 1, 2) == {1: b"1", 2: b"2"}
    assert waits == [299.609, 299.609]
    scripted.on(rb"UID FETCH .*BODY.PEEK\[\]", b"TAG NO [LIMIT] slow down\r\n", times=1)
    assert outcome(open_source(scripted.login, wait=waits), 1, 2) == {1: b"1", 2: b"2"}
    assert waits[2:] == [2.0]


def test_other_commands_wait_as_well(scripted: ScriptedImap, open_source: OpenSource) -> None:
    waits = Waits()
    source = open_source(scripted.login, wait=waits)
    scripted.on(b"LIST", HINT, times=1)
    scripted.on(b"EXAMINE", BUSY, times=2)
    scripted.on(b"UID SEARCH", b"TAG NO [INUSE] locked\r\n", times=1)
    assert source.folders() == [INBOX]
    assert source.examine(INBOX).exists == 1
    assert source.search("ALL") == set()
    assert source.unlisted == ()
    assert waits == [299.609, 2.0, 8.0, 2.0]


def test_patience_has_an_end(scripted: ScriptedImap, open_source: OpenSource) -> None:
    waits = Waits()
    source = open_source(scripted.login, wait=waits)
    scripted.on(b"EXAMINE", HINT)
    assert isinstance(raised(lambda: source.examine(INBOX)), FolderRefused)
    assert waits == [299.609] * 4
    scripted.on(b"EXAMINE", BUSY)
    for _ in range(9):
        assert isinstance(raised(lambda: source.examine(INBOX)), FolderRefused)
    assert sum(waits[4:]) <= 120


def test_a_wait_that_is_cut_short_ends_the_session(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    source = open_source(scripted.login, wait=lambda _: True)
    scripted.on(b"LIST", HINT)
    lost = raised(source.folders)
    assert isinstance(lost, SourceLost) and lost.params["reason"] == "stopped"
    assert isinstance(raised(source.folders), SourceLost)


@pytest.mark.parametrize("command", [b"LOGIN", b"EXAMINE"])
def test_a_farewell_with_a_hint_is_waited_out(
    scripted: ScriptedImap, open_source: OpenSource, command: bytes
) -> None:
    waits = Waits()
    scripted.on(command, b"* BYE Busy. Suggested Backoff Time: 1500 milliseconds\r\n" + HANG_UP)
    lost = raised(lambda: open_source(scripted.login, wait=waits).examine(INBOX))
    assert isinstance(lost, SourceLost) and waits == [1.5]


def test_a_login_that_is_throttled_is_tried_again_later(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    waits = Waits()
    scripted.on(b"LOGIN", HINT)
    lost = raised(lambda: open_source(scripted.login, wait=waits))
    assert isinstance(lost, SourceLost) and lost.code == "source-busy" and waits == [299.609]


def test_a_header_that_is_left_out_is_asked_for_by_itself(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    scripted.mail = dict.fromkeys((1, 2), b"RFC822.SIZE 9")
    alone = b"* 1 FETCH (UID %d BODY[HEADER.FIELDS (FROM)] {11}\r\nFrom: a\r\n\r\n)\r\n"
    scripted.on(rb"UID FETCH 1:2 \(UID BODY.PEEK", alone % 1 + alone % 2 + OK)
    found = list(open_source(scripted.login).scan([1, 2]))
    assert [(each.size, each.header) for each in found] == [(9, b"From: a\r\n\r\n")] * 2


def test_a_provider_that_is_asked_one_thing_at_a_time(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    source = open_source(scripted.login, provider="icloud")
    list(source.scan([1], structure=True))
    asked = [c for c in scripted.commands if c.startswith(b"UID FETCH")]
    forms = [b"SIZE" in c or 2 * (b"HEADER" in c) or 3 * (b"STRUCTURE" in c) for c in asked[:3]]
    assert forms == [True, 2, 3]


def test_a_line_of_megabytes_costs_a_value_and_not_the_session(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    leaf = b'("A" "B" NIL NIL NIL "7BIT" 1)'
    scripted.mail = {
        1: b"RFC822.SIZE 7 BODYSTRUCTURE (%s) BODY[HEADER.FIELDS (FROM)] " % (leaf * 90_000)
        + literal(b"From: cut off\r\n\r\n"),
        2: b"RFC822.SIZE 8 BODYSTRUCTURE " + leaf,
    }
    one, two = open_source(scripted.login).scan([1, 2], structure=True)
    assert (one.uid, one.size, one.parts) == (1, 7, None)
    assert two.size == 8 and two.parts and two.parts[0].type == "a/b"


def test_uids_by_the_index_where_the_messages_fail(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    scripted.examined = b"* 3 EXISTS\r\n"
    source = open_source(scripted.login)
    source.examine(INBOX)
    one = b"* 1 FETCH (UID 4)\r\n"
    for answer in (one + b"TAG NO damaged\r\n", one + OK):
        scripted.on(rb"UID FETCH 1:\*", answer)
        scripted.on(rb"UID SEARCH 1:3", b"* SEARCH 4 7 9\r\n" + OK)
        assert source.uids() == [4, 7, 9]
    scripted.on(rb"UID SEARCH", b"TAG NO damaged\r\n")
    assert source.uids() == [4]
    scripted.on(rb"UID FETCH 1:\*", b"TAG NO damaged\r\n")
    refused = raised(source.uids)
    assert isinstance(refused, FolderRefused) and refused.params["folder"] == "INBOX"


def test_connections_are_limited_where_the_server_limits_them(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    scripted.greeting = b"* OK Courier-IMAP ready. Copyright 1998-2018\r\n"
    gate = Gate("host")
    sources = [open_source(scripted.login, gate=gate) for _ in range(4)]
    assert sources[0].provider.id == "courier"
    # Nobody waits in vain: `wait` says that all is to end.
    assert isinstance(
        raised(lambda: open_source(scripted.login, gate=gate, wait=lambda _: True)), SourceLost
    )
    for source in (sources[0], sources[0]):
        source.close()
    open_source(scripted.login, gate=gate)
    with pytest.raises(SourceLost):
        open_source(scripted.login, gate=gate, wait=lambda _: True)


def test_a_login_that_fails_leaves_its_place(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    gate = Gate("host")
    scripted.on(b"LOGIN", b"TAG NO wrong\r\n", times=1)
    raised(lambda: open_source(scripted.login, gate=gate))
    open_source(scripted.login, gate=gate)
