"""How access tokens are had: RFC 6749 grants by oauthlib, Google service accounts by google-auth.

The forms, the answers and their errors are those libraries'; over HTTP it is one POST.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import google_auth_httplib2
import httplib2
from google.auth import exceptions
from google.oauth2 import service_account
from oauthlib.oauth2 import BackendApplicationClient, Client, OAuth2Error, WebApplicationClient

from migrate.errors import SourceError, SourceLost, SourceUnreached
from migrate.source.tokens import Token
from migrate.web import BROKEN, plain_http

MAIL = "https://mail.google.com/"
"""The scope of IMAP at Google."""
_LONGEST = 300
_HEADERS = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}

# RFC 6749 5.2, and what Google and Microsoft add. What is missing is `source-token-refused`.
_CODES = {
    "invalid_grant": "source-grant-ended",
    "interaction_required": "source-grant-ended",
    "invalid_client": "source-oauth-client",
    "unauthorized_client": "source-oauth-client",
    "deleted_client": "source-oauth-client",
    "disabled_client": "source-oauth-client",
    "invalid_scope": "source-oauth-scope",
    "invalid_resource": "source-oauth-scope",
}
_DELEGATION = {
    "unauthorized_client": "source-delegation",
    "access_denied": "source-delegation",
    "invalid_scope": "source-delegation",
    "invalid_grant": "source-delegation-user",
}


@dataclass(frozen=True, slots=True)
class App:
    """An OAuth client and the endpoint that knows it."""

    token_uri: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    scope: str | None = None
    """Words parted by blanks; None: what was granted."""
    ca_file: Path | None = None
    timeout: float = 30.0


class RefreshToken(Protocol):
    """Where a refresh token is kept."""

    def latest(self) -> str: ...

    def replace(self, new: str) -> None:
        """Another one came for it; the old one may be good for nothing now."""


def by_refresh_token(app: App, user: str, kept: RefreshToken) -> Callable[[], Token]:
    """RFC 6749 6. An endpoint may hand out a new refresh token each time; it is stored before the
    access token is used."""

    def renew() -> Token:
        held = kept.latest()
        client = WebApplicationClient(app.client_id, refresh_token=held)
        body = client.prepare_refresh_body(
            refresh_token=held,
            scope=app.scope,
            client_id=app.client_id,
            client_secret=app.client_secret,
        )
        token = _asked(app, user, client, body, held)
        if client.refresh_token and client.refresh_token != held:
            kept.replace(str(client.refresh_token))
        return token

    return renew


def by_client_credentials(app: App) -> Callable[[], Token]:
    """RFC 6749 4.4: the app itself may read all mailboxes."""

    def renew() -> Token:
        client = BackendApplicationClient(app.client_id)
        body = client.prepare_request_body(
            scope=app.scope, include_client_id=True, client_secret=app.client_secret
        )
        return _asked(app, app.client_id, client, body)

    return renew


def by_service_account(
    info: Mapping[str, Any], user: str, scope: str, ca_file: Path | None, timeout: float = 30.0
) -> Callable[[], Token]:
    """Google's domain-wide delegation. ValueError when `info` is no key."""
    account = service_account.Credentials.from_service_account_info(info)  # type: ignore[no-untyped-call]
    credentials = account.with_scopes(scope.split()).with_subject(user)
    uri = str(info["token_uri"])
    request = google_auth_httplib2.Request(_http(uri, ca_file, timeout))

    def renew() -> Token:
        try:
            credentials.refresh(request)
        except exceptions.RefreshError as error:
            told = error.args[1] if len(error.args) > 1 else {}
            told = told if isinstance(told, dict) else {}
            name = str(told.get("error", ""))
            detail = _line(f"{name} {told.get('error_description', error)}")
            raise SourceError(
                _DELEGATION.get(name, "source-token-refused"),
                user=user,
                host=urlsplit(uri).hostname,
                client_id=info.get("client_id", ""),
                scope=scope,
                detail=detail,
            ) from None
        except (exceptions.TransportError, *BROKEN) as error:
            raise _unreached(uri, error) from error
        return Token(str(credentials.token), None)

    return renew


def _asked(app: App, user: str, client: Client, body: str, *secrets: str) -> Token:
    host = urlsplit(app.token_uri).hostname
    request = google_auth_httplib2.Request(_http(app.token_uri, app.ca_file, app.timeout))
    try:
        answer = request(app.token_uri, "POST", body=body, headers=_HEADERS)
    except (exceptions.TransportError, *BROKEN) as error:
        raise _unreached(app.token_uri, error) from error
    if answer.status >= 500 or answer.status == 429:
        raise SourceLost("source-token-busy", host=host, status=answer.status)
    text = answer.data.decode("utf-8", "replace")
    name, detail = "", f"HTTP {answer.status}"
    try:
        told = client.parse_request_body_response(text, scope=None)
        return Token(str(told["access_token"]), told.get("expires_in"))
    except OAuth2Error as error:
        name = str(error.error or "")
        detail = f"{name} {error.description or ''}"
    except (ValueError, TypeError, AttributeError):
        pass  # no answer of an OAuth endpoint: a page of a proxy, say
    for secret in (app.client_secret, *secrets):
        detail = detail.replace(secret, "…") if secret else detail
    raise SourceError(
        _CODES.get(name, "source-token-refused"),
        user=user,
        host=host,
        client_id=app.client_id,
        scope=app.scope or "",
        detail=_line(detail),
    )


def _unreached(uri: str, error: Exception) -> SourceError:
    host = urlsplit(uri).hostname
    return SourceUnreached("source-token-unreachable", host=host, reason=_line(str(error)))


def _line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()[:_LONGEST]


def _http(uri: str, ca_file: Path | None, timeout: float) -> httplib2.Http:
    """No redirect, which would take the secrets elsewhere."""
    http = plain_http(ca_file, timeout, uri)
    http.follow_redirects = False
    return http
