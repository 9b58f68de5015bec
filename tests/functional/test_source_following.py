"""What changed at a real server since the last look: states by LIST, flags by mod-sequence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from migrate.demo.imap import embedded_imap
from migrate.demo.mail import sample
from migrate.source import Flags, Folder
from migrate.source.imap import ImapSource
from migrate.source.login import Login
from migrate.source.wire import Wire

from .conftest import OpenSource
from .dovecot import Dovecot, running_dovecot
from .raw_imap import RawImap, raw_imap
from .test_source_dovecot import DATE

OLD = "imap_capability = IMAP4rev1 SASL-IR LITERAL+ NAMESPACE UIDPLUS LIST-EXTENDED SPECIAL-USE"
SEEN, NONE = frozenset({"\\Seen"}), frozenset[str]()
BEFORE = {1: NONE, 2: SEEN, 3: NONE, 4: SEEN, 5: NONE, 6: SEEN}
SENT = {"\\sent"}


@pytest.fixture(scope="module")
def old() -> Iterator[Dovecot]:
    """Neither CONDSTORE nor LIST-STATUS."""
    with running_dovecot(OLD + "\n") as server:
        yield server


@pytest.fixture(scope="module")
def condstore() -> Iterator[Dovecot]:
    """No LIST-STATUS, and no QRESYNC."""
    with running_dovecot(OLD + " CONDSTORE\n") as server:
        yield server


@contextmanager
def another(server: Dovecot, user: str) -> Iterator[RawImap]:
    """Another client of a mailbox with two folders."""
    server.add_user(user)
    for folder in ("INBOX", "Sent", "Sent/仕事"):
        messages = [(b"Subject: %d\r\n\r\n" % n, ("\\Seen",) * (n % 2), DATE) for n in range(6)]
        server.seed(user, folder, messages)
    with raw_imap(server.host, server.imaps_port, user, ca=server.ca) as client:
        client.run(b"SELECT INBOX")
        yield client


def change(client: RawImap) -> None:
    client.run(b"UID STORE 3 +FLAGS (\\Flagged $Label1)")
    client.run(b"UID STORE 2,6 +FLAGS (\\Deleted)")
    client.run(b"UID EXPUNGE 2")
    client.append(b"INBOX", b"Subject: new\r\n\r\n")


CHANGED = {
    3: frozenset({"\\Flagged", "$Label1"}),
    6: frozenset({"\\Seen", "\\Deleted"}),
    7: NONE,
}


def listed(source: ImapSource) -> dict[str, Folder]:
    return {each.name: each for each in source.folders()}


@pytest.mark.dovecot
def test_the_list_tells_what_opening_a_folder_tells(
    dovecot: Dovecot, mailbox_user: str, open_source: OpenSource
) -> None:
    with another(dovecot, mailbox_user) as client:
        source = open_source(dovecot.login(mailbox_user))
        folders = listed(source)
        assert folders.keys() == {"INBOX", "Sent", "Sent/仕事"}
        for folder in folders.values():
            assert folder.status and folder.status == source.examine(folder)
            assert folder.status.exists == 6 and folder.status.highestmodseq
        assert folders["Sent"].attributes & SENT == SENT
        before = source.examine(folders["INBOX"])
        change(client)
        # Also of the folder that is open, and to those who come later.
        for other in (source, open_source(dovecot.login(mailbox_user))):
            now = listed(other)
            assert now["Sent"].status == folders["Sent"].status
            status = now["INBOX"].status
            assert status and (status.exists, status.uidnext) == (6, 8)
            assert status.highestmodseq and before.highestmodseq
            assert status.highestmodseq > before.highestmodseq
            assert status == other.examine(now["INBOX"])


@pytest.mark.dovecot
def test_only_changes_are_read_where_there_are_mod_sequences(
    dovecot: Dovecot, mailbox_user: str, open_source: OpenSource
) -> None:
    with another(dovecot, mailbox_user) as client:
        source = open_source(dovecot.login(mailbox_user))
        inbox = listed(source)["INBOX"]
        before = source.examine(inbox)
        for everything in (None, 0, 10**15):
            assert source.flags(everything) == Flags(BEFORE, whole=True)
        assert source.flags(before.highestmodseq) == Flags({}, False, frozenset())
        change(client)
        now = source.examine(inbox)
        assert source.flags(before.highestmodseq) == Flags(CHANGED, False, frozenset({2}))
        assert source.flags(now.highestmodseq) == Flags({}, False, frozenset())
        whole = {uid: flags for uid, flags in (BEFORE | CHANGED).items() if uid != 2}
        assert source.flags() == Flags(whole, whole=True)
        client.run(b"UID STORE 1:* +FLAGS (\\Deleted)")
        client.run(b"EXPUNGE")
        source.examine(inbox)
        assert source.flags(before.highestmodseq) == Flags({}, whole=True)


@pytest.mark.dovecot
def test_a_look_at_300_folders_costs_a_handful_of_commands(
    dovecot: Dovecot,
    mailbox_user: str,
    open_source: OpenSource,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dovecot.add_user(mailbox_user)
    for number in range(300):
        dovecot.seed(mailbox_user, f"n{number}", [(b"Subject: x\r\n\r\n", (), DATE)])
    sent: list[bytes] = []
    send = Wire.send

    def noted(wire: Wire, *words: bytes) -> bytes:
        sent.append(words[0])
        return send(wire, *words)

    monkeypatch.setattr(Wire, "send", noted)
    source = open_source(dovecot.login(mailbox_user))
    assert len(sent) == 5  # ID, AUTHENTICATE, CAPABILITY, ID, ENABLE
    for _ in range(2):
        sent.clear()
        folders = source.folders()
        assert len(folders) == 301 and all(each.status for each in folders)
        assert sent == [b"NAMESPACE", b"LIST"]


@pytest.mark.dovecot
def test_without_qresync_nobody_tells_what_is_gone(
    condstore: Dovecot, mailbox_user: str, open_source: OpenSource
) -> None:
    with another(condstore, mailbox_user) as client:
        source = open_source(condstore.login(mailbox_user))
        folders = listed(source)
        inbox = folders["INBOX"]
        before = source.examine(inbox)
        # By a STATUS of its own, since there is no LIST-STATUS.
        assert inbox.status == before and before.highestmodseq
        assert folders["Sent/仕事"].status == source.examine(folders["Sent/仕事"])
        change(client)
        source.examine(inbox)
        assert source.flags(before.highestmodseq) == Flags(CHANGED, False, None)


@pytest.mark.dovecot
def test_without_mod_sequences_all_flags_are_read(
    old: Dovecot, mailbox_user: str, open_source: OpenSource
) -> None:
    with another(old, mailbox_user) as client:
        source = open_source(old.login(mailbox_user))
        inbox = listed(source)["INBOX"]
        # STATUS would not tell that no flag has changed.
        assert inbox.status is None and source.examine(inbox).highestmodseq is None
        assert listed(source)["Sent"].attributes & SENT == SENT
        change(client)
        source.examine(inbox)
        whole = {uid: flags for uid, flags in (BEFORE | CHANGED).items() if uid != 2}
        assert source.flags(1) == Flags(whole, whole=True)


@pytest.mark.dovecot
def test_what_others_do_while_a_folder_is_open(
    dovecot: Dovecot, mailbox_user: str, open_source: OpenSource
) -> None:
    with another(dovecot, mailbox_user) as client:
        source = open_source(dovecot.login(mailbox_user))
        before = source.examine(listed(source)["INBOX"])
        change(client)
        # Told as VANISHED, FETCH and EXISTS in between; nobody has opened the folder again.
        assert list(source.scan([1])) and not list(source.scan([2]))
        found = source.flags(before.highestmodseq)
        assert found.vanished == frozenset({2}) and found.flags.items() >= CHANGED.items() - {
            (7, NONE)
        }


def test_pymap_has_nothing_of_it(open_source: OpenSource) -> None:
    pytest.importorskip("pymap")
    messages = sample()
    with embedded_imap(messages, "ann", "secret") as server:
        login = Login(server.host, server.port, "tls", "ann", "secret", ca_file=server.ca_file)
        source = open_source(login)
        for folder in source.folders():
            if not folder.selectable:
                continue
            state = source.examine(folder)
            assert folder.status is None or folder.status.exists == state.exists
            told = source.flags(5)
            assert told.whole and told.vanished is None
            assert told.flags == {each.uid: each.flags for each in source.scan(source.uids())}
