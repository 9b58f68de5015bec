"""States and flags of servers that claim what they don't do, or say it in their own way."""

from __future__ import annotations

import tracemalloc

import pytest

from migrate.errors import FolderRefused, SourceLost
from migrate.source import Flags, Folder, FolderState
from migrate.source.imap import ImapSource
from migrate.source.trouble import Trouble

from .conftest import OpenSource
from .scripted_imap import HANG_UP, OK, ScriptedImap, literal
from .source_errors import raised

INBOX = Folder(b"INBOX", "INBOX", ("INBOX",), frozenset())
SEEN, NONE = frozenset({"\\Seen"}), frozenset[str]()
BAD = b"TAG BAD what?\r\n"
FOLDERS = b'* LIST () "/" INBOX\r\n* LIST () "/" A\r\n* LIST (\\Noselect) "/" B\r\n'
IN_LIST = rb"LIST .* RETURN"


def status(name: bytes, items: bytes = b"MESSAGES 3 UIDNEXT 9 UIDVALIDITY 7") -> bytes:
    return b"* STATUS %s (%s)\r\n" % (name, items)


def statuses(source: ImapSource) -> dict[str, FolderState | None]:
    assert source.unlisted == ()
    return {folder.name: folder.status for folder in source.folders()}


def asked(scripted: ScriptedImap, word: bytes) -> list[bytes]:
    return [command for command in scripted.commands if command.startswith(word)]


def test_states_come_with_the_list(scripted: ScriptedImap, open_source: OpenSource) -> None:
    scripted.capabilities += b" CONDSTORE LIST-STATUS SPECIAL-USE"
    scripted.on(
        IN_LIST,
        status(b"Inbox", b"uidvalidity 7 messages 3 highestmodseq 5 x (y) uidnext 9")
        + FOLDERS
        + b'* LIST (\\Sent) "/" {5}\r\n\xe9\r\n.:\r\n'
        + b"* STATUS {5}\r\n\xe9\r\n.: (MESSAGES 1 UIDVALIDITY 2 HIGHESTMODSEQ 0)\r\n"
        + OK,
    )
    found = statuses(open_source(scripted.login))
    assert found["INBOX"] == FolderState(7, 3, 9, 5)
    assert found["\\xe9\\r\\n.:"] == FolderState(2, 1)
    assert (found["A"], found["B"]) == (None, None)
    assert asked(scripted, b"LIST") == [
        b'LIST "" "*" RETURN (SPECIAL-USE STATUS (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ))'
    ]
    assert asked(scripted, b"STATUS") == []


@pytest.mark.parametrize(
    "items",
    [b"MESSAGES 3", b"UIDVALIDITY 7", b"MESSAGES NIL UIDVALIDITY 7", b"MESSAGES 3 UIDVALIDITY 0"],
)
def test_half_a_state_is_none(
    scripted: ScriptedImap, open_source: OpenSource, items: bytes
) -> None:
    scripted.capabilities += b" LIST-STATUS"
    scripted.on(IN_LIST, FOLDERS + status(b"INBOX", items) + status(b"A") + OK)
    found = statuses(open_source(scripted.login))
    assert found == {"INBOX": None, "A": FolderState(7, 3, 9), "B": None}


@pytest.mark.parametrize(
    "answer", [BAD, b"TAG NO not now\r\n", FOLDERS[:21] + BAD, b"* LIST () " + HANG_UP, HANG_UP]
)
def test_a_list_with_states_that_fails_costs_nothing(
    scripted: ScriptedImap, open_source: OpenSource, answer: bytes
) -> None:
    scripted.capabilities += b" LIST-STATUS"
    scripted.folders = FOLDERS
    scripted.on(IN_LIST, answer)
    source = open_source(scripted.login)
    assert statuses(source) == {"INBOX": None, "A": None, "B": None}
    assert asked(scripted, b"LIST")[1:] == [b'LIST "" "*"']
    assert source.examine(INBOX).exists == 1


def test_states_one_by_one_where_they_say_all(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    scripted.capabilities += b" CONDSTORE"
    names = [b"n%d" % n for n in range(50)]
    scripted.folders = FOLDERS + b"".join(b'* LIST () "/" %s\r\n' % name for name in names)
    scripted.folders += b'* LIST () "/" ' + literal(b"\xe9") + b"\r\n"
    for name in names:
        scripted.on(b'STATUS "%s"' % name, status(name, b"MESSAGES 3 UIDVALIDITY 7") + OK)
    scripted.on(b'STATUS "A"', b"TAG NO gone\r\n")
    scripted.on(b'STATUS "n7"', b"* 3 EXISTS\r\n* NO gone\r\n" + OK)
    found = statuses(open_source(scripted.login))
    told = {name for name, state in found.items() if state}
    assert told == {name.decode() for name in names if name != b"n7"}
    assert len(asked(scripted, b"STATUS")) == 52  # not of B, which can't be opened, and \xe9


@pytest.mark.parametrize("answer", [BAD, HANG_UP, b"* BYE\r\n" + HANG_UP])
def test_states_one_by_one_that_fail_cost_little(
    scripted: ScriptedImap, open_source: OpenSource, answer: bytes
) -> None:
    scripted.capabilities += b" CONDSTORE"
    scripted.folders += b"".join(b'* LIST () "/" n%d\r\n' % n for n in range(100))
    scripted.on(b"STATUS", answer)
    source = open_source(scripted.login)
    assert set(statuses(source).values()) == {None}
    assert len(asked(scripted, b"STATUS")) < 30
    assert source.examine(INBOX).exists == 1


def opened(
    open_: OpenSource, scripted: ScriptedImap, more: bytes = b"", **known: int
) -> ImapSource:
    """A source with an open folder of three messages, UIDNEXT 9 and mod-sequences up to 50."""
    scripted.capabilities += b" CONDSTORE" + more
    codes = {"UIDVALIDITY": 7, "UIDNEXT": 9, "HIGHESTMODSEQ": 50} | known
    states = b"".join(b"* OK [%s %d]\r\n" % (k.encode(), v) for k, v in codes.items() if v)
    scripted.examined = b"* 3 EXISTS\r\n" + states
    source = open_(scripted.login)
    source.examine(INBOX)
    scripted.commands.clear()
    return source


MAIL = {1: b"FLAGS ()", 2: b"FLAGS (\\Seen)", 8: b"FLAGS (\\seen \\Recent)"}
ALL = Flags({1: NONE, 2: SEEN, 8: SEEN}, whole=True)


@pytest.mark.parametrize("since", [None, 0, 51])
def test_all_flags(scripted: ScriptedImap, open_source: OpenSource, since: int | None) -> None:
    source = opened(open_source, scripted)
    scripted.mail = MAIL
    assert source.flags(since) == ALL
    assert scripted.commands == [b"UID FETCH 1:* (UID FLAGS)"]
    scripted.examined = b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7]\r\n* OK [NOMODSEQ] none kept\r\n"
    source.examine(INBOX)
    assert source.flags(5) == ALL


@pytest.mark.parametrize("more", [b"", b" QRESYNC", b" QRESYNC ENABLE"])
def test_a_server_that_does_not_know_its_own_extension(
    scripted: ScriptedImap, open_source: OpenSource, more: bytes
) -> None:
    source = opened(open_source, scripted, more)
    scripted.mail = MAIL
    scripted.on(rb".*CHANGEDSINCE", BAD)
    assert source.flags(5) == ALL
    assert len(scripted.commands) == (3 if b"ENABLE" in more else 2)
    # It is not asked again.
    assert source.flags(5) == ALL
    assert len(scripted.commands) == (4 if b"ENABLE" in more else 3)


def test_vanished_is_refused_but_changes_are_not(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    source = opened(open_source, scripted, b" QRESYNC ENABLE")
    scripted.on(rb".*CHANGEDSINCE 5\)", b"* 1 FETCH (UID 2 FLAGS (\\Seen))\r\n" + OK)
    scripted.on(rb".*VANISHED", BAD)
    for _ in range(2):
        assert source.flags(5) == Flags({2: SEEN}, False, None)
    assert len(scripted.commands) == 3


def test_a_folder_whose_changes_are_refused(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    source = opened(open_source, scripted)
    scripted.mail = MAIL
    scripted.on(rb".*CHANGEDSINCE", b"* 1 FETCH (UID 77 FLAGS ())\r\nTAG NO damaged\r\n", times=1)
    assert source.flags(5) == ALL  # of this answer nothing is believed
    scripted.on(rb".*CHANGEDSINCE 6", OK)
    assert source.flags(6) == Flags({}, False, None)


@pytest.mark.parametrize("answer", [OK, b"* ENABLED CONDSTORE\r\n" + OK, BAD])
def test_qresync_that_is_not_enabled_is_not_used(
    scripted: ScriptedImap, open_source: OpenSource, answer: bytes
) -> None:
    scripted.on(b"ENABLE", answer)
    source = opened(open_source, scripted, b" QRESYNC ENABLE")
    scripted.on(rb".*CHANGEDSINCE 5\)", OK)
    assert source.flags(5) == Flags({}, False, None)


def test_examine_that_refuses_condstore(scripted: ScriptedImap, open_source: OpenSource) -> None:
    scripted.on(rb"EXAMINE .*CONDSTORE", BAD)
    source = opened(open_source, scripted, HIGHESTMODSEQ=0)
    assert source.examine(INBOX).exists == 3
    assert asked(scripted, b"EXAMINE") == [b'EXAMINE "INBOX"']
    scripted.on(b"EXAMINE", b"TAG NO not allowed\r\n")
    assert isinstance(raised(lambda: source.examine(INBOX)), FolderRefused)


def test_flags_among_all_kinds_of_responses(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    source = opened(open_source, scripted, b" QRESYNC ENABLE")
    scripted.on(
        rb".*CHANGEDSINCE 5 VANISHED\)",
        b"* VANISHED (EARLIER) 1:3,4294967295,5:4\r\n"
        b"* 9 EXISTS\r\n* OK [HIGHESTMODSEQ 77] moving on\r\n"
        b"* 1 FETCH (MODSEQ (60) FLAGS (\\Seen) UID 2)\r\n"  # named as gone, but there it is
        b"* 2 FETCH (UID 6 MODSEQ 61 FLAGS ($A b\\))\r\n"
        b"* 3 FETCH (FLAGS (\\Deleted))\r\n"  # of whom?
        b"* 3 FETCH (UID 7 MODSEQ (61))\r\n"
        b"* 3 FETCH (uid 8 flags (\\SEEN) modseq (62))\r\n"
        b"* 4 FETCH (UID 10 FLAGS " + literal(b"x") + b")\r\n"
        b"* VANISHED 8\r\n* vanished (earlier) 7\r\n"
        b"* 5 FETCH (UID 99999999999999999999999 FLAGS ())\r\n"
        b"* 2 FETCH (UID 6 FLAGS ($A))\r\n" + OK,
    )
    found = source.flags(5)
    assert found.flags == {2: SEEN, 6: frozenset({"$A"}), 10: NONE}
    assert found.vanished == frozenset({1, 3, 4, 5, 7, 8}) and not found.whole


@pytest.mark.parametrize(
    ("told", "uidnext", "vanished"),
    [
        (b"(EARLIER) 1:4294967295", 9, set(range(1, 9))),
        (b"(EARLIER) 0:2,9:4294967295", 9, {1, 2}),
        (b"(EARLIER) 1:4294967295", 4_000_000_000, None),
        (b"(EARLIER) 1:4294967295", 0, None),
        (b"1:4294967295", 9, set(range(1, 9))),
        (b"(EARLIER) 1:*", 9, None),
        (b"(EARLIER) 1:2,", 9, None),
        (b"(EARLIER) 1:99999999999999999999999999999", 9, None),
        (b"(EARLIER)", 9, None),
    ],
)
def test_what_is_gone_has_bounds(
    scripted: ScriptedImap,
    open_source: OpenSource,
    told: bytes,
    uidnext: int,
    vanished: set[int] | None,
) -> None:
    source = opened(open_source, scripted, b" QRESYNC ENABLE", UIDNEXT=uidnext)
    scripted.on(rb".*VANISHED\)", b"* VANISHED " + told + b"\r\n" + OK)
    tracemalloc.start()
    try:
        assert source.flags(5) == Flags(
            {}, False, None if vanished is None else frozenset(vanished)
        )
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()


def test_messages_whose_flags_are_withheld(scripted: ScriptedImap, open_source: OpenSource) -> None:
    source = opened(open_source, scripted)
    scripted.mail = dict(MAIL)
    refused = b"TAG NO [SERVERBUG] damaged\r\n"
    first = b"* 1 FETCH (UID 1 FLAGS ())\r\n"
    scripted.on(rb"UID FETCH (1:\*|2,8|2:8|2|8) \(UID FLAGS", first + refused)
    assert source.flags() == Flags({1: NONE}, whole=False)
    scripted.on(rb"UID FETCH 8 \(UID FLAGS", b"* 3 FETCH (UID 8 FLAGS (\\Seen))\r\n" + OK)
    assert source.flags() == Flags({1: NONE, 8: SEEN}, whole=False)
    scripted.on(rb"UID FETCH 2 \(UID FLAGS", b"* 2 FETCH (UID 2 FLAGS (\\Seen))\r\n" + OK)
    assert source.flags() == ALL
    scripted.on(rb"UID (FETCH|SEARCH)", refused)
    assert isinstance(raised(source.flags), FolderRefused)


@pytest.mark.parametrize("since", [None, 5])
def test_flags_that_break_the_connection(
    scripted: ScriptedImap, open_source: OpenSource, since: int | None
) -> None:
    trouble = Trouble()
    scripted.mail = dict(MAIL)
    scripted.on(rb"UID FETCH 1:\* \(UID FLAGS|UID FETCH 1:2,8 \(UID FLAGS", HANG_UP)
    scripted.on(rb"UID FETCH .*CHANGEDSINCE", HANG_UP)
    scripted.on(rb"UID FETCH 2 \(UID FLAGS", HANG_UP)
    lost = 0
    while True:
        source = opened(lambda login: open_source(login, trouble=trouble), scripted)
        try:
            found = source.flags(since)
            break
        except SourceLost:
            lost += 1
            assert lost < 9
    assert found == Flags({1: NONE, 8: SEEN}, whole=False)
    assert lost == (5 if since else 4)  # changes, all, a piece, and the message alone twice


def test_flags_of_many_messages_are_shared(scripted: ScriptedImap, open_source: OpenSource) -> None:
    count = 200_000
    kinds = [b"()", b"(\\Seen)", b"(\\Seen $A)", b"($A \\Seen)"]
    source = opened(open_source, scripted)
    scripted.on(
        rb"UID FETCH 1:\*",
        b"".join(
            b"* %d FETCH (UID %d FLAGS %s)\r\n" % (n, n, kinds[n % 4]) for n in range(1, count)
        )
        + OK,
    )
    found = source.flags().flags
    assert len(found) == count - 1 and len({id(each) for each in found.values()}) == 3
