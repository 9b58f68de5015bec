"""Open a session: TCP, TLS, login. Only ever in the clear if the user has asked for that."""

from __future__ import annotations

import imaplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from imapclient import IMAPClient, SocketTimeout

from migrate.errors import SourceError, SourceLost, SourceUnreached, UsageError
from migrate.source.login import Login
from migrate.source.providers import Seen
from migrate.source.sasl import log_in
from migrate.source.traffic import Meter
from migrate.source.wire import Refused, Wait, Wire, readable

_LOGOUT_TIMEOUT = 5.0
_PATIENCE = 120.0  # seconds of a session for a server that is busy and does not say how long


@dataclass(frozen=True, slots=True)
class Session:
    """A connection that is encrypted and logged in."""

    client: IMAPClient
    wire: Wire
    offered: frozenset[bytes]
    """Capabilities in upper case."""
    seen: Seen
    qresync: bool
    """Enabled (RFC 7162 3.2.3): what is gone is told by UID, as VANISHED and never as EXPUNGE."""

    def close(self) -> None:
        """Log out; never raises."""
        with suppress(Exception):
            self.wire.ready()
            if not self.wire.closed:
                self.client.socket().settimeout(_LOGOUT_TIMEOUT)
                self.client.logout()
        self.wire.close()


def open_session(
    login: Login, spool: Path, spool_over: int, wait: Wait, meter: Meter | None = None
) -> Session:
    """Raises SourceError, or UsageError for a PEM file that can't be read."""
    client = _connect(login)
    wire = Wire(client._imap, spool, spool_over, wait, meter)
    greeting = readable(client.welcome or b"")
    try:
        if login.security == "starttls":
            _starttls(client, login)
        with _explained(login):
            offered = frozenset(client.capabilities())
        before = _introduce(wire, offered)
        log_in(wire, login, offered)
        offered = _capabilities(wire)
        identity = _introduce(wire, offered) or before
        qresync = {b"ENABLE", b"QRESYNC"} <= offered and _enable(wire, b"QRESYNC")
    except BaseException:
        wire.close()
        raise
    wire.be_patient(_PATIENCE)
    capabilities = frozenset(readable(each) for each in offered)
    seen = Seen(login.host, greeting, identity, capabilities)
    return Session(client, wire, offered, seen, qresync)


def _capabilities(wire: Wire) -> frozenset[bytes]:
    """In upper case (RFC 9051 6.1.1)."""
    words = (response.text.upper().split() for response in wire.run(b"CAPABILITY"))
    return frozenset(word for first, *rest in words if first == b"CAPABILITY" for word in rest)


def _enable(wire: Wire, extension: bytes) -> bool:
    """Whether it is enabled now (RFC 9051 6.3.1): only before the first folder is opened."""
    with suppress(Refused):
        return any(
            response.status == b"ENABLED" and extension in response.text.upper().split()
            for response in wire.run(b"ENABLE", extension)
        )
    return False


def _introduce(wire: Wire, offered: frozenset[bytes]) -> str:
    """Say who we are (RFC 2971): some providers refuse a client that does not. Their answer."""
    if b"ID" in offered:
        ours = b'("name" "mailhaul" "version" "%s")' % version("mailhaul").encode()
        with suppress(Refused):
            answers = wire.run(b"ID", ours)
            return " ".join(readable(each.text) for each in answers if each.status == b"ID")
    return ""


def _context(login: Login) -> ssl.SSLContext:
    path = login.ca_file
    try:
        if not login.client_cert:
            return _shared(path, path.stat().st_mtime_ns if path else 0)
        context = _trusting(path)
        path = login.client_cert
        context.load_cert_chain(path, password=lambda: login.client_cert_password)
    except OSError as error:
        raise UsageError("source-pem", path=path, reason=error.strerror or str(error)) from error
    return context


@cache
def _shared(ca_file: Path | None, _as_of: int) -> ssl.SSLContext:
    """One for all connections: to read the system's certificates is half of what one costs us."""
    return _trusting(ca_file)


def _trusting(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(ca_file)
    return context


@contextmanager
def _explained(login: Login) -> Iterator[None]:
    """Turn what can go wrong before the login into SourceError; SourceLost if it may pass."""
    where: dict[str, object] = {"host": login.host, "port": login.port}
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise SourceError("source-certificate", **where, reason=error.verify_message) from error
    except ssl.SSLError as error:
        if "CERTIFICATE_REQUIRED" in (error.reason or ""):
            raise SourceError("source-client-cert", **where) from error
        raise SourceError("source-tls", **where, reason=error.reason or str(error)) from error
    except socket.gaierror as error:
        kind = SourceUnreached if error.errno == socket.EAI_AGAIN else SourceError
        raise kind("source-unknown-host", **where) from error
    except TimeoutError as error:
        raise SourceUnreached("source-timeout", **where) from error
    except (OSError, imaplib.IMAP4.abort) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceUnreached("source-unreachable", **where, reason=reason) from error
    except imaplib.IMAP4.error as error:
        welcome = error.args[0] if error.args else b""
        answer = readable(welcome if isinstance(welcome, bytes) else str(welcome).encode())
        if answer.upper().startswith("* BYE"):
            raise SourceLost("source-busy", **where, answer=answer) from error
        raise SourceError("source-not-imap", **where, answer=answer) from error


def _connect(login: Login) -> IMAPClient:
    tls = login.security == "tls"
    with _explained(login):
        return IMAPClient(
            login.host,
            login.port,
            ssl=tls,
            ssl_context=_context(login) if tls else None,
            timeout=SocketTimeout(login.connect_timeout, login.read_timeout),
        )


def _starttls(client: IMAPClient, login: Login) -> None:
    """RFC 9051 6.2.1. Whatever goes wrong, nothing is sent in the clear after it."""
    with _explained(login):
        try:
            client.starttls(_context(login))
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:  # not offered, refused, or PREAUTH
            raise SourceError("source-no-starttls", host=login.host, port=login.port) from error
