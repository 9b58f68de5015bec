"""Keys are refused before anything is signed, and the token endpoint's refusals get their names."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import httplib2
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import exceptions

from migrate.errors import TargetError, UsageError
from migrate.explain import explain
from migrate.gmail.auth import GOOGLE_API, GOOGLE_TOKEN_URI, SCOPES, Tokens, load_key
from migrate.texts import Texts

SANDBOX_API = "http://127.0.0.1:8025"
SANDBOX_TOKEN_URI = f"{SANDBOX_API}/token"


@cache
def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def info(**changes: Any) -> dict[str, Any]:
    real = {
        "type": "service_account",
        "client_id": "1234567890",
        "client_email": "mover@project.iam.gserviceaccount.com",
        "private_key": private_key(),
        "private_key_id": "k1",
        "token_uri": GOOGLE_TOKEN_URI,
    }
    return real | changes


def sandbox(**changes: Any) -> dict[str, Any]:
    return info(mailhaul_sandbox=True, token_uri=SANDBOX_TOKEN_URI) | changes


Write = Callable[[object], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(content: object) -> Path:
        path = tmp_path / "key.json"
        path.touch(mode=0o600)
        path.write_bytes(
            content if isinstance(content, bytes) else json.dumps(content).encode("utf-8")
        )
        return path

    return write


def refused(path: Path, api: str = GOOGLE_API) -> str:
    """The code of the refusal, which is explained in both languages and shows no key."""
    with pytest.raises(UsageError) as caught:
        load_key(path, api)
    for lang in ("en", "ja"):
        cause, cure = explain(caught.value, Texts(lang))
        assert cure and str(path) in cause
        assert "PRIVATE KEY" not in cause + cure + str(caught.value) + repr(caught.value)
    return caught.value.code


def test_a_real_key_for_google_and_a_sandbox_key_for_a_sandbox(write: Write) -> None:
    for content, api in (
        (info(), GOOGLE_API),
        (info(), f"{GOOGLE_API}/"),
        (sandbox(), SANDBOX_API),
        (sandbox(token_uri="https://sandbox.example.com/token"), "https://sandbox.example.com"),
    ):
        key = load_key(write(content), api)
        assert key.client_id == "1234567890"
        assert "PRIVATE KEY" not in repr(key)


@pytest.mark.parametrize(
    ("change", "api"),
    [
        ({}, SANDBOX_API),
        ({}, "https://gmail.example.com"),
        ({}, "http://gmail.googleapis.com"),
        ({}, "https://gmail.googleapis.com.example.com"),
        ({}, "https://gmail.googleapis.com:8443"),
        ({"token_uri": "https://token.example.com/token"}, GOOGLE_API),
        ({"token_uri": SANDBOX_TOKEN_URI}, SANDBOX_API),
        ({"mailhaul_sandbox": "true"}, SANDBOX_API),
    ],
)
def test_a_real_key_goes_nowhere_but_to_google(
    write: Write, change: dict[str, Any], api: str
) -> None:
    assert refused(write(info(**change)), api) == "credential-real-for-other-host"


@pytest.mark.parametrize(
    ("change", "api"),
    [
        ({}, GOOGLE_API),
        ({}, "https://www.googleapis.com"),
        ({}, "https://GMAIL.googleapis.com"),
        ({"token_uri": GOOGLE_TOKEN_URI}, SANDBOX_API),
        ({}, "nonsense"),
    ],
)
def test_a_sandbox_key_never_goes_to_google(write: Write, change: dict[str, Any], api: str) -> None:
    assert refused(write(sandbox(**change)), api) == "credential-sandbox-for-google"


@pytest.mark.parametrize("content", [info(), sandbox()])
def test_no_token_over_plain_http_but_on_this_machine(
    write: Write, content: dict[str, Any]
) -> None:
    path = write(content | {"token_uri": "http://token.example.com/token"})
    assert refused(path, SANDBOX_API) == "credential-plain-http"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602, 0o660])
def test_a_key_that_others_can_reach_is_refused(write: Write, mode: int) -> None:
    path = write(info())
    path.chmod(mode)
    assert refused(path) == "key-readable-by-others"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"-----BEGIN PRIVATE KEY-----\nsecret", "key-not-json"),
        (b"\xff\xfe", "key-not-json"),
        (b"", "key-not-json"),
        ([], "key-incomplete"),
        ({"installed": {"client_id": "x"}}, "key-incomplete"),
        (info(private_key=""), "key-incomplete"),
    ],
)
def test_what_is_no_key(write: Write, content: object, code: str) -> None:
    assert refused(write(content)) == code


def test_a_key_that_is_not_there(tmp_path: Path) -> None:
    assert refused(tmp_path / "key.json") == "key-unreadable"
    assert refused(tmp_path) in {"key-unreadable", "key-readable-by-others"}


def test_a_key_that_cannot_sign(write: Write) -> None:
    key = load_key(write(info(private_key="-----BEGIN PRIVATE KEY-----\nMII\n")), GOOGLE_API)
    with pytest.raises(UsageError) as caught:
        Tokens(key, "a@example.com", "modify")
    assert caught.value.code == "key-unusable"
    assert "MII" not in str(caught.value)


class Credentials:
    """google-auth's credentials, as far as `Tokens` uses them, with a scripted refresh."""

    def __init__(self, *answers: str | Exception) -> None:
        self.answers = list(answers)
        self.token: str | None = None

    @property
    def valid(self) -> bool:
        return self.token is not None

    def refresh(self, _: object) -> None:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        self.token = answer


@pytest.fixture
def tokens(write: Write) -> Tokens:
    return Tokens(load_key(write(sandbox()), SANDBOX_API), "a@example.com", "modify")


def scripted(tokens: Tokens, *answers: str | Exception) -> Tokens:
    tokens._credentials = Credentials(*answers)
    return tokens


def test_a_token_is_kept_until_it_is_refused(tokens: Tokens) -> None:
    scripted(tokens, "one", "two")
    assert [tokens.bearer(), tokens.bearer()] == ["one", "one"]
    assert tokens.bearer(refused="one") == "two"
    # Another thread was refused the old one too, but meanwhile there is a new one.
    assert tokens.bearer(refused="one") == "two"


@pytest.mark.parametrize(
    ("error", "description", "code"),
    [
        ("unauthorized_client", "Client is unauthorized to …", "target-unauthorized-client"),
        ("access_denied", "Requested client not authorized.", "target-unauthorized-client"),
        ("invalid_scope", "Invalid OAuth scope", "target-unauthorized-client"),
        ("disabled_client", "The OAuth client was disabled.", "target-key-revoked"),
        ("deleted_client", "", "target-key-revoked"),
        ("invalid_client", "", "target-key-revoked"),
        ("admin_policy_enforced", "", "target-domain-policy"),
        ("org_internal", "", "target-domain-policy"),
        ("invalid_grant", "Invalid email or User ID", "target-unknown-user"),
        ("invalid_grant", "Not a valid email or user ID.", "target-unknown-user"),
        (
            "invalid_grant",
            "Invalid JWT: Token must be a short-lived token (60 minutes)",
            "target-clock",
        ),
        ("invalid_grant", "Invalid JWT Signature.", "target-key-revoked"),
        ("internal_failure", "Backend Error", "target-token-refused"),
    ],
)
def test_the_token_endpoint_s_refusals(
    tokens: Tokens, error: str, description: str, code: str
) -> None:
    answer = {"error": error, "error_description": description}
    refusal = exceptions.RefreshError(f"{error}: {description}", answer)  # type: ignore[no-untyped-call]
    with pytest.raises(TargetError) as caught:
        scripted(tokens, refusal).bearer()
    assert caught.value.code == code
    for lang in ("en", "ja"):
        cause, cure = explain(caught.value, Texts(lang))
        assert cause and cure and "…" not in cause.replace(description, "") + cure
    assert caught.value.params["scopes"] == ",".join(SCOPES["modify"])


@pytest.mark.parametrize(
    "error",
    [
        exceptions.TransportError("no route"),  # type: ignore[no-untyped-call]
        ConnectionResetError("reset"),
        httplib2.ServerNotFoundError("unknown host"),
    ],
)
def test_an_endpoint_that_does_not_answer(tokens: Tokens, error: Exception) -> None:
    with pytest.raises(TargetError) as caught:
        scripted(tokens, error).bearer()
    assert caught.value.code == "target-unreachable"
    assert caught.value.params["host"] == SANDBOX_TOKEN_URI


def test_a_refusal_without_json_is_still_one(tokens: Tokens) -> None:
    refusal = exceptions.RefreshError("<html>502</html>", "<html>502</html>")  # type: ignore[no-untyped-call]
    with pytest.raises(TargetError) as caught:
        scripted(tokens, refusal).bearer()
    assert caught.value.code == "target-token-refused"
