"""The source against a real Dovecot: the bytes of the wire, nothing changed at the server."""

from __future__ import annotations

import hashlib
import os
import stat
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from migrate.body import Body
from migrate.errors import FolderRefused, SourceError
from migrate.source import Fetched, Part
from migrate.source.imap import ImapSource

from .conftest import OpenSource
from .dovecot import MASTER_PASSWORD, MASTER_USER, Dovecot, raw_fetch
from .source_errors import raised

pytestmark = pytest.mark.dovecot

REPOSITORY = Path(__file__).parents[2]
DATE = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
NASTY = [
    b"From: a@example.org\r\nSubject: =?x?Q?\xff\r\n\r\n8-bit \xff\xfe and a long line "
    + b"x" * 9000,
    b"Subject: bare\nline feeds\n\nbody\n.\n",
    b"Subject: \x00NUL\r\n\r\na\x00b\r\n",
    b"no header at all, * 1 FETCH (UID 1 BODY[] {5}\r\nabcde)\r\n",
    b"Subject: lone\rCR\r\n\r\n\r\r\n",
    b"\r\n",
    b"Subject: no end of line",
    b"From nobody Thu Jan  1 00:00:00 1970\r\nSubject: mbox\r\n\r\nFrom here\r\n",
]


def corpus() -> list[bytes]:
    """The messages kept here, and those of a larger corpus if there is one."""
    places = (REPOSITORY / "tests/data/mail", REPOSITORY.parent / "shared/corpus")
    return [path.read_bytes() for place in places for path in sorted(place.rglob("*.eml"))]


def examined(source: ImapSource, name: str = "INBOX") -> list[int]:
    source.examine(next(folder for folder in source.folders() if folder.name == name))
    return source.uids()


def read(source: ImapSource, uids: list[int], hint: int = 0) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for fetched in source.fetch([(uid, hint) for uid in uids]):
        assert isinstance(fetched.body, Body) and fetched.uid not in found
        with fetched.body as body:
            found[fetched.uid] = b"".join(body.chunks())
    return found


@pytest.mark.parametrize(("spool_over", "batch_bytes"), [(1 << 20, 4 << 20), (100, 5000)])
def test_bytes_are_those_of_the_wire_and_nothing_changes(
    dovecot: Dovecot,
    mailbox_user: str,
    open_source: OpenSource,
    spool: Path,
    spool_over: int,
    batch_bytes: int,
) -> None:
    user = mailbox_user
    dovecot.add_user(user)
    messages = NASTY + corpus()
    dovecot.seed(user, "INBOX", [(data, (), DATE) for data in messages])
    files = dovecot.maildir(user, "INBOX") / "cur"
    before = sorted(files.iterdir())
    source = open_source(dovecot.login(user), spool_over=spool_over, batch_bytes=batch_bytes)
    uids = examined(source)
    flags = [listed.flags for listed in source.scan(uids)]
    served = read(source, uids)
    wire = raw_fetch(dovecot.host, dovecot.imaps_port, dovecot.ca, user, "secret", "INBOX")
    assert served == wire
    assert len(served) == len(messages) == len(uids)
    assert flags == [frozenset()] * len(messages)
    assert sorted(files.iterdir()) == before
    assert [listed.flags for listed in source.scan(uids)] == flags
    assert list(spool.iterdir()) == []


def test_scan_tells_flags_dates_sizes_and_fields(
    dovecot: Dovecot, mailbox_user: str, open_source: OpenSource
) -> None:
    dovecot.add_user(mailbox_user)
    data = b"From: a@example.org\r\nMessage-ID: <1@x>\r\nX-Other: no\r\n\r\nbody\r\n"
    flags = ("\\Answered", "\\Deleted", "\\Draft", "\\Flagged", "\\Seen")
    dovecot.seed(mailbox_user, "INBOX", [(data, flags, DATE), (data, (), DATE + timedelta(days=1))])
    source = open_source(dovecot.login(mailbox_user))
    first, second = source.scan(examined(source))
    assert first.flags == frozenset(flags)
    assert second.flags == frozenset()
    assert (first.internal_date, second.internal_date) == (DATE, DATE + timedelta(days=1))
    assert first.internal_date and first.internal_date.tzinfo
    assert first.size == len(data)
    assert first.header == b"From: a@example.org\r\nMessage-ID: <1@x>\r\n\r\n"
    assert list(source.scan([99])) == []
    assert list(source.fetch([(99, 10)])) == []


def test_search_and_parts(dovecot: Dovecot, mailbox_user: str, open_source: OpenSource) -> None:
    dovecot.add_user(mailbox_user)
    mixed = (
        b"From: a@x\r\nSubject: =?utf-8?B?5LqI5a6a?=\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n'
        b"Content-Type: application/zip\r\nContent-Disposition: attachment;\r\n"
        b" filename*=iso-8859-1''caf%E9.zip\r\n\r\nzip\r\n--b--\r\n"
    )
    dovecot.seed(mailbox_user, "INBOX", [(mixed, (), DATE), (b"Subject: x\r\n\r\n", (), DATE)])
    source = open_source(dovecot.login(mailbox_user))
    uids = examined(source)
    assert source.search('SUBJECT "予定" NOT SEEN') == {1}
    assert source.search("(SUBJECT 予定) UNSEEN") == {1}
    assert source.search("ALL") == {1, 2}
    assert raised(lambda: source.search("NONSENSE")).code == "source-search-refused"
    first, second = source.scan(uids, structure=True)
    assert first.parts == (Part("application/zip", "café.zip", "7bit", 3),)
    assert second.parts == (Part("text/plain", None, "7bit", 0),)


def test_examine_tells_the_state(
    dovecot: Dovecot, mailbox_user: str, open_source: OpenSource
) -> None:
    dovecot.add_user(mailbox_user)
    dovecot.seed(mailbox_user, "INBOX", [(b"\r\n", (), DATE)] * 3)
    dovecot.seed(mailbox_user, "Gone", [])
    source = open_source(dovecot.login(mailbox_user))
    state = source.examine(source.folders()[0])
    assert (state.exists, state.uidnext) == (3, 4)
    assert state.uidvalidity > 0
    assert state.highestmodseq is not None
    gone = source.folders()[1]
    dovecot.maildir(mailbox_user, "Gone").rename(dovecot.maildir(mailbox_user, "Else"))
    error = raised(lambda: source.examine(gone))
    assert isinstance(error, FolderRefused) and error.code == "source-folder-refused"


@pytest.mark.parametrize(("prefix", "separator"), [("", "/"), ("INBOX.", "."), ("INBOX/", "/")])
def test_folders(
    dovecot: Dovecot, mailbox_user: str, open_source: OpenSource, prefix: str, separator: str
) -> None:
    dovecot.add_user(mailbox_user, prefix=prefix, separator=separator)
    names = ["Sent", "Drafts", "Junk", "Trash", "仕事", "仕事/A & B", "100%*", 'say "hi"', "a\\b"]
    for name in names:
        dovecot.seed(mailbox_user, name, [(name.encode(), (), DATE)])
    dovecot.seed_public("Everyone", [])
    source = open_source(dovecot.login(mailbox_user))
    folders = source.folders()
    assert folders[0].path == ("INBOX",)
    assert {folder.path for folder in folders[1:]} == {tuple(name.split("/")) for name in names}
    assert [f.path for f in folders].index(("仕事",)) < [f.path for f in folders].index(
        ("仕事", "A & B")
    )
    uses = {f.path[0]: f.attributes & {"\\sent", "\\drafts", "\\junk", "\\trash"} for f in folders}
    assert uses["Sent"] == {"\\sent"} and uses["Drafts"] == {"\\drafts"}
    assert uses["Junk"] == {"\\junk"} and uses["Trash"] == {"\\trash"}
    for folder in folders[1:]:
        source.examine(folder)
        assert read(source, source.uids()) == {1: "/".join(folder.path).encode()}


def test_public_folders_only_when_asked_for(
    dovecot: Dovecot, mailbox_user: str, open_source: OpenSource
) -> None:
    dovecot.add_user(mailbox_user)
    dovecot.seed_public("Board", [(b"to all", (), DATE)])
    login = dovecot.login(mailbox_user)
    assert all("Public" not in folder.path for folder in open_source(login).folders())
    source = open_source(login, namespaces=("personal", "shared"))
    (board,) = (each for each in source.folders() if each.path == ("Public", "Board"))
    source.examine(board)
    assert read(source, source.uids()) == {1: b"to all"}
    assert source.unlisted == ()
    only = open_source(login, namespaces=("shared",)).folders()
    assert {each.path[0] for each in only} == {"Public"}


@pytest.mark.parametrize("password", ["秘密 pässword", 'a"b\\c:d', "{x}"])
def test_passwords(
    dovecot: Dovecot, mailbox_user: str, open_source: OpenSource, password: str
) -> None:
    dovecot.add_user(mailbox_user, password)
    assert open_source(dovecot.login(mailbox_user, password)).folders()
    wrong = dovecot.login(mailbox_user, "Wr0ng-" + password)
    assert password not in repr(wrong)
    error = raised(lambda: open_source(wrong), secret=wrong.password)
    assert isinstance(error, SourceError) and error.code == "source-login-refused"


def test_starttls(dovecot: Dovecot, mailbox_user: str, open_source: OpenSource) -> None:
    dovecot.add_user(mailbox_user)
    login = dovecot.login(mailbox_user)
    assert open_source(replace(login, port=dovecot.imap_port, security="starttls")).folders()
    # Dovecot takes a password in the clear from its own machine.
    assert open_source(
        replace(login, port=dovecot.imap_port, security="insecure-plaintext")
    ).folders()


@pytest.mark.parametrize("style", ["authzid", "user*master"])
def test_admin_login(
    dovecot: Dovecot, mailbox_user: str, open_source: OpenSource, style: str
) -> None:
    dovecot.add_user(mailbox_user)
    dovecot.seed(mailbox_user, "INBOX", [(b"mine\r\n", (), DATE)])
    login = replace(
        dovecot.login(mailbox_user, ""),
        auth="admin",
        admin_user=MASTER_USER,
        admin_password=MASTER_PASSWORD,
        admin_style="authzid" if style == "authzid" else "user*master",
    )
    assert MASTER_PASSWORD not in repr(login)
    source = open_source(login)
    assert read(source, examined(source)) == {1: b"mine\r\n"}


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_certificates_are_verified(
    dovecot: Dovecot, mailbox_user: str, open_source: OpenSource, security: str
) -> None:
    dovecot.add_user(mailbox_user)
    login = dovecot.login(mailbox_user)
    if security == "starttls":
        login = replace(login, port=dovecot.imap_port, security="starttls")
    unknown_ca = raised(lambda: open_source(replace(login, ca_file=None)))
    # Resolved here without a name server; the certificate names 127.0.0.1 only.
    other_name = raised(lambda: open_source(replace(login, host="127.1")))
    for error in (unknown_ca, other_name):
        assert isinstance(error, SourceError) and error.code == "source-certificate"


def test_a_large_message_is_spooled(
    dovecot: Dovecot, mailbox_user: str, open_source: OpenSource, spool: Path
) -> None:
    dovecot.add_user(mailbox_user)
    data = b"Subject: large\r\n\r\n" + os.urandom(3_000_000).hex().encode()
    dovecot.seed(mailbox_user, "INBOX", [(data, (), DATE), (b"\r\n", (), DATE)])
    source = open_source(dovecot.login(mailbox_user))
    for fetched in source.fetch([(uid, 0) for uid in examined(source)]):
        assert isinstance(fetched.body, Body)
        files = list(spool.iterdir())
        if fetched.uid == 1:
            assert [file.stat().st_size for file in files] == [len(data)]
            assert stat.S_IMODE(files[0].stat().st_mode) == 0o600
            assert fetched.body.sha256() == hashlib.sha256(data).hexdigest()
        fetched.body.discard()
    assert list(spool.iterdir()) == []


def test_memory_stays_flat(
    dovecot: Dovecot, mailbox_user: str, open_source: OpenSource, spool: Path
) -> None:
    dovecot.add_user(mailbox_user)
    data = b"Subject: 40 MiB\r\n\r\n" + (b"x" * 998 + b"\r\n") * 42_000
    dovecot.seed(mailbox_user, "INBOX", [(data, (), DATE)])
    size = len(data)
    del data
    source = open_source(dovecot.login(mailbox_user))
    uids = examined(source)
    tracemalloc.start()
    try:
        (fetched,) = source.fetch([(uid, 0) for uid in uids])
        assert isinstance(fetched.body, Body) and fetched.body.size == size > 40 << 20
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 << 20


def test_many_uids(dovecot: Dovecot, mailbox_user: str, open_source: OpenSource) -> None:
    dovecot.add_user(mailbox_user)
    messages = [(b"Subject: %d\r\n\r\n" % number, (), DATE) for number in range(1200)]
    dovecot.seed(mailbox_user, "INBOX", messages)
    source = open_source(dovecot.login(mailbox_user))
    uids = examined(source)
    assert [listed.uid for listed in source.scan(uids)] == uids == list(range(1, 1201))
    odd = uids[::2]
    served = read(source, odd)
    assert served == {uid: b"Subject: %d\r\n\r\n" % (uid - 1) for uid in odd}


def test_stopping_early_cuts_the_connection(
    dovecot: Dovecot, mailbox_user: str, open_source: OpenSource
) -> None:
    dovecot.add_user(mailbox_user)
    dovecot.seed(mailbox_user, "INBOX", [(b"x" * 5000, (), DATE)] * 9)

    def stopped() -> tuple[ImapSource, Iterator[Fetched]]:
        source = open_source(dovecot.login(mailbox_user), batch_bytes=5000)
        bodies = source.fetch([(uid, 5000) for uid in examined(source)])
        next(bodies)
        return source, bodies

    # The next command would be given answers that were meant for the reader …
    for command in (
        ImapSource.uids,
        ImapSource.folders,
        lambda source: list(source.fetch([(9, 5000)])),
    ):
        source, bodies = stopped()
        assert raised(partial(command, source)).code == "source-lost"
        assert raised(partial(list, bodies)).code == "source-lost"
    # … which may be gone by then.
    source, bodies = stopped()
    del bodies
    assert raised(lambda: list(source.fetch([(9, 5000)]))).code == "source-lost"
    source, bodies = stopped()
    source.close()
    assert raised(partial(list, bodies)).code == "source-lost"
