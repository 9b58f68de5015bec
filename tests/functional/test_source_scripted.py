"""Folders, states and scans of servers that do what Dovecot never does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from migrate.errors import SourceLost
from migrate.source import Folder, FolderState

from .conftest import OpenSource
from .scripted_imap import HANG, HANG_UP, OK, ScriptedImap, literal
from .source_errors import raised

INBOX = Folder(b"INBOX", "INBOX", ("INBOX",), frozenset())
HEADER = b"BODY[HEADER.FIELDS (MESSAGE-ID REFERENCES)] "


def test_folder_names_of_all_kinds(scripted: ScriptedImap, open_source: OpenSource) -> None:
    raw = {
        b"INBOX": b"inbox",
        b'a "b" \\c': rb'"a \"b\" \\c"',
        b"line\r\nbreak": literal(b"line\r\nbreak"),
        b"plain%*": b'"plain%*"',
        b"\xe9&broken": b'"\xe9&broken"',
        b"007": b"007",
        b"": b'""',
        b"NIL": b'"NIL"',
    }
    scripted.folders = b"".join(b'* LIST () "\\\\" %s\r\n' % wire for wire in raw.values())
    source = open_source(scripted.login)
    folders = source.folders()
    assert {folder.raw for folder in folders} == set(raw)
    assert folders[0] == INBOX
    for folder in folders:
        source.examine(folder)
    examined = [c.removeprefix(b"EXAMINE ") for c in scripted.commands if c.startswith(b"EXAMINE")]
    quoted = {b"INBOX": b'"INBOX"', b"007": b'"007"', b"\xe9&broken": literal(b"\xe9&broken")}
    assert examined == [quoted.get(f.raw, raw[f.raw]) for f in folders]


def test_a_flat_server(scripted: ScriptedImap, open_source: OpenSource) -> None:
    scripted.folders = b'* LIST (\\Noselect) NIL a/b\r\n* LIST () nil "c.d"\r\n'
    a, c = open_source(scripted.login).folders()
    assert (a.path, a.selectable) == (("a/b",), False)
    assert (c.path, c.selectable) == (("c.d",), True)


def test_namespaces(scripted: ScriptedImap, open_source: OpenSource) -> None:
    scripted.capabilities += b" NAMESPACE"
    scripted.on(
        b"NAMESPACE",
        b'* NAMESPACE (("INBOX." ".")("#mh/" "/" "X" ("y"))) NIL (("shared." "."))\r\n' + OK,
    )
    scripted.folders = b'* LIST () "." INBOX\r\n* LIST () "." INBOX.A\r\n* LIST () "." shared.b\r\n'
    scripted.on(b'LIST "" "#mh/\\*"', b'* LIST () "/" #mh/c\r\n' + OK)
    folders = open_source(scripted.login).folders()
    assert [folder.path for folder in folders] == [("INBOX",), ("A",), ("c",)]
    scripted.on(
        b"NAMESPACE", b'* NAMESPACE (("INBOX." ".")) (("~" "/")) (("shared." "."))\r\n' + OK
    )
    assert not any(b'"~*"' in command for command in scripted.commands)
    scripted.on(b'LIST "" "~\\*"', b'* LIST () "/" ~bob/d\r\n' + OK)
    folders = open_source(scripted.login, namespaces=("personal", "users")).folders()
    assert [folder.path for folder in folders] == [("INBOX",), ("A",), ("~bob", "d")]


@pytest.mark.parametrize("answer", [b"TAG BAD unknown\r\n", b"* NAMESPACE garbage\r\n" + OK])
def test_namespace_that_fails(
    scripted: ScriptedImap, open_source: OpenSource, answer: bytes
) -> None:
    scripted.capabilities += b" NAMESPACE"
    scripted.on(b"NAMESPACE", answer)
    assert open_source(scripted.login).folders() == [INBOX]


@pytest.mark.parametrize(
    ("capability", "command", "answer"),
    [
        (b"SPECIAL-USE", rb"LIST \(SPECIAL-USE\)", b'* LIST (\\Junk) "/" Spam\r\n' + OK),
        (b"XLIST", rb"XLIST", b'* XLIST (\\Spam) "/" Spam\r\n' + OK),
    ],
)
def test_special_uses_by_another_command(
    scripted: ScriptedImap,
    open_source: OpenSource,
    capability: bytes,
    command: bytes,
    answer: bytes,
) -> None:
    scripted.capabilities += b" " + capability
    scripted.folders = b'* LIST (\\HasNoChildren) "/" Spam\r\n'
    scripted.on(command, answer)
    (spam,) = open_source(scripted.login).folders()
    assert spam.attributes == {"\\hasnochildren", "\\junk"}
    scripted.on(command, b"TAG BAD no\r\n")
    (spam,) = open_source(scripted.login).folders()
    assert spam.attributes == {"\\hasnochildren"}


def test_states(scripted: ScriptedImap, open_source: OpenSource) -> None:
    source = open_source(scripted.login)
    scripted.examined = b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 9]\r\n"
    assert source.examine(INBOX) == FolderState(7, 3, 9, None)
    scripted.examined = b"* 3 EXISTS\r\n* OK [UIDVALIDITY 8] changed\r\n* OK [HIGHESTMODSEQ 5]\r\n"
    assert source.examine(INBOX) == FolderState(8, 3, None, 5)
    scripted.examined = b"* NO disk is nearly full {3}\r\n"
    assert source.examine(INBOX) == FolderState(0, 0, None, None)
    assert source.uids() == []
    assert not any(command.startswith(b"UID FETCH 1:*") for command in scripted.commands)


def test_uids_of_a_huge_folder(scripted: ScriptedImap, open_source: OpenSource) -> None:
    count = 200_000  # one SEARCH line of them would be longer than imaplib reads
    scripted.on(
        rb"UID FETCH 1:\*",
        b"".join(b"* %d FETCH (UID %d)\r\n" % (n, n + 10_000_000) for n in range(1, count + 1))
        + OK,
    )
    source = open_source(scripted.login)
    source.examine(INBOX)
    assert source.uids() == list(range(10_000_001, 10_000_001 + count))


def scan_item(**changes: bytes) -> bytes:
    items = {
        b"FLAGS": b"(\\SEEN $Forwarded \\Recent)",
        b"INTERNALDATE": b'" 7-Feb-1994 21:52:25 +0900"',
        b"RFC822.SIZE": b"123",
        HEADER: literal(b"From: a\r\n\r\n"),
    } | {name.encode().replace(b"_", b"."): value for name, value in changes.items()}
    return b" ".join(name + b" " + value for name, value in items.items() if value)


def test_scan_and_objectid(scripted: ScriptedImap, open_source: OpenSource) -> None:
    scripted.capabilities += b" OBJECTID"
    scripted.mail = {5: scan_item(EMAILID=b"(M9)")}
    source = open_source(scripted.login)
    (listed,) = source.scan([4, 5])
    assert listed.uid == 5
    assert listed.flags == {"\\Seen", "$Forwarded"}
    tokyo = timezone(timedelta(hours=9))
    assert listed.internal_date == datetime(1994, 2, 7, 21, 52, 25, tzinfo=tokyo)
    assert (listed.size, listed.email_id) == (123, "M9")
    assert listed.header == b"From: a\r\n\r\n"
    asked = next(command for command in scripted.commands if b"HEADER" in command)
    assert b"EMAILID" in asked and b"BODY.PEEK[HEADER.FIELDS (MESSAGE-ID " in asked


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        (b'"01-Jan-2020 00:00:00 -0000"', datetime(2020, 1, 1, tzinfo=UTC)),
        (b'"30-Dec-1899 00:00:00 +0000"', None),
        (b'"99-Foo-2020 00:00:00 +0000"', None),
        (b'"01-Jan-2020 25:61:00 +0000"', None),
        (b'"01-Jan-2020 00:00:00 +9999"', None),
        (b'"01-Jan-0001 00:00:00 +1400"', None),
        (b'""', None),
        (b"NIL", None),
        (b"", None),
    ],
)
def test_internal_dates(
    scripted: ScriptedImap, open_source: OpenSource, date: bytes, expected: datetime | None
) -> None:
    scripted.mail = {1: scan_item(INTERNALDATE=date)}
    (listed,) = open_source(scripted.login).scan([1])
    assert listed.internal_date == expected


def test_scan_misses_what_is_missing(scripted: ScriptedImap, open_source: OpenSource) -> None:
    scripted.mail = {1: b"FLAGS NIL RFC822.SIZE NIL INTERNALDATE NIL " + HEADER + b"NIL"}
    (listed,) = open_source(scripted.login).scan([1])
    assert (listed.flags, listed.size, listed.header) == (frozenset(), 0, b"")


def test_scan_among_unsolicited_responses(scripted: ScriptedImap, open_source: OpenSource) -> None:
    scripted.on(
        b"UID FETCH",
        b"* 9 EXISTS\r\n* 4 FETCH (FLAGS (\\Deleted))\r\n* OK still here {3}\r\n"
        b"* 2 FETCH (UID 77 FLAGS (\\Deleted))\r\n* 3 EXPUNGE\r\n"
        b"* 1 FETCH (" + HEADER + literal(b"From: a\r\n\r\n") + b" UID 1)\r\n"
        b"* 1 FETCH (UID 1 FLAGS (\\Flagged) RFC822.SIZE 5)\r\n" + OK,
    )
    (listed,) = open_source(scripted.login).scan([1])
    assert listed.flags == {"\\Flagged"}
    assert (listed.size, listed.header) == (5, b"From: a\r\n\r\n")


def test_a_refused_chunk_is_scanned_one_by_one(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    scripted.mail = {uid: scan_item() for uid in (1, 2, 3)}
    scripted.refused = {2}
    one, two, three = open_source(scripted.login).scan([1, 2, 3, 4])
    assert (one.size, three.size) == (123, 123)
    # It is there, so it stays in the accounts; its fetch will be refused and say why.
    assert (two.uid, two.size, two.header) == (2, 0, b"")


def test_a_huge_header_is_cut(scripted: ScriptedImap, open_source: OpenSource, spool: Path) -> None:
    scripted.mail = {1: HEADER + literal(b"Received: x\r\n" * 100_000)}
    (listed,) = open_source(scripted.login).scan([1])
    assert listed.header.startswith(b"Received: x\r\n") and len(listed.header) < 1_000_000
    assert list(spool.iterdir()) == []


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"* BYE shutting down\r\n" + HANG_UP, "source-lost"),
        (b"* 1 FETCH (UID 1 FLA" + HANG_UP, "source-lost"),
        (b"* 1 FETCH (UID 1 " + HEADER + b"{100}\r\nshort" + HANG_UP, "source-lost"),
        (HANG, "source-timeout"),
        (b"* " + b"x" * 1_100_000 + b"\r\n" + OK, "source-lost"),
    ],
)
def test_a_broken_session_is_lost_for_good(
    scripted: ScriptedImap, open_source: OpenSource, answer: bytes, code: str
) -> None:
    scripted.on(b"UID FETCH", answer)
    source = open_source(scripted.impatient_login if answer == HANG else scripted.login)
    lost = raised(lambda: list(source.scan([1])))
    assert isinstance(lost, SourceLost) and lost.code == code
    assert isinstance(raised(source.folders), SourceLost)
    source.close()
