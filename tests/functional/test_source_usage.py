"""How much mail there is: by STATUS=SIZE, else by the sizes of a sample; and the quota."""

from __future__ import annotations

from dataclasses import replace

from migrate.source.surveying import Held, Quota

from .conftest import OpenSource
from .scripted_imap import HANG, HANG_UP, OK, ScriptedImap

INBOX, WORK = b"INBOX", b"Work"


def play(scripted: ScriptedImap) -> None:
    scripted.folders = b'* LIST () "/" inbox\r\n* LIST () "/" Work\r\n'


def status(name: bytes, items: bytes) -> bytes:
    return b"* STATUS %s (%s)\r\n" % (name, items) + OK


def sizes(count: int, size: int) -> bytes:
    lines = (b"* %d FETCH (RFC822.SIZE %d)\r\n" % (n, size) for n in range(1, count + 1))
    return b"".join(lines) + OK


def test_the_server_adds_up(scripted: ScriptedImap, open_source: OpenSource) -> None:
    play(scripted)
    scripted.capabilities += b" STATUS=SIZE"
    scripted.on(b'STATUS "INBOX"', status(b"Inbox", b"MESSAGES 3 SIZE 4294967296"))
    scripted.on(b'STATUS "Work"', b"TAG NO not now\r\n")
    source = open_source(scripted.login)
    usage = source.usage(source.folders())
    assert usage.how == "status-size"
    assert usage.folders == {INBOX: Held(3, 4294967296, 3)}
    assert usage.quotas == ()
    assert not [each for each in scripted.commands if each.startswith((b"FETCH", b"GETQUOTA"))]


def test_a_server_that_breaks_over_the_sum_is_asked_for_a_sample(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    for end in (HANG_UP, HANG):
        play(scripted)
        scripted.capabilities = b"IMAP4rev1 STATUS=SIZE"
        scripted.on(rb"STATUS .* \(MESSAGES SIZE\)", end)
        scripted.on(rb"STATUS .* \(MESSAGES\)", status(b"INBOX", b"MESSAGES 1"))
        scripted.on(b"FETCH", sizes(1, 500))
        source = open_source(replace(scripted.impatient_login))
        usage = source.usage(source.folders())
        assert (usage.how, usage.folders[INBOX]) == ("sample", Held(1, 500, 1))


def test_of_a_large_folder_some_are_looked_at(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    play(scripted)
    scripted.on(b'STATUS "INBOX"', status(b"INBOX", b"MESSAGES 100000"))
    scripted.on(b'STATUS "Work"', status(b"Work", b"MESSAGES 0"))
    scripted.on(b'EXAMINE "INBOX"', b"* 100000 EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n" + OK)
    scripted.on(b"FETCH", sizes(200, 3000))
    source = open_source(scripted.login)
    usage = source.usage(source.folders())
    assert usage.folders == {INBOX: Held(100_000, 300_000_000, 200), WORK: Held(0, 0, 0)}
    (asked,) = [each for each in scripted.commands if each.startswith(b"FETCH")]
    numbers = [int(each) for each in asked.split()[1].split(b",")]
    assert (len(numbers), numbers[0], max(numbers)) == (200, 1, 99_501)
    assert [each for each in scripted.commands if each.startswith(b"EXAMINE")] == [
        b'EXAMINE "INBOX"'
    ]


def test_a_folder_that_does_not_open_is_as_the_others(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    play(scripted)
    scripted.on(b'STATUS "INBOX"', status(b"INBOX", b"MESSAGES 2"))
    scripted.on(b'STATUS "Work"', status(b"Work", b"MESSAGES 10"))
    scripted.on(b'EXAMINE "INBOX"', b"* 2 EXISTS\r\n" + OK)
    scripted.on(b'EXAMINE "Work"', b"TAG NO locked\r\n")
    scripted.on(b"FETCH 1:2", sizes(2, 700))
    source = open_source(scripted.login)
    usage = source.usage(source.folders())
    assert usage.folders == {INBOX: Held(2, 1400, 2), WORK: Held(10, 7000, 0)}


def test_the_quota(scripted: ScriptedImap, open_source: OpenSource) -> None:
    play(scripted)
    scripted.capabilities += b" QUOTA"
    told = b'* QUOTAROOT INBOX "" other\r\n* QUOTA "" (MESSAGE 1 2 STORAGE 10 512)\r\n'
    scripted.on(b"GETQUOTAROOT INBOX", told + b"* QUOTA other (STORAGE x 1)\r\n" + OK)
    source = open_source(scripted.login)
    assert source.usage(source.folders()).quotas == (Quota(10 * 1024, 512 * 1024),)
    scripted.on(b"GETQUOTAROOT", b"TAG NO not for you\r\n")
    assert source.usage(source.folders()).quotas == ()


def test_folders_that_nobody_asked_for_are_counted(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    scripted.folders = b"".join(
        b'* LIST (%s) "/" "%s"\r\n' % pair
        for pair in (
            (b"", b"INBOX"),
            (b"", b"Other/hanako/INBOX"),
            (b"\\Noselect", b"Public"),
            (b"", b"Public/Notices"),
            (b"", b"Public/Old"),
        )
    )
    scripted.capabilities += b" NAMESPACE"
    spaces = b'* NAMESPACE (("" "/")) (("Other/" "/")) (("Public/" "/"))\r\n'
    scripted.on(b"NAMESPACE", spaces + OK)
    source = open_source(scripted.login, namespaces=("personal", "users"))
    assert [each.name for each in source.folders()] == ["INBOX", "Other/hanako/INBOX"]
    assert source.elsewhere == {"shared": 2}
