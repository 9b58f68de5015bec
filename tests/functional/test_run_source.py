"""Whole runs from sources that take tokens."""

from __future__ import annotations

import json
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrate import logins
from migrate.cli.common import explained, outcome
from migrate.cli.copying import copy
from migrate.config import load
from migrate.connections import open_source
from migrate.engine import local as engine
from migrate.errors import MailhaulError, UsageError
from migrate.progress import Progress
from migrate.report.document import Document
from migrate.rotating import unkept
from migrate.sandbox.embed import Running
from migrate.texts import Texts

from .certificate import Certificate
from .memory_source import LIMITS, TARGET
from .migration import Gmail, Migration
from .scripted_imap import HANG_UP, OK, ScriptedImap
from .scripted_mail import MAIL, serving_mail
from .source_errors import complete, raised
from .token_endpoint import TokenEndpoint, token_endpoint

USER = "ann@example.jp"
REFRESH, CLIENT_SECRET = "1//kx7-refresh", "GOCSPX-client-secret"


@pytest.fixture
def server(certificate: Certificate) -> Iterator[ScriptedImap]:
    with serving_mail(certificate) as scripted:
        scripted.capabilities += b" AUTH=XOAUTH2 SASL-IR"
        yield scripted


@pytest.fixture
def endpoint() -> Iterator[TokenEndpoint]:
    with token_endpoint() as started:
        yield started


@pytest.fixture
def migration(
    monkeypatch: pytest.MonkeyPatch,
    server: ScriptedImap,
    certificate: Certificate,
    endpoint: TokenEndpoint,
    sandbox: Running,
    tmp_path: Path,
) -> Migration:
    monkeypatch.setenv("CLIENT_SECRET", CLIENT_SECRET)
    made = Migration(tmp_path / "move")
    url = f"imaps://{server.host}:{server.port}"
    oauth = (
        f'[source.oauth]\ntoken_uri = "{endpoint.uri}"\nclient_id = "mailhaul"\n'
        'client_secret = { env = "CLIENT_SECRET" }\n'
    )
    made.write(url, certificate.ca, sandbox, {(USER, TARGET): REFRESH}, oauth + LIMITS)
    config = made.directory / "migration.toml"
    config.write_text(config.read_text().replace("[source]\n", '[source]\nauth = "xoauth2"\n'))
    accounts = made.directory / "accounts.csv"
    accounts.write_text(accounts.read_text().replace("source_password", "source_refresh_token"))
    return made


def only_takes(server: ScriptedImap, token: str, *, times: int) -> None:
    """Of logins, those with `token`, so many times; the others are refused."""
    said = b64encode(f"user={USER}\1auth=Bearer {token}\1\1".encode())
    server.on(b"AUTHENTICATE XOAUTH2 " + said.replace(b"+", rb"\+"), OK, times=times)


def run(migration: Migration) -> tuple[Document, list[MailhaulError]]:
    config = load(migration.directory)
    return copy(config, config.accounts, Progress(), Texts("en"), threading.Event())


def test_a_token_that_ends_in_mid_run(
    migration: Migration,
    server: ScriptedImap,
    endpoint: TokenEndpoint,
    sandbox: Running,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "reconnect_delay", lambda _: 0.0)
    endpoint.gives("ya29.first", "ya29.second")
    server.on(b"AUTHENTICATE", b"TAG NO [AUTHENTICATIONFAILED] Invalid credentials\r\n")
    only_takes(server, "ya29.first", times=1)
    only_takes(server, "ya29.second", times=9)
    ended = b"* BYE Session invalidated - AccessTokenExpired\r\n" + HANG_UP
    server.on(rb"UID FETCH .*BODY.PEEK\[\]", ended, times=1)
    document, errors = run(migration)
    assert (errors, outcome(document, errors)) == ([], 0)
    assert document.totals.imported == len(MAIL)
    stored = [one.raw for one in Gmail(sandbox, TARGET).messages()]
    for raw in MAIL.values():
        assert sum(each.endswith(raw) for each in stored) == 1
    assert [form["refresh_token"] for form in endpoint.asked] == [REFRESH] * 2


def test_the_next_run_logs_in_with_the_refresh_token_that_came_last(
    migration: Migration, server: ScriptedImap, endpoint: TokenEndpoint
) -> None:
    accounts = migration.directory / "accounts.csv"
    kept = migration.directory / "token"
    kept.touch(0o600)
    kept.write_text(REFRESH)
    told = accounts.read_text().replace("refresh_token", "refresh_token_file")
    accounts.write_text(told.replace(REFRESH, "token"))
    endpoint.gives("ya29.first", refresh_token="1//second")
    document, errors = run(migration)
    assert (errors, document.totals.imported) == ([], len(MAIL))
    logins._tokens.cache_clear()  # another process
    assert run(migration)[1] == []
    assert [form["refresh_token"] for form in endpoint.asked] == [REFRESH, "1//second"]
    assert unkept() == []


def test_a_refresh_token_that_can_not_be_stored_is_told_once(
    migration: Migration,
    server: ScriptedImap,
    endpoint: TokenEndpoint,
    capsys: pytest.CaptureFixture[str],
) -> None:
    endpoint.gives("ya29.first", "ya29.next", refresh_token="1//second")
    config = load(migration.directory)
    with explained(Texts("en"), as_json=True):
        for _ in range(2):
            open_source(config, config.accounts[0]).close()
            logins._tokens.cache_clear()
    assert len(endpoint.asked) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("The endpoint has replaced the refresh token") == 1
    assert USER in err and "1//second" not in err


def test_what_is_refused_tells_no_secret(
    migration: Migration, server: ScriptedImap, endpoint: TokenEndpoint
) -> None:
    endpoint.refuses("invalid_grant", f"Token has been expired or revoked: {REFRESH}")
    done = migration("run", env={"MAILHAUL_DEBUG": "1"})
    assert done.code == 5
    assert "revoked" in done.err and "accounts.csv" in done.err
    server.on(b"AUTHENTICATE", b"TAG NO what is ya29.secret?\r\n")
    endpoint.gives("ya29.secret")
    document, (error,) = run(migration)
    assert (error.code, outcome(document, [error])) == ("source-token-rejected", 5)
    said = done.said + complete(error)
    secrets = (REFRESH, CLIENT_SECRET, "ya29.", b64encode(b"user=ann@").decode().rstrip("="))
    assert [each for each in secrets if each in said] == []
    for path in migration.directory.rglob("*"):
        if path.is_file() and path.name != "accounts.csv":
            data = path.read_bytes()
            assert [each for each in secrets if each.encode() in data] == [], path
    assert (migration.directory / "state" / "ledger.db").stat().st_size > 0


def test_a_key_of_google_gets_no_token_for_another_server(
    migration: Migration, sandbox: Running, server: ScriptedImap
) -> None:
    key = migration.directory / "old.json"
    key.touch(mode=0o600)
    info = json.loads(sandbox.key_file.read_text())
    config = migration.directory / "migration.toml"
    grant = 'grant = "service-account"\nkey_file = "old.json"\n'
    config.write_text(config.read_text().replace("[source.oauth]\n", f"[source.oauth]\n{grant}"))
    real = dict(info, token_uri="https://oauth2.googleapis.com/token")
    del real["mailhaul_sandbox"]
    key.write_text(json.dumps(real))
    settings = load(migration.directory)
    with pytest.raises(UsageError, match="credential-real-for-other-host"):
        open_source(settings, settings.accounts[0])
    # The sandbox, whose key goes anywhere but to Google, does not know this user.
    key.write_text(json.dumps(info))
    refused = raised(lambda: open_source(settings, settings.accounts[0]))
    assert refused.code == "source-delegation-user"
    assert not [each for each in server.commands if each.startswith(b"AUTHENTICATE")]
    accounts = migration.directory / "accounts.csv"
    accounts.write_text(accounts.read_text().replace(USER, TARGET))
    settings = load(migration.directory)
    open_source(settings, settings.accounts[0]).close()
    said = [each for each in server.commands if each.startswith(b"AUTHENTICATE")]
    assert b64decode(said[0].split()[2]).startswith(b"user=%s\1auth=Bearer ya29." % TARGET.encode())
