"""The token endpoint, directory files and named errors, without a server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from migrate.sandbox.__main__ import options
from migrate.sandbox.access import clients, keys
from migrate.sandbox.access.consents import Consents
from migrate.sandbox.access.directory import Directory
from migrate.sandbox.access.organisation_file import DirectoryError, read
from migrate.sandbox.access.tokens import GOOGLE_AUDIENCE, JWT_BEARER, TokenError, Tokens
from migrate.sandbox.clock import Clock
from migrate.sandbox.http.named import ERRORS, is_of_token_endpoint, wants_time
from migrate.sandbox.limits.faults import parse
from migrate.sandbox.options import Options

INSERT, LABELS = (f"https://www.googleapis.com/auth/gmail.{name}" for name in ("insert", "labels"))


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return keys.service_account(tmp_path_factory.mktemp("key"))


def tokens(key: dict[str, Any], folder: Path, toml: str = "", **given: Any) -> Tokens:
    file = folder / "directory.toml"
    file.write_text(toml)
    options = Options(data=folder, directory=file, **given)
    known, directory = frozenset({INSERT, LABELS}), Directory(options)
    consents = Consents(folder, clients.client(folder), directory, Clock().now)
    return Tokens(key, "http://sandbox", known, options, directory, Clock(), consents)


def exchange(tokens: Tokens, **claims: Any) -> tuple[int, str, str | None]:
    """Status, error and description; 200 for a token."""
    now = Clock().now()
    given: dict[str, Any] = {
        "iss": tokens.signer.email,
        "sub": "anna@example.com",
        "scope": f"{INSERT} {LABELS}",
        "aud": GOOGLE_AUDIENCE,
        "iat": now,
        "exp": now + 3600,
    }
    assertion = tokens.signer.sign(given | claims)
    form = urlencode({"grant_type": JWT_BEARER, "assertion": assertion}).encode()
    try:
        return 200, tokens.exchange(form)["token_type"], None
    except TokenError as error:
        return error.status, error.body["error"], error.body.get("error_description")


@pytest.mark.parametrize(
    ("state", "status", "error", "description"),
    [
        ("active", 200, "Bearer", None),
        ("disabled", 401, "disabled_client", "The OAuth client was disabled."),
        ("deleted", 401, "deleted_client", "The OAuth client was deleted."),
        ("unknown", 401, "invalid_client", "The OAuth client was not found."),
        ("internal", 403, "org_internal", None),
        ("blocked", 400, "admin_policy_enforced", None),
    ],
)
def test_states_of_the_client(
    key: dict[str, Any],
    tmp_path: Path,
    state: str,
    status: int,
    error: str,
    description: str | None,
) -> None:
    found = exchange(tokens(key, tmp_path, f'[client]\nstate = "{state}"'))
    assert found == (status, error, description)


@pytest.mark.parametrize("where", ["file", "option"])
@pytest.mark.parametrize(
    ("delegated", "status", "error"),
    [
        ((INSERT, LABELS), 200, "Bearer"),
        ((INSERT,), 401, "access_denied"),
        (("https://mail.google.com/",), 401, "unauthorized_client"),
    ],
)
def test_delegated_scopes(
    key: dict[str, Any],
    tmp_path: Path,
    where: str,
    delegated: tuple[str, ...],
    status: int,
    error: str,
) -> None:
    if where == "file":
        there = tokens(key, tmp_path, f"[client]\nscopes = {json.dumps(delegated)}")
    else:
        there = tokens(key, tmp_path, authorized_scopes=frozenset(delegated))
    assert exchange(there)[:2] == (status, error)
    assert exchange(there, sub=None)[0] == 200  # nobody delegates what it does for itself


def test_no_scope_is_delegated(key: dict[str, Any], tmp_path: Path) -> None:
    there = tokens(key, tmp_path, "[client]\nscopes = []")
    assert exchange(there)[:2] == (401, "unauthorized_client")


@pytest.mark.parametrize(
    ("claims", "error", "description"),
    [
        ({"iss": "x@example.com"}, "invalid_grant", "Invalid grant: account not found"),
        ({"exp": "soon"}, "invalid_grant", "Invalid JWT"),
        ({"exp": 9e12}, "invalid_grant", "Invalid JWT: Token must be a short-lived token"),
        ({"aud": "https://example.com"}, "invalid_scope", "Invalid OAuth scope or ID token"),
        ({"scope": "mail"}, "invalid_scope", "Invalid OAuth scope or ID token"),
        ({"sub": 7}, "invalid_grant", "Not a valid email."),
        ({"sub": "a b@example.com"}, "invalid_grant", "Invalid email or User ID"),
    ],
)
def test_claims(
    key: dict[str, Any], tmp_path: Path, claims: dict[str, Any], error: str, description: str
) -> None:
    status, found, said = exchange(tokens(key, tmp_path), **claims)
    assert (status, found) == (400, error)
    assert said is not None
    assert said.startswith(description)


@pytest.mark.parametrize("assertion", ["", "a.b", "a.b.c", "e30.e30.e30", "W10.W10.W10", "MQ.MQ.M"])
def test_malformed_assertions(key: dict[str, Any], tmp_path: Path, assertion: str) -> None:
    form = urlencode({"grant_type": JWT_BEARER, "assertion": assertion}).encode()
    with pytest.raises(TokenError) as caught:
        tokens(key, tmp_path).exchange(form)
    assert caught.value.body["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("words", "open_"),
    [
        ((), True),
        (("--users", "*"), True),
        (("--users", "b@example.com"), False),
        (("--directory", "FILE"), False),
        (("--directory", "FILE", "--users", "b@example.com"), False),
        (("--directory", "FILE", "--users", "*"), True),
    ],
)
def test_who_exists(tmp_path: Path, words: tuple[str, ...], open_: bool) -> None:
    file = tmp_path / "d.toml"
    file.write_text('[[users]]\naddress = "a@example.com"\n[[groups]]\naddress = "g@example.com"')
    given = [str(file) if each == "FILE" else each for each in words]
    directory = Directory(options(["--data", str(tmp_path), *given]))

    def exists(address: str) -> bool:
        return directory.find(address) is not None

    assert exists("a@example.com") == (open_ or "FILE" in words)
    assert exists("b@example.com") == (open_ or "b@example.com" in words)
    assert exists("c@example.com") == open_
    assert exists("g@example.com") == (open_ and "FILE" not in words)
    assert not exists("c")
    assert {each.address for each in directory.all(["seen@example.com"])} >= (
        {"seen@example.com"} if open_ else set()
    )


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[[users]", "no toml"),
        ("users = 1", "d.toml: users: want list"),
        ("users = [1]", "d.toml: users[1]: want table"),
        ("client = []", "d.toml: client: want table"),
        ("[client]\nscopes = 'x'", "d.toml: client.scopes: want list"),
        ("[client]\nscopes = [1]", "d.toml: client.scopes[1]: want text"),
        ("[client]\nstate = []", "d.toml: client.state: no choice: []"),
        ("[people]", "unknown key: people, users, groups, client"),
        ('[[users]]\naddress = "a@b"\naliases = ["a@b"]', "users[1].aliases[1]: address taken"),
        ('[[users]]\naddress = "a@b"\nlicences = [{}]', "users[1].licences[1]: missing key: sku"),
        ("[[users]]\naddress = 2020-01-01", "users[1].address: want text"),
    ],
)
def test_mistakes_in_a_directory_file(tmp_path: Path, toml: str, said: str) -> None:
    (tmp_path / "d.toml").write_text(toml)
    with pytest.raises(DirectoryError) as caught:
        read(tmp_path / "d.toml")
    assert said in str(caught.value)


def test_a_directory_file_in_another_encoding(tmp_path: Path) -> None:
    (tmp_path / "d.toml").write_bytes("# 組織".encode("shift_jis"))
    with pytest.raises(DirectoryError, match="no toml"):
        read(tmp_path / "d.toml")


@pytest.mark.parametrize("name", ERRORS)
def test_named_errors(name: str) -> None:
    rule = {"error": name} | ({"retry_after": 90} if wants_time(name) else {})
    if is_of_token_endpoint(name):
        rule["method"] = "token"
    (made,) = parse([rule])
    answer = made.answer("gmail.users.messages.import", "anna@example.com", 1_600_000_000.0)
    body, spec = json.loads(answer.data), ERRORS[name]
    assert answer.status == spec["code"]
    assert spec["source"]
    if is_of_token_endpoint(name):
        assert body["error"] == spec["error"]
        return
    error = body["error"]
    assert error["code"] == answer.status
    assert error["status"]
    assert "{" not in error["message"]
    if wants_time(name):
        assert error["message"].endswith("  Retry after 2020-09-13T12:28:10.000Z")
    if name == "delegation-denied":
        assert error["message"] == "Delegation denied for anna@example.com"
