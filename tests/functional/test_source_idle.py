"""Waiting in a folder until something happens there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from migrate.errors import SourceLost
from migrate.source import Folder, idling
from migrate.source.imap import ImapSource

from .certificate import Certificate
from .conftest import OpenSource
from .dovecot import Dovecot
from .scripted_imap import HANG, HANG_UP, OK, ScriptedImap, literal, scripted_imap
from .source_errors import raised
from .test_source_following import another

INBOX = Folder(b"INBOX", "INBOX", ("INBOX",), frozenset())
LONG = 20.0


@contextmanager
def later(do: Callable[[], object], seconds: float = 0.3) -> Iterator[None]:
    timer = threading.Timer(seconds, do)
    timer.start()
    try:
        yield
    finally:
        timer.join()


def waited(
    source: ImapSource, seconds: float = LONG, stop: threading.Event | None = None
) -> tuple[bool, float]:
    """What `wait` says, and after how many seconds."""
    begin = time.monotonic()
    happened = source.wait(seconds, stop or threading.Event())
    return happened, time.monotonic() - begin


@pytest.mark.dovecot
@pytest.mark.parametrize("security", ["tls", "insecure-plaintext"])
def test_dovecot_tells_what_happens(
    dovecot: Dovecot, mailbox_user: str, open_source: OpenSource, security: str
) -> None:
    with another(dovecot, mailbox_user) as client:
        login = dovecot.login(mailbox_user)
        if security != "tls":
            login = replace(login, port=dovecot.imap_port, security="insecure-plaintext")
        source = open_source(login)
        source.folders()
        acts: list[Callable[[], object]] = [
            lambda: client.append(b"INBOX", b"Subject: new\r\n\r\n"),
            lambda: client.run(b"UID STORE 1 +FLAGS (\\Deleted)"),
            lambda: client.run(b"EXPUNGE"),
        ]
        for act in acts:
            source.examine(INBOX)
            with later(act):
                happened, seconds = waited(source)
            assert happened and seconds < 5
        source.examine(INBOX)
        happened, seconds = waited(source, 1.2)
        assert not happened and 1.2 <= seconds < 3
        stop = threading.Event()
        with later(stop.set):
            happened, seconds = waited(source, stop=stop)
        assert not happened and seconds < 2
        assert source.examine(INBOX).exists == 6 and len(source.flags().flags) == 6


def opened(open_: OpenSource, scripted: ScriptedImap) -> ImapSource:
    scripted.capabilities += b" IDLE"
    source = open_(scripted.login)
    source.examine(INBOX)  # of one message
    scripted.commands.clear()
    return source


@pytest.mark.parametrize(
    "told",
    [
        b"* 2 EXISTS",
        b"* 0 exists",
        b"* 1 EXPUNGE",
        b"* VANISHED 5:4294967295",
        b"* 1 FETCH (FLAGS (\\Seen))",
        b"* 1 FETCH (BODY[] " + literal(b"x" * 100) + b" UID 5)",
    ],
)
@pytest.mark.parametrize("when", ["before", "together", "after"])
def test_news(scripted: ScriptedImap, open_source: OpenSource, told: bytes, when: str) -> None:
    go, told = b"+ idling\r\n", told + b"\r\n"
    scripted.on(b"IDLE", {"before": told + go, "together": go + told, "after": go}[when])
    if when == "after":
        scripted.on(b"DONE", told + OK)
    source = opened(open_source, scripted)
    happened, seconds = waited(source, 0.6)
    assert happened and (when == "after" or seconds < 0.5)
    assert scripted.commands == [b"IDLE", b"DONE"]
    assert source.examine(INBOX).exists == 1


@pytest.mark.parametrize(
    "told",
    [b"* OK Still here", b"* 1 EXISTS", b"* 1 RECENT", b"* FLAGS (EXPUNGE)", b"+ more", b"x"],
)
def test_no_news(scripted: ScriptedImap, open_source: OpenSource, told: bytes) -> None:
    scripted.on(b"IDLE", b"+ idling\r\n" + told + b"\r\n")
    source = opened(open_source, scripted)
    assert waited(source, 0.6)[0] is False
    assert scripted.commands == [b"IDLE", b"DONE"]
    assert source.examine(INBOX).exists == 1


def test_an_idle_is_renewed_before_the_server_tires(
    scripted: ScriptedImap, open_source: OpenSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert idling.MOST == 29 * 60
    monkeypatch.setattr(idling, "MOST", 0.3)
    source = opened(open_source, scripted)
    happened, seconds = waited(source, 1.0)
    assert not happened and 1 <= seconds < 2
    assert scripted.commands == [b"IDLE", b"DONE"] * 4


def test_a_server_that_ends_the_idle_itself(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    scripted.on(b"IDLE", b"+ idling\r\n" + OK)
    source = opened(open_source, scripted)
    assert waited(source, 0.9)[0] is False
    assert scripted.commands == [b"IDLE"] * 2  # not as often as it can
    scripted.on(b"IDLE", b"+ idling\r\n* 2 EXISTS\r\n" + OK)
    assert waited(source)[0] is True
    assert source.examine(INBOX).exists == 1


@pytest.mark.parametrize(
    "answer", [b"TAG NO not now\r\n", b"TAG BAD what?\r\n", OK, b"+ idling\r\nTAG NO enough\r\n"]
)
def test_idle_that_is_refused_is_not_asked_for_again(
    scripted: ScriptedImap, open_source: OpenSource, answer: bytes
) -> None:
    scripted.on(b"IDLE", answer)
    source = opened(open_source, scripted)
    assert [waited(source)[0] for _ in range(3)] == [False] * 3
    assert scripted.commands == [b"IDLE"]
    assert source.examine(INBOX).exists == 1


def test_no_idle(scripted: ScriptedImap, open_source: OpenSource) -> None:
    source = open_source(scripted.login)
    source.examine(INBOX)
    assert source.wait(LONG, threading.Event()) is False
    assert b"IDLE" not in scripted.commands


@pytest.mark.parametrize("before", [b"", b"+ idling\r\n", b"+ idling\r\n* 1 FE"])
@pytest.mark.parametrize("end", [HANG_UP, b"* BYE timeout\r\n" + HANG_UP])
@pytest.mark.parametrize("tls", [False, True])
def test_a_server_that_hangs_up(
    certificate: Certificate, open_source: OpenSource, before: bytes, end: bytes, tls: bool
) -> None:
    with scripted_imap(certificate, implicit_tls=tls) as scripted:
        scripted.on(b"IDLE", before + end)
        scripted.capabilities += b" IDLE"
        login = scripted.login
        if tls:
            login = replace(login, security="tls", ca_file=certificate.ca)
        source = open_source(login)
        source.examine(INBOX)
        begin = time.monotonic()
        assert isinstance(raised(lambda: waited(source)), SourceLost)
        assert isinstance(raised(lambda: waited(source)), SourceLost)
        assert time.monotonic() - begin < 5  # not only when the wait is over
        source.close()


@pytest.mark.parametrize("rule", [(b"IDLE", HANG), (b"DONE", HANG)])
def test_a_server_that_falls_silent(
    scripted: ScriptedImap, open_source: OpenSource, rule: tuple[bytes, bytes]
) -> None:
    scripted.on(*rule)
    scripted.capabilities += b" IDLE"
    source = open_source(scripted.impatient_login)
    source.examine(INBOX)
    lost = raised(lambda: waited(source, 1.0))
    assert isinstance(lost, SourceLost) and lost.code == "source-timeout"
