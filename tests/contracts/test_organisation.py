"""Who stands behind a token: users, the service account itself, and what it may sign."""

from __future__ import annotations

import json
import time
from typing import Any

import google_auth_httplib2
import httplib2
import pytest
from google.auth import iam, impersonated_credentials
from google.auth.exceptions import RefreshError

from tests.contracts.gmail import AUTH, FULL, Mailbox, refusal
from tests.contracts.neighbours import CLOUD, directory_users, own_credentials, own_token

LABELS = f"{AUTH}gmail.labels"


def account(mailbox: Mailbox) -> dict[str, str]:
    found: dict[str, str] = json.loads(mailbox.key_file.read_text())
    return found


def sign(mailbox: Mailbox, token: str, payload: Any, name: str = "", **more: Any) -> Any:
    name = name or f"-/serviceAccounts/{account(mailbox)['client_email']}"
    body = json.dumps({"payload": payload} | more).encode()
    return mailbox.request("POST", f"/v1/projects/{name}:signJwt", body, "application/json", token)


def test_the_service_account_has_no_mailbox(mailbox: Mailbox) -> None:
    token = own_token(mailbox, FULL)
    status, answer = mailbox.request("GET", "/gmail/v1/users/me/labels", token=token)
    assert (status, answer["error"]["message"]) == (400, "Precondition check failed.")
    assert answer["error"]["errors"][0]["reason"] == "failedPrecondition"


def test_impersonation_without_a_key(
    mailbox: Mailbox, assumed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """google-auth has no option for the two addresses that it uses."""
    monkeypatch.setattr(
        iam, "_IAM_SIGNJWT_ENDPOINT", f"{mailbox.url}/v1/projects/-/serviceAccounts/{{}}:signJwt"
    )
    monkeypatch.setattr(
        impersonated_credentials, "_GOOGLE_OAUTH2_TOKEN_ENDPOINT", f"{mailbox.url}/token"
    )
    request = google_auth_httplib2.Request(httplib2.Http(timeout=60))

    def impersonated(user: str) -> str:
        credentials = impersonated_credentials.Credentials(  # type: ignore[no-untyped-call]
            own_credentials(mailbox, CLOUD),
            account(mailbox)["client_email"],
            [LABELS],
            subject=user,
        )
        credentials.refresh(request)  # type: ignore[no-untyped-call]
        return str(credentials.token)

    token = impersonated(mailbox.user)
    status, answer = mailbox.request("GET", "/gmail/v1/users/me/labels", token=token)
    assert (status, answer["labels"][0]["type"]) == (200, "system")
    with pytest.raises(RefreshError, match="Invalid email or User ID"):
        impersonated("nobody@example.org")


def test_sign_jwt(mailbox: Mailbox, assumed: None) -> None:
    token, key = own_token(mailbox, CLOUD), account(mailbox)
    exp = int(time.time()) + 11 * 3600
    status, answer = sign(mailbox, token, json.dumps({"sub": "x", "exp": exp}))
    assert (status, answer["keyId"]) == (200, key["private_key_id"])
    assert answer["signedJwt"].count(".") == 2
    by_id = f"-/serviceAccounts/{key['client_id']}"
    assert sign(mailbox, token, "{}", by_id)[0] == 200


@pytest.mark.parametrize(
    "payload",
    ["", "no JSON", "[]", '{"exp": "soon"}', '{"exp": 1}', '{"exp": 4102444800}'],
)
def test_sign_jwt_refuses_claims(mailbox: Mailbox, assumed: None, payload: str) -> None:
    status, answer = sign(mailbox, own_token(mailbox, CLOUD), payload)
    assert (status, answer["error"]["status"]) == (400, "INVALID_ARGUMENT")


def test_sign_jwt_is_for_the_account_itself(mailbox: Mailbox, assumed: None) -> None:
    own = own_token(mailbox, CLOUD)
    denied = "Permission 'iam.serviceAccounts.signJwt' denied on resource (or it may not exist)."
    other = "-/serviceAccounts/other@project.iam.gserviceaccount.com"
    for answer in (
        sign(mailbox, mailbox.token(CLOUD), "{}"),
        sign(mailbox, own, "{}", other),
        sign(mailbox, own, "{}", delegates=["projects/-/serviceAccounts/x@y.example"]),
    ):
        assert (answer[0], answer[1]["error"]["message"]) == (403, denied)
    assert sign(mailbox, own_token(mailbox, FULL), "{}")[0] == 403
    named = f"mine/serviceAccounts/{account(mailbox)['client_email']}"
    assert sign(mailbox, own, "{}", named)[0] == 400


def test_directory_of_mailboxes(mailbox: Mailbox, assumed: None) -> None:
    """Without a directory file anybody is an administrator of those in `--users`."""
    users = directory_users(mailbox)
    owner = users.get(userKey=mailbox.user).execute()
    assert owner["primaryEmail"] == mailbox.user
    assert (owner["isMailboxSetup"], owner["suspended"]) == (True, False)
    listed = users.list(customer="my_customer").execute()["users"]
    assert [each["primaryEmail"] for each in listed] == ["other@example.org", mailbox.user]
    assert owner in listed
    assert users.get(userKey=owner["id"]).execute() == owner
    missing = refusal(users.get(userKey="nobody@example.org").execute)
    assert missing == (404, "Resource Not Found: userKey")
    assert refusal(users.list().execute) == (400, "Bad Request")


def test_scopes_of_the_neighbours(mailbox: Mailbox, assumed: None) -> None:
    path = f"/admin/directory/v1/users/{mailbox.user}"
    status, answer = mailbox.request("GET", path, token=mailbox.token(FULL))
    assert (status, answer["error"]["errors"][0]["reason"]) == (403, "insufficientPermissions")
    assert answer["error"]["details"][0]["metadata"]["service"] == "admin.googleapis.com"
