"""Messages at which a server breaks the connection, each time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from migrate.errors import FetchRefused, SourceLost
from migrate.source import Folder
from migrate.source.imap import ImapSource
from migrate.source.trouble import Trouble

from .conftest import OpenSource
from .scripted_imap import HANG_UP, ScriptedImap, body

T = TypeVar("T")
INBOX = Folder(b"INBOX", "INBOX", ("INBOX",), frozenset())
FATAL = rb"UID FETCH (\S*[,:])?[23]([,:]\S*)? \(UID "


def again(open_: Callable[[], ImapSource], look: Callable[[ImapSource], T]) -> tuple[T, int]:
    """`look` at one connection after the other, until none breaks; and how many did."""
    for lost in range(20):
        source = open_()
        source.examine(INBOX)
        try:
            return look(source), lost
        except SourceLost:
            pass
    raise AssertionError("no end")


def test_a_message_that_breaks_the_connection_costs_only_itself(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    scripted.mail = {uid: body(b"%d" % uid) for uid in range(1, 9)}
    scripted.on(FATAL + rb"BODY.PEEK\[\]", HANG_UP)
    scripted.on(
        rb"UID FETCH 1:8 \(UID BODY", b"* 1 FETCH (UID 1 " + body(b"1") + b")\r\n" + HANG_UP
    )
    trouble = Trouble()
    wanted = dict.fromkeys(range(1, 9), 9)
    found: dict[int, bytes | str] = {}

    def fetch(source: ImapSource) -> None:
        for fetched in source.fetch(list(wanted.items())):
            del wanted[fetched.uid]
            if isinstance(fetched.body, FetchRefused):
                found[fetched.uid] = fetched.body.code
            else:
                found[fetched.uid] = b"".join(fetched.body.chunks())

    _, lost = again(lambda: open_source(scripted.login, trouble=trouble), fetch)
    fatal = dict.fromkeys((2, 3), "source-fatal-message")
    assert found == {uid: b"%d" % uid for uid in range(1, 9)} | fatal
    assert lost == 5  # the batch, and each of the two alone twice


def test_a_message_that_breaks_the_scan_is_listed_by_its_uid(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    scripted.mail = dict.fromkeys(range(1, 9), b"RFC822.SIZE 5")
    scripted.on(FATAL + rb"FLAGS", HANG_UP)
    scripted.on(rb"UID FETCH 1:8 \(UID FLAGS", HANG_UP)
    trouble = Trouble()
    found, _ = again(
        lambda: open_source(scripted.login, trouble=trouble),
        lambda source: list(source.scan(range(1, 9), structure=True)),
    )
    sizes = {each.uid: each.size for each in found}
    assert sizes == dict.fromkeys(range(1, 9), 5) | {2: 0, 3: 0}


def test_a_connection_that_breaks_by_chance_blames_nobody_for_good(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    scripted.mail = {uid: body(b"%d" % uid) for uid in (1, 2)}
    trouble = Trouble()
    for _ in range(4):
        scripted.on(rb"UID FETCH 1:2 \(UID BODY", HANG_UP, times=1)
        found, lost = again(
            lambda: open_source(scripted.login, trouble=trouble),
            lambda source: [each.uid for each in source.fetch([(1, 9), (2, 9)])],
        )
        assert (found, lost) == ([1, 2], 1)


def test_another_uidvalidity_means_other_messages(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    scripted.mail = {1: body(b"1")}
    trouble = Trouble()
    scripted.on(rb"UID FETCH 1 \(UID BODY", HANG_UP, times=3)

    def look(source: ImapSource) -> list[object]:
        return [each.body for each in source.fetch([(1, 9)])]

    (refused,), _ = again(lambda: open_source(scripted.login, trouble=trouble), look)
    assert isinstance(refused, FetchRefused)
    scripted.examined = b"* 1 EXISTS\r\n* OK [UIDVALIDITY 8] new\r\n"
    (there,), _ = again(lambda: open_source(scripted.login, trouble=trouble), look)
    assert not isinstance(there, FetchRefused)
