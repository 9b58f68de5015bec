"""Other servers and stores than Dovecot on Maildir: the same folders, the bytes of the wire."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from imapclient.imap_utf7 import encode

from migrate.source import Flags, Folder
from migrate.source.imap import ImapSource

from .conftest import OpenSource
from .dovecot import Dovecot
from .raw_imap import RawImap, raw_imap
from .test_source_dovecot import NASTY, corpus, read
from .unpacked import Server, available, running_courier, running_cyrus

# By APPEND no server takes all that a store may hold: Cyrus wants a header, and no NUL or bare LF.
MAIL = [
    data
    for data in NASTY + corpus()
    if re.match(rb"[!-9;-~]+:", data)
    and b"\r\n\r\n" in data
    and b"\0" not in data
    and b"\n" not in data.replace(b"\r\n", b"")
][:60]
NAMES = ["Work", "Work/2020", "仕事", "仕事/A & B", 'say "hi"', "100%", "Sent", "a ~ b"]


def unpacked() -> None:
    if not available():
        missing = "no servers are unpacked (tests/functional/unpack_servers.sh)"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)


def wire(name: str, prefix: str = "", delimiter: str = "/") -> bytes:
    return b"INBOX" if name == "INBOX" else encode((prefix + name).replace("/", delimiter))


def quoted(raw: bytes) -> bytes:
    return b'"' + raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def fill(raw: RawImap, prefix: str, delimiter: str, names: list[str]) -> None:
    for name in names:
        folder = wire(name, prefix, delimiter)
        raw.run(b"CREATE " + quoted(folder))
    for data in MAIL:
        raw.append(b"INBOX", data)
    for name in names:
        raw.append(
            quoted(wire(name, prefix, delimiter))[1:-1], b"Subject: x\r\n\r\n%s\r\n" % name.encode()
        )


def compare(source: ImapSource, raw: RawImap, names: list[str]) -> None:
    """Every folder is there by its path, each message by its bytes, and nothing is changed."""
    folders = {folder.path: folder for folder in source.folders()}
    assert set(folders) == {("INBOX",), *(tuple(name.split("/")) for name in names)}
    assert source.unlisted == ()
    for name in names:
        source.examine(folders[tuple(name.split("/"))])
        assert read(source, source.uids()) == {1: b"Subject: x\r\n\r\n%s\r\n" % name.encode()}
    state = source.examine(folders["INBOX",])
    uids = source.uids()
    served = read(source, uids)
    assert served == raw.fetch(b"INBOX")
    assert len(served) == state.exists == len(uids) == len(MAIL)
    listed = list(source.scan(uids, structure=True))
    assert [each.uid for each in listed] == uids
    assert all(each.size and each.internal_date and each.parts for each in listed)
    assert all("\\Seen" not in each.flags for each in listed)
    assert source.search("ALL") == set(uids)


@pytest.mark.dovecot
@pytest.mark.parametrize("store", ["sdbox", "mdbox"])
@pytest.mark.parametrize(("prefix", "delimiter"), [("", "/"), ("INBOX.", ".")])
def test_dovecot_stores(
    dovecot: Dovecot,
    mailbox_user: str,
    open_source: OpenSource,
    store: str,
    prefix: str,
    delimiter: str,
) -> None:
    dovecot.add_user(mailbox_user, prefix=prefix, separator=delimiter, store=store)
    with raw_imap(dovecot.host, dovecot.imaps_port, mailbox_user, ca=dovecot.ca) as raw:
        fill(raw, prefix, delimiter, NAMES)
        source = open_source(dovecot.login(mailbox_user))
        assert source.provider.id == "dovecot"
        compare(source, raw, NAMES)


@pytest.fixture(scope="module")
def cyrus() -> Iterator[Server]:
    unpacked()
    with running_cyrus() as server:
        yield server


def test_cyrus(cyrus: Server, open_source: OpenSource) -> None:
    names = [name for name in NAMES if '"' not in name and "%" not in name]  # refused by Cyrus
    with raw_imap(cyrus.host, cyrus.port, "ann") as raw:
        raw.run(b"CREATE INBOX")
        fill(raw, "INBOX.", ".", names)
        source = open_source(cyrus.login("ann"))
        assert source.provider.id == "cyrus"
        compare(source, raw, names)


def test_cyrus_folders_of_others_only_when_asked_for(
    cyrus: Server, open_source: OpenSource
) -> None:
    with raw_imap(cyrus.host, cyrus.port, "cyrus") as admin:
        admin.run(b"CREATE user.bob")
        admin.run(b"CREATE user.bob.Plans")
        admin.run(b"CREATE user.eve")
        admin.run(b"CREATE Board")
        for name in (b"Board", b"user.bob.Plans"):
            admin.run(b"SETACL %s anyone lrs" % name)
            admin.run(b"SETACL %s cyrus lrswipkxtea" % name)
            admin.append(name, b"Subject: x\r\n\r\nfor all")
    login = cyrus.login("eve")
    assert [folder.path for folder in open_source(login).folders()] == [("INBOX",)]
    source = open_source(login, namespaces=("personal", "users", "shared"))
    folders = source.folders()
    assert [folder.path for folder in folders] == [("INBOX",), ("Board",), ("user", "bob", "Plans")]
    for folder in folders[1:]:
        source.examine(folder)
        assert read(source, source.uids()) == {1: b"Subject: x\r\n\r\nfor all"}


def test_courier(tmp_path: Path, open_source: OpenSource) -> None:
    unpacked()
    for part in ("cur", "new", "tmp"):
        (tmp_path / "Maildir" / part).mkdir(parents=True)
    with running_courier(tmp_path) as server, raw_imap(server.host, server.port, "ann") as raw:
        fill(raw, "INBOX.", ".", NAMES)
        source = open_source(server.login("ann"))
        assert source.provider.id == "courier" and source.quirks.connections == 4
        compare(source, raw, NAMES)


def follow(source: ImapSource, raw: RawImap) -> tuple[Folder, Flags, Flags]:
    """A folder, its flags before, and what is told of the changes that are made here."""
    raw.run(b"SELECT INBOX")
    inbox = source.folders()[0]
    before, flags = source.examine(inbox), source.flags()
    assert flags.whole and list(flags.flags) == list(range(1, len(MAIL) + 1))
    raw.run(b"UID STORE 3,4 +FLAGS (\\Flagged)")
    raw.run(b"UID STORE 2 +FLAGS (\\Deleted)")
    raw.run(b"EXPUNGE")
    source.examine(inbox)
    return inbox, flags, source.flags(before.highestmodseq)


def test_cyrus_tells_what_changed(cyrus: Server, open_source: OpenSource) -> None:
    with raw_imap(cyrus.host, cyrus.port, "kim") as raw:
        raw.run(b"CREATE INBOX")
        fill(raw, "INBOX.", ".", ["Work"])
        source = open_source(cyrus.login("kim"))
        inbox, _, changes = follow(source, raw)
        assert inbox.status and inbox.status.highestmodseq
        flagged = frozenset({"\\Flagged"})
        assert changes == Flags({3: flagged, 4: flagged}, False, frozenset({2}))
        for folder in source.folders():
            assert folder.status and folder.status == source.examine(folder)
        assert source.wait(0.3, threading.Event()) is False
        assert source.flags().whole


def test_courier_is_read_as_a_whole(tmp_path: Path, open_source: OpenSource) -> None:
    unpacked()
    for part in ("cur", "new", "tmp"):
        (tmp_path / "Maildir" / part).mkdir(parents=True)
    with running_courier(tmp_path) as server, raw_imap(server.host, server.port, "ann") as raw:
        fill(raw, "INBOX.", ".", ["Work"])
        source = open_source(server.login("ann"))
        inbox, flags, changes = follow(source, raw)
        assert inbox.status is None
        flagged = dict.fromkeys((3, 4), frozenset({"\\Flagged"}))
        whole = {uid: each for uid, each in {**flags.flags, **flagged}.items() if uid != 2}
        assert changes == Flags(whole, whole=True)
