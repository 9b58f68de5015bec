"""The embedded IMAP server hands out exactly the mail it was given, over verified TLS."""

from __future__ import annotations

import socket
import ssl
import stat
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import imapclient
import pytest
from imapclient.exceptions import LoginError

from migrate.demo import imap
from migrate.demo.imap import Running, embedded_imap
from migrate.demo.mail import EMPTY_FOLDERS, OWNER, SampleMessage, sample
from migrate.errors import SourceError, UsageError

pytest.importorskip("pymap")

PASSWORD = 'pass "wörd" \\ 合言葉'
PLAIN = 'pass "word" \\'


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with embedded_imap(sample(), OWNER, PLAIN, EMPTY_FOLDERS) as server:
        yield server


@pytest.fixture
def client(running: Running) -> Iterator[imapclient.IMAPClient]:
    with _connect(running) as connection:
        connection.login(OWNER, PLAIN)
        yield connection


def test_every_message_comes_back_with_bytes_flags_and_date(client: imapclient.IMAPClient) -> None:
    client.normalise_times = False
    served: list[tuple[str, bytes, frozenset[bytes], datetime]] = []
    for attributes, _, folder in client.list_folders():
        if b"\\Noselect" not in attributes:
            client.select_folder(folder, readonly=True)
            for item in _fetch(client, "BODY.PEEK[]", "FLAGS", "INTERNALDATE"):
                flags = frozenset(item[b"FLAGS"])
                served.append((folder, item[b"BODY[]"], flags, item[b"INTERNALDATE"]))
    given = [
        (m.folder, m.raw, frozenset(flag.encode() for flag in m.flags), m.internal_date)
        for m in sample()
    ]
    assert sorted(served, key=lambda each: each[0]) == given


def test_folders_are_listed_with_the_empty_one(client: imapclient.IMAPClient) -> None:
    listed = {name: attributes for attributes, _, name in client.list_folders()}
    assert listed.keys() >= {message.folder for message in sample()} | set(EMPTY_FOLDERS)
    assert b"\\Noselect" in listed["プロジェクト"]
    assert client.select_folder(EMPTY_FOLDERS[0], readonly=True)[b"EXISTS"] == 0


def test_bytes_that_mail_should_not_have_survive() -> None:
    raw = b"Subject: \x93\xfa\x96{\r\n\r\nbare\nlf, bare\rcr, nul \x00, no end of line"
    message = SampleMessage("A & B/日本", raw, frozenset({"$Forwarded"}), sample()[0].internal_date)
    with embedded_imap([message], OWNER, PASSWORD) as server, _connect(server) as connection:
        connection.plain_login(OWNER, PASSWORD)
        connection.select_folder("A & B/日本", readonly=True)
        assert [each[b"BODY[]"] for each in _fetch(connection, "BODY.PEEK[]")] == [raw]


def test_identical_messages_share_an_emailid(client: imapclient.IMAPClient) -> None:
    by_id: dict[bytes, set[bytes]] = {}
    for folder in sorted({message.folder for message in sample()}):
        client.select_folder(folder, readonly=True)
        for item in _fetch(client, "BODY.PEEK[]", "EMAILID"):
            by_id.setdefault(item[b"EMAILID"][0], set()).add(item[b"BODY[]"])
    assert len(by_id) == len({message.raw for message in sample()})
    assert all(len(bodies) == 1 for bodies in by_id.values())


def test_a_wrong_password_is_refused(running: Running) -> None:
    with _connect(running) as connection, pytest.raises(LoginError):
        connection.login(OWNER, "wrong")


def test_an_unknown_authority_is_refused(running: Running) -> None:
    with (
        socket.create_connection((running.host, running.port)) as plain,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        ssl.create_default_context().wrap_socket(plain, server_hostname=running.host)


def test_files_are_private(running: Running) -> None:
    assert stat.S_IMODE(running.ca_file.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE((running.ca_file.parent / "tls-key.pem").stat().st_mode) == 0o600


def test_leaving_stops_the_server_and_removes_its_files() -> None:
    with pytest.raises(KeyError), embedded_imap([], OWNER, PLAIN) as server:
        raise KeyError
    assert not server.ca_file.parent.exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((server.host, server.port))


def test_without_pymap_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match="demo-needs-pymap"), embedded_imap([], OWNER, PLAIN):
        pass


def test_a_server_that_does_not_start_is_a_source_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(SourceError, match="demo-imap-failed"), embedded_imap([], OWNER, PLAIN):
        pass


def _connect(server: Running) -> imapclient.IMAPClient:
    context = ssl.create_default_context(cafile=str(server.ca_file))
    return imapclient.IMAPClient(server.host, server.port, ssl_context=context, timeout=30)


def _fetch(connection: imapclient.IMAPClient, *items: str) -> list[dict[bytes, Any]]:
    """The items of every message of the open folder, in the order of UIDs."""
    return [item for _, item in sorted(connection.fetch(connection.search(), items).items())]
