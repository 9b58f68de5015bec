"""A user's consent: the address to open, what comes back, and the tokens for it.

Authorisation code with PKCE, for an app on the user's own machine (RFC 8252, RFC 7636,
https://developers.google.com/identity/protocols/oauth2/native-app).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from google.auth import exceptions, jwt
from oauthlib.oauth2 import OAuth2Error, WebApplicationClient

from migrate.errors import TargetError, UsageError
from migrate.gmail.auth.client import AppClient
from migrate.gmail.auth.login import Granted
from migrate.web import BROKEN

EMAIL = "https://www.googleapis.com/auth/userinfo.email"
IDENTITY = ("openid", EMAIL)
"""Scopes that tell who consented (`email` of the identity token)."""
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class OtherState(UsageError):
    """A redirect that doesn't answer this question (RFC 6749 10.12)."""


class Question:
    """One request for consent; good for one answer."""

    def __init__(
        self, client: AppClient, scopes: Sequence[str], user: str, redirect_uri: str
    ) -> None:
        self._client, self._scopes, self._redirect_uri = client, tuple(scopes), redirect_uri
        self._state = secrets.token_urlsafe(32)
        self._oauth = WebApplicationClient(client.client_id)
        self._verifier = self._oauth.create_code_verifier(64)
        asked = {
            "client_id": client.client_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": " ".join((*scopes, *IDENTITY)),
            "state": self._state,
            "code_challenge": self._oauth.create_code_challenge(self._verifier, "S256"),
            "code_challenge_method": "S256",
            "login_hint": user,
            # A refresh token comes only with these two.
            "access_type": "offline",
            "prompt": "consent",
        }
        self.url = f"{client.auth_uri}?{urlencode(asked)}"

    def code(self, address: str) -> str:
        """The code in the address that the browser was sent to. OtherState; TargetError when the
        user declined."""
        query = parse_qs(urlsplit(address).query)
        state, error, code = (query.get(n, [""])[0] for n in ("state", "error", "code"))
        if not secrets.compare_digest(state.encode(), self._state.encode()):
            raise OtherState("login-other-address")
        if error or not code:
            raise TargetError("login-declined", detail=error)
        return code

    def redeem(self, code: str, request: Any) -> Granted:
        """Exchange it. TargetError when Google refuses, or grants less than was asked for."""
        client, uri = self._client, self._client.token_uri
        body = self._oauth.prepare_request_body(
            code=code,
            redirect_uri=self._redirect_uri,
            client_secret=client.secret,
            code_verifier=self._verifier,
        )
        try:
            answer = request(uri, "POST", body.encode(), dict(_FORM))
            told = self._oauth.parse_request_body_response(answer.data.decode("utf-8"))
            email = _email(str(told.get("id_token", "")), client.client_id)
        except OAuth2Error as error:
            detail = f"{error.error} {error.description or ''}".strip()
            raise TargetError("login-refused", file=client.path, detail=detail) from None
        except ValueError:
            raise TargetError("login-refused", file=client.path, detail="?") from None
        except (exceptions.TransportError, *BROKEN) as error:
            raise TargetError("target-unreachable", host=uri, reason=error) from error
        # Left out, it is what was asked for (RFC 6749 5.1).
        scopes = frozenset(map(str, told.get("scope") or self._scopes))
        if missing := [each for each in self._scopes if each not in scopes]:
            raise TargetError("login-granted-less", scopes=", ".join(missing))
        if not told.get("refresh_token"):
            raise TargetError("login-refused", file=client.path, detail="no refresh_token")
        return Granted(email, scopes, str(told["refresh_token"]))


def _email(id_token: str, client_id: str) -> str:
    """Of whoever consented. ValueError. It came straight from the token endpoint, so that its
    signature proves nothing more (OpenID Connect Core 3.1.3.7, 6)."""
    claims = jwt.decode(id_token, verify=False)  # type: ignore[no-untyped-call]
    if claims.get("aud") != client_id or not claims.get("email"):
        raise ValueError
    return str(claims["email"])
