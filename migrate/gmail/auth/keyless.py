"""Domain-wide delegation without a key: Google signs for the service account.

https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/signJwt,
asked by google-auth (`impersonated_credentials` with a `subject`) in the operator's name.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from google.auth import exceptions, iam, impersonated_credentials, jwt

from migrate.errors import TargetError
from migrate.gmail.auth import refusals
from migrate.gmail.auth.hosts import GOOGLE_TOKEN_URI
from migrate.gmail.auth.operator import Operator, found
from migrate.web import BROKEN

IAM = "https://iamcredentials.googleapis.com"
NOT_SIGNED = "Unable to acquire impersonated credentials"
"""google-auth's words; beside them stands IAM's answer."""
PAUSES = (0.5, 1.0, 2.0)
"""Seconds between tries where Google fails in passing; google-auth tries signing but once."""


class Keyless:
    """A service account that Google signs for."""

    def __init__(self, email: str, operator: Operator, sandbox: str | None) -> None:
        """`sandbox`: token endpoint of the sandbox whose credentials these are."""
        self.email, self._operator, self._sandbox = email, operator, sandbox

    @property
    def token_uri(self) -> str:
        return self._sandbox or GOOGLE_TOKEN_URI

    def credentials(self, user: str, scopes: Sequence[str]) -> Any:
        return impersonated_credentials.Credentials(  # type: ignore[no-untyped-call]
            self._operator, self.email, list(scopes), subject=user
        )

    def request(self, request: Any) -> Any:
        return _Request(ToSandbox(request, self._sandbox) if self._sandbox else request)

    def refused(
        self, error: exceptions.GoogleAuthError, user: str, scopes: Sequence[str], request: Any
    ) -> TargetError:
        if len(error.args) > 1 and str(error.args[0]).startswith(NOT_SIGNED):
            return self._not_signed(str(error.args[1]))
        return refusals.of_delegation(
            error, user, scopes, self.email, lambda: self._client_id(request)
        )

    def _not_signed(self, body: str) -> TargetError:
        """IAM's refusals (https://google.aip.dev/193; the texts are those of public reports)."""
        try:
            answer = json.loads(body)["error"]
            status, text = int(answer["code"]), str(answer["message"])
            reasons = {str(each.get("reason")) for each in answer.get("details", ())}
        except (ValueError, KeyError, TypeError, AttributeError):
            status, text, reasons = 0, body[:200], set()
        code = "target-token-refused"
        if status == 401:
            code = "target-adc-refused"
        elif status == 404:
            code = "target-no-service-account"
        elif "quota project" in text or "USER_PROJECT_DENIED" in reasons:
            code = "target-quota-project"
        elif "SERVICE_DISABLED" in reasons or "has not been used in project" in text:
            code = "target-iam-disabled"
        elif "ACCESS_TOKEN_SCOPE_INSUFFICIENT" in reasons:
            code = "target-adc-scope"
        elif status == 403:
            code = "target-token-creator"
        elif status >= 500 or status == 429:
            return TargetError("target-unreachable", host=IAM, reason=f"{status} {text}")
        project = self.email.partition("@")[2].removesuffix(".iam.gserviceaccount.com")
        return TargetError(code, client_email=self.email, project=project, detail=text)

    def _client_id(self, request: Any) -> str:
        """The account's numeric id, which an identity token names (claim `sub`); else how to find
        it out."""
        url = f"{IAM}/v1/projects/-/serviceAccounts/{self.email}:generateIdToken"
        headers = {"Content-Type": "application/json"}
        try:
            self._operator.refresh(request)
            self._operator.apply(headers)
            answer = request(url, "POST", json.dumps({"audience": IAM}).encode(), headers)
            claims = jwt.decode(json.loads(answer.data)["token"], verify=False)  # type: ignore[no-untyped-call]
            return str(claims["sub"])
        except (exceptions.GoogleAuthError, TargetError, *BROKEN, ValueError, KeyError, TypeError):
            return (
                f"gcloud iam service-accounts describe {self.email} "
                "--format='value(oauth2ClientId)'"
            )


def load_keyless(email: str, api: str) -> Keyless:
    """The service account `email` in the name of whoever runs this. UsageError."""
    return Keyless(email, *found(api))


class ToSandbox:
    """Takes to a sandbox what google-auth sends to addresses of Google that it doesn't let one
    choose, and refuses every other way out."""

    def __init__(self, request: Any, token_uri: str) -> None:
        self._request, self._token_uri = request, token_uri

    def __call__(self, url: str, *args: Any, **more: Any) -> Any:
        here = urlsplit(self._token_uri)
        if url.startswith(f"{IAM}/"):
            url = f"{here.scheme}://{here.netloc}{url.removeprefix(IAM)}"
        elif url in (GOOGLE_TOKEN_URI, self._token_uri):
            url = self._token_uri
        else:
            raise exceptions.TransportError(f"not of the sandbox: {url}")  # type: ignore[no-untyped-call]
        return self._request(url, *args, **more)


class _Request:
    """Asks IAM again where it fails in passing."""

    def __init__(self, request: Any) -> None:
        self._request = request

    def __call__(self, url: str, *args: Any, **more: Any) -> Any:
        answer = self._request(url, *args, **more)
        for pause in PAUSES if url.startswith(f"{IAM}/") else ():
            if answer.status not in iam.IAM_RETRY_CODES and answer.status != 429:
                break
            time.sleep(pause)
            answer = self._request(url, *args, **more)
        return answer
