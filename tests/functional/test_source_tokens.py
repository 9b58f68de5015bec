"""Logging in to the source with tokens and certificates, and what servers refuse then."""

from __future__ import annotations

import json
import shutil
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from errno import ENOSPC
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from migrate import credentials
from migrate.credentials import Secret, SecretRef
from migrate.errors import SourceError, SourceLost, UsageError
from migrate.rotating import RefreshToken, unkept
from migrate.source.grants import App, by_client_credentials, by_refresh_token
from migrate.source.login import Auth, Login
from migrate.source.tokens import Token, Tokens

from .certificate import Certificate, make_certificate
from .conftest import OpenSource
from .dovecot import BINARY, Dovecot, running_dovecot
from .scripted_imap import HANG_UP, ScriptedImap, scripted_imap
from .source_errors import raised
from .token_endpoint import TokenEndpoint, jwt, token_endpoint

OWNER = "owner"
KEY = b"a key that only Dovecot and the endpoint have"
REFRESH, SECRET, ACCESS = "1//refresh-token", "client secret", "ya29.access-token"

_CONFIG = """
auth_mechanisms = plain xoauth2 oauthbearer external
ssl_ca = <{dir}/ca.pem
ssl_require_crl = no
ssl_verify_client_cert = yes
auth_ssl_require_client_cert = yes
auth_ssl_username_from_cert = yes
ssl_cert_username_field = commonName
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {dir}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = external
  args = nopassword
}}
"""


@dataclass(frozen=True)
class Strict:
    """A Dovecot that wants a client certificate, takes its owner for the user, and takes tokens."""

    dovecot: Dovecot
    client_cert: Path

    def login(self, auth: Auth, tokens: Tokens | None = None) -> Login:
        plain = self.dovecot.login(OWNER)
        return replace(plain, auth=auth, tokens=tokens, client_cert=self.client_cert)


@pytest.fixture(scope="module")
def strict() -> Iterator[Strict]:
    if not BINARY:
        pytest.skip("Dovecot is not installed (Debian package dovecot-imapd)")
    directory = Path(tempfile.mkdtemp(prefix="dovecot-strict-"))
    try:
        directory.chmod(0o755)
        made = make_certificate(directory, OWNER)
        client = directory / "client.pem"
        client.write_bytes(made.cert.read_bytes() + made.key.read_bytes())
        keys = directory / "keys" / "default" / "HS256"
        keys.mkdir(parents=True)
        (keys / "default").write_bytes(b64encode(KEY))
        (directory / "oauth2.conf").write_text(
            "introspection_mode = local\nusername_attribute = email\n"
            f"local_validation_key_dict = fs:posix:prefix={directory}/keys/\n"
        )
        with running_dovecot(_CONFIG.format(dir=directory)) as server:
            server.add_user(OWNER)
            yield Strict(server, client)
    finally:
        shutil.rmtree(directory)


@pytest.fixture
def endpoint() -> Iterator[TokenEndpoint]:
    with token_endpoint() as running:
        yield running


def app(endpoint: TokenEndpoint, scope: str | None = "mail") -> App:
    return App(endpoint.uri, "client", SECRET, scope)


def by_refresh(endpoint: TokenEndpoint, user: str = "ann") -> Tokens:
    return Tokens(by_refresh_token(app(endpoint), user, in_clear(user)))


def in_clear(user: str = "ann") -> RefreshToken:
    return RefreshToken(user, Secret(REFRESH))


def sent(server: ScriptedImap) -> list[bytes]:
    """What was said with AUTHENTICATE."""
    return [b64decode(c.split()[2]) for c in server.commands if c.startswith(b"AUTHENTICATE")]


@pytest.mark.dovecot
@pytest.mark.parametrize("auth", ["xoauth2", "oauthbearer"])
def test_dovecot_takes_a_token(
    strict: Strict,
    endpoint: TokenEndpoint,
    open_source: OpenSource,
    auth: Auth,
) -> None:
    endpoint.gives(jwt(OWNER, KEY))
    source = open_source(strict.login(auth, by_refresh(endpoint)))
    assert "INBOX" in [folder.name for folder in source.folders()]
    (form,) = endpoint.asked
    assert form == {
        "grant_type": "refresh_token",
        "refresh_token": REFRESH,
        "client_id": "client",
        "client_secret": SECRET,
        "scope": "mail",
    }


@pytest.mark.dovecot
@pytest.mark.parametrize("auth", ["xoauth2", "oauthbearer"])
def test_dovecot_refuses_a_token(
    strict: Strict, endpoint: TokenEndpoint, open_source: OpenSource, auth: Auth
) -> None:
    for token in (jwt(OWNER, KEY, seconds=-60), jwt("another", KEY), jwt("x", b"wrong")):
        endpoint.gives(token)
        login = strict.login(auth, by_refresh(endpoint))
        error = raised(lambda login=login: open_source(login), secret=token)  # type: ignore[misc]
        assert error.code == "source-token-rejected" and not isinstance(error, SourceLost)


@pytest.mark.dovecot
def test_a_token_that_ended_meanwhile_is_replaced_by_the_next(
    strict: Strict, endpoint: TokenEndpoint, open_source: OpenSource
) -> None:
    good, ended = jwt(OWNER, KEY), jwt(OWNER, KEY, seconds=-60)
    endpoint.gives(ended, good)
    tokens = by_refresh(endpoint)
    tokens.accepted(tokens.bearer(), OWNER)  # in a session before, which has broken
    login = strict.login("xoauth2", tokens)
    lost = raised(lambda: open_source(login))
    assert isinstance(lost, SourceLost) and lost.code == "source-token-rejected"
    assert open_source(login).folders()
    assert len(endpoint.asked) == 2


@pytest.mark.dovecot
def test_client_certificates(strict: Strict, open_source: OpenSource) -> None:
    login = strict.login("password")
    assert open_source(login).folders()
    without = replace(login, client_cert=None)
    assert isinstance(raised(lambda: open_source(without), secret="secret"), SourceError)


@pytest.mark.dovecot
def test_the_client_certificate_alone(strict: Strict, open_source: OpenSource) -> None:
    login = strict.login("external")
    assert open_source(login).folders()
    error = raised(lambda: open_source(replace(login, user="stranger")))
    assert error.code == "source-login-refused"


def test_a_server_that_demands_a_certificate(
    certificate: Certificate, open_source: OpenSource, tmp_path: Path
) -> None:
    made = make_certificate(tmp_path, OWNER)
    key = load_pem_private_key(made.key.read_bytes(), None)
    locked = key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(SECRET.encode())
    )
    client = tmp_path / "client.pem"
    client.write_bytes(made.cert.read_bytes() + locked)
    with scripted_imap(certificate, implicit_tls=True, client_ca=made.ca) as server:
        login = replace(server.login, security="tls", ca_file=certificate.ca)
        assert raised(lambda: open_source(login)).code == "source-client-cert"
        login = replace(login, client_cert=client, client_cert_password=SECRET)
        assert open_source(login).folders()
        for wrong in ("", "wrong"):  # never asked for on the terminal
            bad = replace(login, client_cert_password=wrong)
            error = raised(lambda bad=bad: open_source(bad))  # type: ignore[misc]
            assert isinstance(error, UsageError) and error.code == "source-pem"


@pytest.mark.parametrize("at_once", [b"", b" SASL-IR"])
def test_what_is_said(
    scripted: ScriptedImap, open_source: OpenSource, endpoint: TokenEndpoint, at_once: bytes
) -> None:
    scripted.capabilities += b" AUTH=XOAUTH2 AUTH=OAUTHBEARER AUTH=EXTERNAL" + at_once
    endpoint.gives(ACCESS)
    login = replace(scripted.login, user="a=b,c@example.org", tokens=by_refresh(endpoint))
    open_source(replace(login, auth="xoauth2"))
    open_source(replace(login, auth="oauthbearer"))
    open_source(replace(login, auth="external", tokens=None))
    assert sent(scripted) == [
        b"user=a=b,c@example.org\1auth=Bearer %s\1\1" % ACCESS.encode(),
        b"n,a=a=3Db=2Cc@example.org,\1host=127.0.0.1\1port=%d\1auth=Bearer %s\1\1"
        % (scripted.port, ACCESS.encode()),
        b"a=b,c@example.org",
    ]
    assert len(endpoint.asked) == 1


@pytest.mark.parametrize("auth", ["xoauth2", "oauthbearer", "external"])
def test_a_server_without_the_mechanism(
    scripted: ScriptedImap, open_source: OpenSource, auth: Auth
) -> None:
    scripted.capabilities += b" AUTH=PLAIN SASL-IR"
    tokens = Tokens(lambda: Token(ACCESS)) if auth != "external" else None
    login = replace(scripted.login, auth=auth, tokens=tokens)
    error = raised(lambda: open_source(login), secret=ACCESS)
    assert (error.code, error.params["offered"]) == ("source-no-login-method", "AUTH=PLAIN")
    assert sent(scripted) == []


def test_the_reason_comes_in_a_challenge(scripted: ScriptedImap, open_source: OpenSource) -> None:
    scripted.capabilities += b" AUTH=OAUTHBEARER SASL-IR"
    told = {"status": "400", "scope": "https://mail.google.com/", "seen": ACCESS}
    challenge = b64encode(json.dumps(told).encode())
    scripted.on(b"AUTH", b"+ " + challenge + b"\r\n")
    # What answers the challenge is read as a tag.
    scripted.on(b"$", b"H1 NO [AUTHENTICATIONFAILED] Invalid credentials, says TAG\r\n")
    login = replace(scripted.login, auth="oauthbearer", tokens=Tokens(lambda: Token(ACCESS)))
    error = raised(lambda: open_source(login), secret=ACCESS)
    assert error.code == "source-token-rejected"
    assert "https://mail.google.com/" in str(error.params["answer"])
    assert "says AQ==" in str(error.params["answer"])


@pytest.mark.parametrize(
    ("answer", "code", "lost"),
    [
        (
            b"NO [ALERT] Your account is not enabled for IMAP use. (Failure)",
            "source-imap-disabled",
            False,
        ),
        (b"NO [UNAVAILABLE] later", "source-busy", True),
        (b"NO [SERVERBUG] oops", "source-busy", True),
        (b"NO [THROTTLED] Account exceeded command limits.", "source-busy", True),
        (b"NO AUTHENTICATE failed.", "source-token-rejected", False),
        (
            b"NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)",
            "source-bandwidth",
            False,
        ),
    ],
)
def test_refusals(
    scripted: ScriptedImap, open_source: OpenSource, answer: bytes, code: str, lost: bool
) -> None:
    scripted.capabilities += b" AUTH=XOAUTH2 SASL-IR"
    scripted.on(b"AUTH", b"TAG " + answer + b"\r\n")
    login = replace(scripted.login, auth="xoauth2", tokens=Tokens(lambda: Token(ACCESS)))
    error = raised(lambda: open_source(login), secret=ACCESS)
    assert (error.code, isinstance(error, SourceLost)) == (code, lost)


def test_exchange_says_after_the_login_that_imap_is_off(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    scripted.on(b"LIST", b"TAG BAD User is authenticated but not connected.\r\n")
    source = open_source(scripted.login)
    assert raised(source.folders).code == "source-imap-disabled"


def test_a_session_that_ends_with_its_token_is_just_broken(
    scripted: ScriptedImap, open_source: OpenSource, endpoint: TokenEndpoint
) -> None:
    scripted.capabilities += b" AUTH=XOAUTH2 SASL-IR"
    endpoint.gives("one", "two", seconds=1)
    now = 0.0
    tokens = Tokens(by_refresh_token(app(endpoint), "ann", in_clear()), lambda: now)
    login = replace(scripted.login, auth="xoauth2", tokens=tokens)
    source = open_source(login)
    ended = b"* BYE Session invalidated - AccessTokenExpired\r\n" + HANG_UP
    scripted.on(b"LIST", ended, times=1)
    scripted.on(b"LIST", ended, times=1)
    now = 1.0
    assert [each.name for each in source.folders()] == ["INBOX"]
    bearers = [said.split(b"Bearer ")[1].strip(b"\1") for said in sent(scripted)]
    assert bearers[0] == b"one" and set(bearers[1:]) == {b"two"}


def test_tokens_are_kept_as_long_as_they_last() -> None:
    now, given = 0.0, iter(("a", "b", "c", "d"))
    tokens = Tokens(lambda: Token(next(given), 3600), lambda: now)
    assert [tokens.bearer(), tokens.bearer()] == ["a", "a"]
    now = 3299.0
    assert tokens.bearer() == "a"
    now = 3300.0
    assert tokens.bearer() == "b"
    tokens.accepted("a", "ann")  # too late to say anything of the next one
    assert not tokens.refused("b", "ann") and tokens.bearer() == "b"
    tokens.accepted("b", "ann")
    assert tokens.refused("b", "ann") and tokens.bearer() == "c"
    assert tokens.refused("b", "ann") and tokens.bearer() == "c"  # another thread was faster


def test_one_mailbox_that_no_token_opens_costs_the_others_nothing() -> None:
    now, given = 0.0, iter(("a", "b", "c"))
    tokens = Tokens(lambda: Token(next(given), 3600), lambda: now)
    tokens.accepted(tokens.bearer(), "ann")
    assert not tokens.refused("a", "bob") and tokens.bearer() == "a"
    now = 301.0  # it may have been revoked since
    assert tokens.refused("a", "bob") and tokens.bearer() == "b"
    assert not tokens.refused("b", "bob") and tokens.bearer() == "b"
    assert ACCESS not in repr(Token(ACCESS))


@pytest.fixture
def kept(tmp_path: Path) -> SecretRef:
    """A refresh token in a file."""
    path = tmp_path / "token"
    path.touch(0o600)
    path.write_text(f"{REFRESH}\r\nof ann, since May\n", newline="")
    return SecretRef(file=path)


@pytest.mark.parametrize("clear", [True, False])
def test_a_refresh_token_that_changes(
    endpoint: TokenEndpoint, kept: SecretRef, clear: bool
) -> None:
    endpoint.gives("a", "b", "c", refresh_token="the next", seconds=None)
    place = in_clear() if clear else RefreshToken("ann", kept)
    renew = by_refresh_token(replace(app(endpoint, None), client_secret=None), "ann", place)
    assert [renew().value, renew().value] == ["a", "b"]
    assert [form["refresh_token"] for form in endpoint.asked] == [REFRESH, "the next"]
    assert set(endpoint.asked[0]) == {"grant_type", "refresh_token", "client_id"}
    assert [(each.code, each.users) for each in unkept()] == [
        ("secret-not-stored", ("ann",))
    ] * clear
    assert unkept() == []


def test_a_new_refresh_token_is_stored_where_the_old_one_was(
    endpoint: TokenEndpoint, kept: SecretRef
) -> None:
    endpoint.gives("a", refresh_token="the next")
    path = kept.file or Path()
    link = path.with_name("link")
    link.symlink_to(path)
    by_refresh_token(app(endpoint), "ann", RefreshToken("ann", SecretRef(file=link)))()
    assert path.read_bytes() == b"the next\r\nof ann, since May\n"
    assert path.stat().st_mode & 0o777 == 0o600 and link.is_symlink()


def test_another_process_replaces_the_refresh_token(
    endpoint: TokenEndpoint, kept: SecretRef
) -> None:
    endpoint.gives("a")
    renew = by_refresh_token(app(endpoint), "ann", RefreshToken("ann", kept))
    kept.store("by another")
    renew()
    (kept.file or Path()).unlink()
    renew()
    assert [form["refresh_token"] for form in endpoint.asked] == ["by another"] * 2


def test_a_place_that_takes_no_new_refresh_token(
    endpoint: TokenEndpoint, kept: SecretRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the old one there is not read again either; and it is stored as soon as it can be."""
    endpoint.gives("a", refresh_token="the next")
    renew = by_refresh_token(app(endpoint), "ann", RefreshToken("ann", kept))

    def full(path: Path, data: bytes) -> None:
        raise OSError(ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(credentials, "replace", full)
        renew()
        renew()
    (error,) = unkept()
    assert (error.code, error.params["place"]) == ("secret-unwritable", kept.file)
    endpoint.gives("b", refresh_token="the third")
    renew()
    assert [form["refresh_token"] for form in endpoint.asked] == [REFRESH, "the next", "the next"]
    assert kept.resolve().reveal() == "the third" and unkept() == []


def test_one_app_for_all_mailboxes(endpoint: TokenEndpoint) -> None:
    endpoint.gives("a", scope="other words")
    token = by_client_credentials(app(endpoint, "https://outlook.office365.com/.default"))()
    assert (token.value, token.seconds) == ("a", 3600)
    assert endpoint.asked == [
        {
            "grant_type": "client_credentials",
            "client_id": "client",
            "client_secret": SECRET,
            "scope": "https://outlook.office365.com/.default",
        }
    ]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("invalid_grant", "source-grant-ended"),
        ("invalid_client", "source-oauth-client"),
        ("unauthorized_client", "source-oauth-client"),
        ("invalid_scope", "source-oauth-scope"),
        ("something_new", "source-token-refused"),
    ],
)
def test_what_the_endpoint_refuses(endpoint: TokenEndpoint, error: str, code: str) -> None:
    endpoint.refuses(error, f"AADSTS: {SECRET}\r\nand {REFRESH} ended", 401)
    found = raised(by_refresh_token(app(endpoint), "ann", in_clear()), secret=SECRET)
    assert (found.code, found.params["user"]) == (code, "ann")
    assert REFRESH not in str(found.params) and "AADSTS: … and … ended" in str(found.params)
    assert raised(by_client_credentials(app(endpoint)), secret=SECRET).code == code


@pytest.mark.parametrize("status", [200, 308, 404])
def test_what_is_no_endpoint(endpoint: TokenEndpoint, status: int) -> None:
    endpoint.answers = [(status, "<html>log in to the proxy</html>")]
    assert raised(by_client_credentials(app(endpoint))).code == "source-token-refused"
    endpoint.answers = [(status, "[1]")]
    assert raised(by_client_credentials(app(endpoint))).code == "source-token-refused"
    assert len(endpoint.asked) == 2  # a redirect is not followed


def test_an_endpoint_that_is_busy_or_away(endpoint: TokenEndpoint) -> None:
    endpoint.answers = [(503, "later")]
    busy = raised(by_client_credentials(app(endpoint)), secret=SECRET)
    assert (busy.code, isinstance(busy, SourceLost)) == ("source-token-busy", True)
    away = replace(app(endpoint), token_uri="http://127.0.0.1:1/token")
    lost = raised(by_client_credentials(away), secret=SECRET)
    assert (lost.code, isinstance(lost, SourceLost)) == ("source-token-unreachable", True)


@pytest.mark.parametrize(
    ("style", "sent_as"),
    [
        ("user*master", b'"ann@example.org*root"'),
        ("{user}%{admin}", b'"ann@example.org%root"'),
        ("{admin}\\{local}", b'"root\\\\ann"'),
    ],
)
def test_master_users_of_other_servers(
    scripted: ScriptedImap, open_source: OpenSource, style: str, sent_as: bytes
) -> None:
    login = replace(
        scripted.login, user="ann@example.org", auth="admin", admin_user="root", admin_style=style
    )
    open_source(login)
    assert scripted.commands[1].split()[:2] == [b"LOGIN", sent_as]


def test_proxyauth(scripted: ScriptedImap, open_source: OpenSource) -> None:
    login = replace(scripted.login, auth="admin", admin_user="root", admin_style="proxyauth")
    open_source(login)
    assert scripted.commands[1:3] == [b'LOGIN "root" ""', b'PROXYAUTH "ann"']
    scripted.on(b"PROXYAUTH", b"TAG NO you may not\r\n")
    assert raised(lambda: open_source(login)).code == "source-login-refused"


@pytest.mark.parametrize("answer", [b"TAG NO unknown: %s", b"* BYE unknown: %s", b"TAG BAD %s"])
@pytest.mark.parametrize("offered", [b" AUTH=XOAUTH2", b" AUTH=XOAUTH2 SASL-IR"])
def test_a_server_that_repeats_a_long_token_tells_it_to_nobody(
    scripted: ScriptedImap, open_source: OpenSource, answer: bytes, offered: bytes
) -> None:
    """What a server says is cut off, here in the middle of the secret."""
    token = "ya29." + "0123456789abcdef" * 30
    scripted.capabilities += offered
    for form in (token, b64encode(f"user=ann\1auth=Bearer {token}\1\1".encode()).decode()):
        said = answer % form.encode() + b"\r\n" + (HANG_UP if b"BYE" in answer else b"")
        scripted.on(b"AUTH", said)
        login = replace(scripted.login, auth="xoauth2", tokens=Tokens(lambda: Token(token)))
        raised(partial(open_source, login), secret=form[:40])
