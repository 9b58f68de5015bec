"""Connecting and logging in to servers that refuse, hang or lie."""

from __future__ import annotations

import socket
from base64 import b64decode, b64encode
from dataclasses import replace

import pytest

from migrate.errors import SourceError, SourceLost, UsageError

from .certificate import Certificate
from .conftest import OpenSource
from .dovecot import free_port
from .scripted_imap import HANG, HANG_UP, OK, ScriptedImap, scripted_imap
from .source_errors import raised

SECRET = "pass word"


def logins(server: ScriptedImap) -> list[bytes]:
    return [c for c in server.commands if c.startswith((b"LOGIN", b"AUTHENTICATE"))]


@pytest.mark.parametrize("offered", [b"AUTH=PLAIN", b"AUTH=PLAIN SASL-IR"])
@pytest.mark.parametrize("password", [SECRET, '秘密 "ü\\'])
def test_sasl_plain(
    scripted: ScriptedImap, open_source: OpenSource, offered: bytes, password: str
) -> None:
    scripted.capabilities += b" " + offered
    open_source(replace(scripted.login, password=password))
    (command,) = logins(scripted)
    assert b64decode(command.split()[2]).decode() == f"\0ann\0{password}"


@pytest.mark.parametrize(
    ("user", "password", "sent"),
    [
        ("ann", 'a"b\\c', rb'"ann" "a\"b\\c"'),
        ("ann", "秘密", b'"ann" {6}\r\n' + "秘密".encode()),
        ("用", "x", b"{3}\r\n" + "用".encode() + b' "x"'),
    ],
)
def test_login_without_sasl(
    scripted: ScriptedImap, open_source: OpenSource, user: str, password: str, sent: bytes
) -> None:
    open_source(replace(scripted.login, user=user, password=password))
    assert logins(scripted) == [b"LOGIN " + sent]


def test_id_comes_before_the_login(scripted: ScriptedImap, open_source: OpenSource) -> None:
    scripted.capabilities += b" ID"
    scripted.on(b"ID", b"TAG NO we do not care\r\n")
    open_source(scripted.login)
    words = [command.split()[0] for command in scripted.commands]
    assert words.index(b"ID") < words.index(b"LOGIN")


def test_no_way_to_log_in(scripted: ScriptedImap, open_source: OpenSource) -> None:
    scripted.capabilities += b" LOGINDISABLED AUTH=GSSAPI"
    error = raised(lambda: open_source(scripted.login), secret=SECRET)
    assert error.code == "source-no-login-method"
    assert error.params["offered"] == "AUTH=GSSAPI"
    scripted.capabilities = b"IMAP4rev1"
    admin = replace(scripted.login, auth="admin", admin_user="root", admin_password=SECRET)
    assert raised(lambda: open_source(admin)).code == "source-no-login-method"
    assert logins(scripted) == []


@pytest.mark.parametrize("offered", [b"", b" AUTH=PLAIN", b" AUTH=PLAIN SASL-IR"])
def test_a_refusal_shows_no_secret(
    scripted: ScriptedImap,
    open_source: OpenSource,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    offered: bytes,
) -> None:
    caplog.set_level("DEBUG")
    scripted.capabilities += offered
    plain = b64encode(f"\0ann\0{SECRET}".encode())
    scripted.on(b"LOGIN|AUTH", b"TAG NO bad: %s / %s\r\n" % (SECRET.encode(), plain))
    error = raised(lambda: open_source(scripted.login), secret=SECRET)
    assert error.code == "source-login-refused" and not isinstance(error, SourceLost)
    assert plain.decode() not in str(error)
    said = caplog.text + "".join(capfd.readouterr())
    assert SECRET not in said and plain.decode() not in said
    assert SECRET not in repr(scripted.login)


def test_a_quoted_secret_that_is_repeated_is_not_shown(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    login = replace(scripted.login, password='pass"word\\here')
    scripted.on(b"LOGIN", b'TAG NO bad: "ann" "pass\\"word\\\\here"\r\n')
    error = raised(lambda: open_source(login))
    assert "word" not in str(error) and "bad" in str(error)


def test_a_challenge_after_the_password_is_cancelled(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    scripted.capabilities += b" AUTH=PLAIN SASL-IR"
    scripted.on(b"AUTH", b"+ eyJzdGF0dXMiOiI0MDAifQ==\r\n")
    scripted.on(rb"$", b"H1 NO refused\r\n")  # the "*" that cancels, read as a tag
    error = raised(lambda: open_source(scripted.login))
    assert error.code == "source-login-refused"


def test_a_busy_server_is_worth_another_try(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    scripted.on(b"LOGIN", b"TAG NO [UNAVAILABLE] later\r\n")
    error = raised(lambda: open_source(scripted.login), secret=SECRET)
    assert isinstance(error, SourceLost) and error.code == "source-busy"


@pytest.mark.parametrize(
    ("greeting", "code"),
    [
        (b"* BYE too many connections\r\n" + HANG_UP, "source-busy"),
        (b"220 smtp.example.org ESMTP\r\n", "source-unreachable"),
        (HANG_UP, "source-unreachable"),
    ],
)
def test_greetings(
    scripted: ScriptedImap, open_source: OpenSource, greeting: bytes, code: str
) -> None:
    scripted.greeting = greeting
    error = raised(lambda: open_source(scripted.login))
    assert isinstance(error, SourceError) and error.code == code


def test_time_outs(scripted: ScriptedImap, open_source: OpenSource) -> None:
    login = scripted.impatient_login
    scripted.on(b"LOGIN", HANG)
    lost = raised(lambda: open_source(login), secret=SECRET)
    assert isinstance(lost, SourceLost) and lost.code == "source-timeout"
    scripted.greeting = HANG
    silent = raised(lambda: open_source(login))
    assert silent.code == "source-timeout" and not isinstance(silent, SourceLost)


def test_nobody_there(scripted: ScriptedImap, open_source: OpenSource) -> None:
    port = free_port()
    assert raised(lambda: open_source(replace(scripted.login, port=port))).code == (
        "source-unreachable"
    )


def test_unknown_host(
    scripted: ScriptedImap, open_source: OpenSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    login = replace(scripted.login, host="mail.example.org")
    assert raised(lambda: open_source(login)).code == "source-unknown-host"


@pytest.mark.parametrize("answer", [b"TAG NO not today\r\n", b"TAG BAD what?\r\n", None])
def test_no_starttls_means_no_password(
    scripted: ScriptedImap, open_source: OpenSource, answer: bytes | None
) -> None:
    if answer:
        scripted.capabilities += b" STARTTLS"
        scripted.on(b"STARTTLS", answer)
    login = replace(scripted.login, security="starttls")
    error = raised(lambda: open_source(login), secret=SECRET)
    assert error.code == "source-no-starttls"
    assert logins(scripted) == []


def test_a_preauthenticated_session_in_the_clear_is_no_starttls(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    scripted.capabilities += b" STARTTLS"
    scripted.greeting = b"* PREAUTH welcome\r\n"
    login = replace(scripted.login, security="starttls")
    assert raised(lambda: open_source(login)).code == "source-no-starttls"


def test_what_was_offered_before_starttls_does_not_count(
    certificate: Certificate, open_source: OpenSource
) -> None:
    with scripted_imap(certificate) as server:
        server.capabilities += b" STARTTLS LOGINDISABLED"
        # The answer and the greeting of an attacker behind it, in one packet.
        server.on(b"STARTTLS", OK)
        login = replace(server.login, security="starttls", ca_file=certificate.ca, password=SECRET)
        assert raised(lambda: open_source(login)).code == "source-no-login-method"
        server.capabilities = b"IMAP4rev1 STARTTLS"
        assert open_source(login).folders()


def test_tls_with_a_server_that_speaks_none(
    scripted: ScriptedImap, open_source: OpenSource, certificate: Certificate
) -> None:
    login = replace(scripted.login, security="tls", ca_file=certificate.ca)
    assert raised(lambda: open_source(login)).code == "source-tls"
    missing = replace(login, ca_file=certificate.ca.with_name("missing.pem"))
    assert isinstance(raised(lambda: open_source(missing)), UsageError)
    no_key = replace(login, client_cert=certificate.ca)
    assert raised(lambda: open_source(no_key)).code == "source-pem"


def test_implicit_tls(certificate: Certificate, open_source: OpenSource) -> None:
    with scripted_imap(certificate, implicit_tls=True) as server:
        login = replace(server.login, security="tls", ca_file=certificate.ca)
        assert [folder.name for folder in open_source(login).folders()] == ["INBOX"]
