"""Servers that lie about lengths, break off anywhere, or turn us away for a while."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from migrate.errors import FetchRefused, SourceError, SourceLost
from migrate.source import Folder
from migrate.source.gate import Gate
from migrate.source.imap import ImapSource
from migrate.source.trouble import Trouble

from .conftest import OpenSource
from .dovecot import free_port
from .scripted_imap import HANG, HANG_UP, OK, ScriptedImap, body
from .source_errors import raised
from .test_source_fetch import outcome
from .test_source_trouble import again

INBOX = Folder(b"INBOX", "INBOX", ("INBOX",), frozenset())
MESSAGE = b"Subject: x\r\n\r\nHello\r\n (all) of you\r\n\r\n* 7 FETCH\r\n"


@pytest.mark.parametrize(
    ("told", "size"),
    [
        (b"0", 0),
        (b"-5", 0),
        (b"1", 1),
        (b"NIL", 0),
        (b"4294967296", 1 << 32),
        (b"1099511627777", 0),
        (b"9223372036854775807", 0),
        (b"9" * 30, 0),
    ],
)
def test_sizes_that_lie(
    scripted: ScriptedImap, open_source: OpenSource, told: bytes, size: int
) -> None:
    scripted.mail = {n: b"RFC822.SIZE " + told + b" " + body(MESSAGE) for n in (1, 2, 3)}
    source = open_source(scripted.login)
    sizes = [each.size for each in source.scan([1, 2, 3])]
    assert sizes == [size] * 3
    assert outcome(source, 1, 2, 3, hint=size) == dict.fromkeys((1, 2, 3), MESSAGE)


@pytest.mark.parametrize("length", sorted({*range(len(MESSAGE) + 25)} - {len(MESSAGE)}))
def test_a_literal_of_another_length_than_it_says_is_never_delivered(
    scripted: ScriptedImap, open_source: OpenSource, length: int
) -> None:
    lie = b"* 2 FETCH (UID 2 BODY[] {%d}\r\n" % length + MESSAGE + b")\r\n"
    scripted.mail = {1: body(b"one"), 2: b"FLAGS ()", 3: body(b"three")}
    other = [b"* %d FETCH (UID %d %s)\r\n" % (uid, uid, scripted.mail[uid]) for uid in (1, 3)]
    scripted.on(rb"UID FETCH 1:3 \(UID BODY", other[0] + lie + other[1] + OK)
    scripted.on(rb"UID FETCH 2 \(UID BODY", lie + OK)
    trouble = Trouble()
    found: dict[int, object] = {}

    def fetch(source: ImapSource) -> None:
        for each in source.fetch([(uid, 0) for uid in (1, 2, 3) if uid not in found]):
            if isinstance(each.body, FetchRefused):
                found[each.uid] = each.body.code
            else:
                found[each.uid] = b"".join(each.body.chunks())

    again(lambda: open_source(scripted.impatient_login, trouble=trouble), fetch)
    assert found == {1: b"one", 2: "source-fatal-message", 3: b"three"}


@pytest.mark.parametrize(
    "end", [b")", b" )", b" UID 1)", b" FLAGS (\\Seen) UID 1)", b" uid 1 X-GM-LABELS (a b) ) "]
)
def test_what_may_come_after_a_body(
    scripted: ScriptedImap, open_source: OpenSource, end: bytes
) -> None:
    scripted.on(b"UID FETCH", b"* 1 FETCH (UID 1 " + body(b"1") + end + b"\r\n" + OK)
    assert outcome(open_source(scripted.login), 1) == {1: b"1"}


def use(source: ImapSource) -> None:
    """Everything that a source can be asked for."""
    (inbox,) = source.folders()
    source.examine(inbox)
    uids = source.uids()
    source.flags()
    source.flags(5)
    source.search("ALL")
    list(source.scan(uids, structure=True))
    for fetched in source.fetch([(uid, 0) for uid in uids]):
        assert not isinstance(fetched.body, FetchRefused)
        fetched.body.discard()
    source.folders()
    source.wait(0.01, threading.Event())
    source.close()


COMMANDS = [
    b"CAPABILITY",
    b"ID",
    b"LOGIN",
    b"ENABLE",
    b"NAMESPACE",
    b"NOOP",
    b"EXAMINE",
    rb"UID FETCH 1:\* \(UID\)",
    rb"UID FETCH 1:\* \(UID FLAGS\)$",
    rb"UID FETCH 1:\* .*CHANGEDSINCE",
    rb"UID SEARCH",
    rb"UID FETCH 1 \(UID FLAGS INTERNALDATE",
    rb"UID FETCH 1 \(UID BODY.PEEK\[\]",
    b"IDLE",
    b"DONE",
]
BYE = b"* BYE [UNAVAILABLE] going down\r\n"


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("answer", [BYE + HANG_UP, BYE, b"* OK\r\n" + BYE + OK + HANG_UP, HANG_UP])
def test_a_farewell_at_any_place(
    scripted: ScriptedImap, open_source: OpenSource, command: bytes, answer: bytes
) -> None:
    scripted.capabilities += b" ID NAMESPACE LIST-STATUS CONDSTORE ENABLE QRESYNC IDLE"
    scripted.examined += b"* OK [HIGHESTMODSEQ 9] x\r\n"
    scripted.mail = {1: b"FLAGS () RFC822.SIZE 9 " + body(MESSAGE)}
    use(open_source(scripted.login))
    asked = len(scripted.commands)
    gate = Gate("host")
    gate.reached = True
    scripted.on(command, answer, times=1)
    lost = raised(lambda: use(open_source(scripted.impatient_login, gate=gate)))
    assert isinstance(lost, SourceLost)
    use(open_source(scripted.login))
    assert len(scripted.commands) > asked


@pytest.mark.parametrize("command", [b"LIST", b"LOGOUT"])
def test_a_farewell_that_costs_nothing(
    scripted: ScriptedImap, open_source: OpenSource, command: bytes
) -> None:
    scripted.on(command, BYE + HANG_UP, times=1)
    use(open_source(scripted.login))


def nobody(scripted: ScriptedImap) -> None:
    scripted.greeting = HANG_UP


def silent(scripted: ScriptedImap) -> None:
    scripted.greeting = HANG


@pytest.mark.parametrize("outage", [nobody, silent])
def test_a_server_that_was_there_may_come_back(
    scripted: ScriptedImap, open_source: OpenSource, outage: Callable[[ScriptedImap], None]
) -> None:
    login, gate = scripted.impatient_login, Gate("host")
    outage(scripted)
    # At first it may be the settings that are wrong …
    first = raised(lambda: open_source(login, gate=gate))
    assert isinstance(first, SourceError) and not isinstance(first, SourceLost)
    scripted.greeting = b"* OK ready\r\n"
    open_source(login, gate=gate)
    # … but not once it has been reached.
    outage(scripted)
    then = raised(lambda: open_source(login, gate=gate))
    assert isinstance(then, SourceLost) and then.code == first.code
    closed = replace(login, port=free_port())
    assert isinstance(raised(lambda: open_source(closed, gate=gate)), SourceLost)


@pytest.mark.parametrize(
    ("number", "passes"), [(socket.EAI_AGAIN, True), (socket.EAI_NONAME, False)]
)
def test_names_that_are_not_found_for_the_moment(
    scripted: ScriptedImap,
    open_source: OpenSource,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    passes: bool,
) -> None:
    gate = Gate("host")
    open_source(scripted.login, gate=gate)

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(number, "no answer")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = raised(lambda: open_source(scripted.login, gate=gate))
    assert error.code == "source-unknown-host" and isinstance(error, SourceLost) is passes


def test_messages_that_are_expunged_under_us(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    scripted.examined = b"* 4 EXISTS\r\n"
    scripted.mail = {n: b"FLAGS () RFC822.SIZE 9 " + body(b"%d" % n) for n in (1, 2, 3, 4)}
    source = open_source(scripted.login)
    source.examine(INBOX)
    uids = source.uids()
    del scripted.mail[2]
    assert [each.uid for each in source.scan(uids)] == [1, 3, 4]
    del scripted.mail[3]
    gone = b"* 2 EXPUNGE\r\n* VANISHED 3\r\n"
    scripted.on(
        rb"UID FETCH 1:4 \(UID BODY",
        b"* 1 FETCH (UID 1 "
        + body(b"1")
        + b")\r\n"
        + gone
        + b"TAG NO [EXPUNGEISSUED] some are gone\r\n",
    )
    assert outcome(source, *uids) == {1: b"1", 4: b"4"}
    assert source.flags().flags.keys() == {1, 4}
