"""The whole migration of the mailboxes with every case, done once for all tests that look at it."""

from __future__ import annotations

import hashlib
import imaplib
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from imapclient.imap_utf7 import encode

from migrate.sandbox.embed import Running
from tests.sandboxes import running

from ..certificate import make_certificate
from ..dovecot import Dovecot, raw_fetch
from ..migration import Done, Gmail, Migration, Stored, uploads
from .attachments import attachments
from .bodies import bodies, headers, mime
from .case import OWNER, Case, Place
from .copies import copies, flags, sent_and_drafts
from .dates import dates
from .director import Connect, directing
from .folders import EMPTY, FOLDERS, REFUSED, TOLD, Named, filed
from .odd_server import OddServer
from .seeding import Lying, lying, seed
from .senders import idents, senders
from .strange import NAMES, boxes, names, strange

USER, STRANGER = "everything", "stranger"
STRANGE_OWNER = "stranger@example.org"
TARGETS = {USER: OWNER, STRANGER: STRANGE_OWNER}
LABELS: Mapping[str, Mapping[str, Named]] = {
    USER: {TOLD.get(name, name): named for name, named in FOLDERS.items()},
    STRANGER: {"INBOX": Named("INBOX"), "Vacant": Named("Vacant")} | dict(NAMES.values()),
}


def everything() -> list[Case]:
    """Of the first mailbox."""
    parts = (senders, idents, dates, headers, bodies, mime, attachments, copies, flags)
    return [case for part in (*parts, sent_and_drafts, filed) for case in part()]


@dataclass(frozen=True, slots=True)
class Message:
    """A case, its bytes as they come over the wire, and where its copies are."""

    user: str
    case: Case
    wire: bytes
    copies: tuple[tuple[Place, int], ...]
    """Folder and flags, and the UID."""

    @property
    def ident(self) -> str:
        """The Message-ID that follows from the content."""
        return f"<{hashlib.sha256(self.wire).hexdigest()[:40]}@mailhaul.invalid>"


@dataclass
class Moved:
    sandbox: Running
    migration: Migration
    began: datetime
    planned: Done
    deep: Done
    ran: Done
    verified: Done
    reported: Done
    again: Done
    uploads: tuple[int, int]
    """After the first run, and after the second."""
    before: Any
    after: Any
    """UIDs and flags at the source."""
    messages: list[Message]
    stored: Mapping[str, list[Stored]]


@contextmanager
def moved(dovecot: Dovecot, data: Path) -> Iterator[Moved]:
    cases = everything()
    content = lying(cases, EMPTY)
    dovecot.add_user(USER)
    seed(dovecot, USER, content)
    seed(dovecot, USER, {folder: [] for folder in REFUSED})
    odd = list(strange())
    with ExitStack() as stack:
        server = OddServer(boxes(odd))
        stack.callback(server.close)
        certificate = make_certificate(data)
        backends: dict[str, Connect] = {
            USER: lambda: _to_dovecot(dovecot),
            STRANGER: lambda: socket.create_connection((server.host, server.port)),
        }
        director = stack.enter_context(directing(certificate, backends))
        sandbox = stack.enter_context(running(data / "sandbox", ",".join(TARGETS.values())))
        migration = Migration(data / "move")
        accounts = dict.fromkeys(TARGETS.items(), "secret")
        url = f"imaps://{director.host}:{director.port}"
        migration.write(url, certificate.ca, sandbox, accounts)
        before = session(dovecot, USER)
        began = datetime.now(UTC)
        planned = migration("plan", "--json")
        deep = migration("plan", "--deep", "--json")
        ran = migration("run", "--json")
        first = uploads(sandbox)
        yield Moved(
            sandbox,
            migration,
            began,
            planned,
            deep,
            ran,
            migration("verify", "--deep", "--json"),
            migration("report", "--json"),
            migration("run", "--json"),
            (first, uploads(sandbox)),
            before,
            session(dovecot, USER),
            [*_on_the_wire(dovecot, content), *_scripted(odd)],
            {user: Gmail(sandbox, target).messages() for user, target in TARGETS.items()},
        )


def _to_dovecot(dovecot: Dovecot) -> socket.socket:
    context = ssl.create_default_context(cafile=str(dovecot.ca))
    plain = socket.create_connection((dovecot.host, dovecot.imaps_port))
    return context.wrap_socket(plain, server_hostname=dovecot.host)


def wire_name(folder: str) -> str:
    """Modified UTF-7, for a quoted string."""
    coded: bytes = encode(folder)
    return coded.decode().replace("\\", "\\\\").replace('"', '\\"')


def _on_the_wire(dovecot: Dovecot, content: Lying) -> Iterator[Message]:
    """What the server hands out, read with nothing but a socket."""
    found: dict[str, tuple[Case, bytes, list[tuple[Place, int]]]] = {}
    for folder, mail in content.items():
        where = (dovecot.host, dovecot.imaps_port, dovecot.ca, USER, "secret", wire_name(folder))
        bodies = raw_fetch(*where) if mail else {}
        assert list(bodies) == list(range(1, len(mail) + 1)), folder
        for (case, place), (uid, wire) in zip(mail, bodies.items(), strict=True):
            told = (TOLD.get(folder, folder), place[1])
            found.setdefault(case.name, (case, wire, []))[2].append((told, uid))
    for case, wire, places in found.values():
        yield Message(USER, case, wire, tuple(places))


def _scripted(odd: list[tuple[Case, Any]]) -> Iterator[Message]:
    for uid, (case, one) in enumerate(odd, 1):
        yield Message(STRANGER, case, one.raw, ((case.places[0], uid),))
    for folder, case, one, _ in names():
        if dict(NAMES.values())[folder].label:
            yield Message(STRANGER, case, one.raw, ((case.places[0], 1),))


def session(dovecot: Dovecot, user: str) -> dict[str, list[bytes]]:
    """Folder → what FETCH says of its UIDs and flags."""
    context = ssl.create_default_context(cafile=str(dovecot.ca))
    with imaplib.IMAP4_SSL(dovecot.host, dovecot.imaps_port, ssl_context=context) as imap:
        imap.login(user, "secret")
        seen: dict[str, list[bytes]] = {}
        for folder in FOLDERS:
            answer, _ = imap.select(f'"{wire_name(folder)}"', readonly=True)
            assert answer == "OK", folder
            lines = imap.uid("FETCH", "1:*", "(FLAGS INTERNALDATE)")[1]
            seen[folder] = [
                re.sub(rb" ?\\Recent", b"", line) for line in lines if isinstance(line, bytes)
            ]
        return seen
