"""Tokens, scopes, delegation and parameters: who may ask what, and how a refusal looks."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from google.auth import crypt, jwt
from google.auth.exceptions import RefreshError

from tests.contracts.gmail import AUTH, FULL, Mailbox, message, refusal

FROM = "From: anna@example.com"
PROFILE = "/gmail/v1/users/me/profile"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def exchange(mailbox: Mailbox, key: dict[str, Any] | None = None, **claims: Any) -> tuple[int, Any]:
    """Ask the token endpoint with claims of our own."""
    key = key or json.loads(mailbox.key_file.read_text())
    now = int(time.time())
    payload = {
        "iss": key["client_email"],
        "sub": mailbox.user,
        "scope": FULL,
        "aud": "https://oauth2.googleapis.com/token",
        "iat": now,
        "exp": now + 3600,
    } | claims
    signer = crypt.RSASigner.from_service_account_info(key)  # type: ignore[no-untyped-call]
    assertion = jwt.encode(signer, payload).decode()  # type: ignore[no-untyped-call]
    form = urlencode({"grant_type": JWT_BEARER, "assertion": assertion}).encode()
    host = Mailbox(key["token_uri"].rpartition("/")[0], mailbox.key_file, mailbox.user)
    path = urlsplit(key["token_uri"]).path
    return host.request("POST", path, form, "application/x-www-form-urlencoded", token="")


def test_token(mailbox: Mailbox) -> None:
    status, answer = exchange(mailbox)
    assert (status, answer["token_type"]) == (200, "Bearer")
    assert 3500 < answer["expires_in"] <= 3600


@pytest.mark.parametrize(
    ("claims", "status", "error", "text"),
    [
        ({"sub": "nobody@example.org"}, 400, "invalid_grant", "Invalid email or User ID"),
        ({"iat": 1, "exp": 3601}, 400, "invalid_grant", "Invalid JWT: Token must be a short-lived"),
        ({"scope": "mail"}, 400, "invalid_scope", "Invalid OAuth scope or ID token audience"),
        ({"iss": "x@y.example"}, 400, "invalid_grant", "Invalid grant: account not found"),
        ({"scope": f"{AUTH}calendar"}, 401, "unauthorized_client", "Client is unauthorized to"),
    ],
)
def test_token_errors(
    mailbox: Mailbox, assumed: None, claims: dict[str, Any], status: int, error: str, text: str
) -> None:
    got, answer = exchange(mailbox, **claims)
    assert (got, answer["error"]) == (status, error)
    assert answer["error_description"].startswith(text)


def test_token_far_in_the_future(mailbox: Mailbox) -> None:
    status, answer = exchange(mailbox, exp=int(time.time()) + 66 * 60)
    assert (status, answer["error"]) == (400, "invalid_grant")


def test_signature_by_another_key(mailbox: Mailbox) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    other = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    key = json.loads(mailbox.key_file.read_text()) | {"private_key": other.decode()}
    status, answer = exchange(mailbox, key)
    assert (status, answer["error"]) == (400, "invalid_grant")
    assert answer["error_description"] == "Invalid JWT Signature."


def test_unknown_user_through_google_auth(mailbox: Mailbox, assumed: None) -> None:
    with pytest.raises(RefreshError, match="Invalid email or User ID"):
        mailbox.token(user="nobody@example.org")


@pytest.mark.parametrize("token", ["", "ya29.forged"])
def test_bad_token(mailbox: Mailbox, token: str) -> None:
    connection = mailbox.connect()
    connection.request("GET", PROFILE, headers={"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    error = json.loads(answer.read())["error"]
    assert (answer.status, error["status"]) == (401, "UNAUTHENTICATED")
    assert answer.getheader("Content-Type") == "application/json; charset=UTF-8"
    assert (answer.getheader("WWW-Authenticate") or "").startswith("Bearer")
    connection.close()


def test_a_request_without_a_token(mailbox: Mailbox) -> None:
    connection = mailbox.connect()
    connection.request("GET", PROFILE)
    answer = connection.getresponse()
    error = json.loads(answer.read())["error"]
    connection.close()
    assert (answer.status, error["errors"][0]["reason"]) == (401, "required")
    assert error["message"].startswith("Request is missing required authentication credential.")


def test_scopes_per_method(mailbox: Mailbox) -> None:
    minimal = mailbox.users(f"{AUTH}gmail.insert", f"{AUTH}gmail.labels")
    assert minimal.labels().list(userId="me").execute()["labels"]
    text = "Request had insufficient authentication scopes."
    assert refusal(minimal.getProfile(userId="me").execute) == (403, text)
    modify = mailbox.users(f"{AUTH}gmail.modify").messages()
    made = mailbox.import_(message(FROM))["id"]
    assert refusal(modify.delete(userId="me", id=made).execute) == (403, text)
    metadata = mailbox.users(f"{AUTH}gmail.metadata").messages()
    assert refusal(metadata.list(userId="me", q="rfc822msgid:x").execute)[0] == 403
    assert refusal(metadata.get(userId="me", id=made, format="raw").execute)[0] == 403
    assert metadata.get(userId="me", id=made, format="metadata").execute()["id"] == made


def test_only_ones_own_mailbox(mailbox: Mailbox) -> None:
    own = mailbox.users().getProfile(userId=mailbox.user).execute()
    assert own["emailAddress"] == mailbox.user
    refused = refusal(mailbox.users().getProfile(userId="other@example.org").execute)
    assert refused == (403, f"Delegation denied for {mailbox.user}")


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("foo=1", 'Unknown name "foo"'),
        ("maxResults=many", "Invalid value at 'max_results' (TYPE_UINT32)"),
        ("includeSpamTrash=perhaps", "Invalid value at 'include_spam_trash' (TYPE_BOOL)"),
    ],
)
def test_parameters(mailbox: Mailbox, query: str, text: str) -> None:
    status, answer = mailbox.request("GET", f"/gmail/v1/users/me/messages?{query}")
    assert (status, answer["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert text in answer["error"]["message"]


def test_unknown_name_in_the_body(mailbox: Mailbox) -> None:
    status, answer = mailbox.request(
        "POST", "/gmail/v1/users/me/labels", b'{"nam": "x"}', "application/json"
    )
    assert (status, answer["error"]["message"]) == (
        400,
        'Invalid JSON payload received. Unknown name "nam": Cannot find field.',
    )


def test_what_the_sandbox_lacks(mailbox: Mailbox, assumed: None) -> None:
    status, answer = mailbox.request("GET", "/gmail/v1/users/me/settings/cse/keypairs")
    assert (status, answer["error"]["status"]) == (501, "UNIMPLEMENTED")
    assert "gmail.users.settings.cse.keypairs.list" in answer["error"]["message"]
    assert mailbox.request("GET", "/gmail/v1/nothing")[0] == 404
