"""The OAuth 2.0 token endpoint: for service accounts with domain-wide delegation, and for consents.

JWT bearer grant, RFC 7523; errors as in
https://developers.google.com/identity/protocols/oauth2/service-account (error codes).
"""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs
from zlib import crc32

from migrate.sandbox.access.consents import Consent, Consents
from migrate.sandbox.access.directory import Directory
from migrate.sandbox.access.jwt import Signer
from migrate.sandbox.clock import Clock
from migrate.sandbox.http.named import TokenError, no_token
from migrate.sandbox.options import Options

__all__ = ["Grant", "TokenError", "Tokens"]

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
GOOGLE_AUDIENCE = "https://oauth2.googleapis.com/token"
"""google-auth signs this constant whatever the key file's token_uri says."""
PURGE_ABOVE = 10_000
SKEW = 300
REFUSED_CLIENTS = {
    "blocked": "admin-policy-enforced",
    "deleted": "deleted-client",
    "disabled": "disabled-client",
    "internal": "org-internal",
    "unknown": "invalid-client",
}


@dataclass(frozen=True, slots=True)
class Grant:
    """What an access token stands for. `user` is None for the service account itself."""

    user: str | None
    scopes: frozenset[str]
    expires: float
    refresh_token: str | None = None
    """With which it is taken back."""


class Tokens:
    """Issues access tokens and knows the valid ones; a restart forgets them (clients get 401)."""

    def __init__(
        self,
        account: dict[str, Any],
        url: str,
        scopes: frozenset[str],
        options: Options,
        directory: Directory,
        clock: Clock,
        consents: Consents,
    ) -> None:
        self.signer, self.consents = Signer(account), consents
        self._audiences = {GOOGLE_AUDIENCE, f"{url}/token"}
        delegated = directory.client.scopes
        self._delegated = (
            options.authorized_scopes or scopes if delegated is None else frozenset(delegated)
        )
        self._directory, self._lifetime = directory, options.token_lifetime
        self._refuses_suspended = options.assume.suspended == "token"
        self._now = clock.now
        self._grants: dict[str, Grant] = {}

    def grant(self, token: str) -> Grant | None:
        """What a token stands for; None when it is unknown or expired."""
        found = self._grants.get(token)
        return found if found and found.expires > self._now() else None

    def exchange(self, form: bytes) -> dict[str, Any]:
        """Answer a token request; TokenError."""
        fields = {key: each[0] for key, each in parse_qs(form.decode("latin-1")).items()}
        grant_type = fields.get("grant_type", "")
        if grant_type == "authorization_code":
            consent = self.consents.redeem(fields)
            return self._consented(consent) | {"refresh_token": consent.refresh_token}
        if grant_type == "refresh_token":
            return self._consented(self.consents.refreshed(fields))
        if grant_type != JWT_BEARER:
            raise no_token("unsupported-grant-type", grant_type=grant_type)
        claims = self._claims(fields.get("assertion", ""))
        user, scopes = self._user(claims.get("sub")), _scopes(claims.get("scope"))
        if user and not scopes <= self._delegated:
            # Google's table: one or more scopes aren't delegated; reports of the other error have
            # a client to which none is.
            raise no_token("access-denied" if scopes & self._delegated else "unauthorized-client")
        return self._issued(user, scopes)

    def revoke(self, form: bytes) -> dict[str, Any]:
        """Take back a consent by its refresh token or one of its access tokens; TokenError."""
        token = parse_qs(form.decode("latin-1")).get("token", [""])[0]
        grant = self._grants.get(token)
        refresh_token = grant.refresh_token if grant else token
        if refresh_token is None or not self.consents.revoke(refresh_token):
            raise no_token("invalid-token")
        self._grants = {
            key: each for key, each in self._grants.items() if each.refresh_token != refresh_token
        }
        return {}

    def _consented(self, consent: Consent) -> dict[str, Any]:
        answer = self._issued(consent.user, consent.scopes, consent.refresh_token)
        answer["scope"] = " ".join(sorted(consent.scopes))
        if "openid" in consent.scopes and consent.user:
            answer["id_token"] = self._identity(consent.user)
        return answer

    def _identity(self, user: str) -> str:
        """https://developers.google.com/identity/openid-connect/openid-connect#an-id-tokens-payload"""
        client_id, now = self.consents.client.client_id, int(self._now())
        claims = {"iss": "https://accounts.google.com", "azp": client_id, "aud": client_id}
        claims |= {"sub": str(crc32(user.encode())).zfill(21), "email": user}
        return self.signer.sign(claims | {"email_verified": True, "iat": now, "exp": now + 3600})

    def _issued(
        self, user: str | None, scopes: frozenset[str], refresh_token: str | None = None
    ) -> dict[str, Any]:
        now = self._now()
        if len(self._grants) > PURGE_ABOVE:
            self._grants = {key: each for key, each in self._grants.items() if each.expires > now}
        token = f"ya29.{'a' if refresh_token else 'c'}.{secrets.token_urlsafe(96)}"
        self._grants[token] = Grant(user, scopes, now + self._lifetime, refresh_token)
        # Google answers one second less than the lifetime asked for.
        expires_in = max(1, int(self._lifetime) - 1)
        return {"access_token": token, "expires_in": expires_in, "token_type": "Bearer"}

    def _claims(self, assertion: str) -> dict[str, Any]:
        claims = self.signer.verified(assertion)
        if refusal := REFUSED_CLIENTS.get(self._directory.client.state):
            raise no_token(refusal)
        exp, iat, now = claims["exp"], claims["iat"], self._now()
        if not (math.isfinite(exp) and math.isfinite(iat)):
            raise no_token("invalid-jwt")
        if exp < now or iat > now + SKEW or exp > now + 3600 + SKEW or exp < iat:
            raise no_token("invalid-timeframe")
        if str(claims.get("aud")) not in self._audiences:
            raise no_token("invalid-scope")
        return claims

    def _user(self, subject: Any) -> str | None:
        """The primary address, also for an alias: that Google takes one is a guess."""
        if not subject or subject == self.signer.email:
            return None
        if not isinstance(subject, str) or "@" not in subject or not subject.isprintable():
            raise no_token("not-an-email")
        user = self._directory.find(subject)
        if user is None or (self._refuses_suspended and not user.active):
            raise no_token("invalid-user")
        return user.address


def _scopes(claim: Any) -> frozenset[str]:
    scopes = frozenset(str(claim or "").split())
    if not scopes or any(not each.startswith("https://") for each in scopes):
        raise no_token("invalid-scope")
    return scopes
