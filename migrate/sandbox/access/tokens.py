"""The OAuth 2.0 token endpoint for service accounts with domain-wide delegation.

JWT bearer grant, RFC 7523; errors as in
https://developers.google.com/identity/protocols/oauth2/service-account (error codes).
"""

from __future__ import annotations

import json
import secrets
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from migrate.sandbox.access.directory import Directory
from migrate.sandbox.clock import Clock
from migrate.sandbox.options import Options

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
GOOGLE_AUDIENCE = "https://oauth2.googleapis.com/token"
"""google-auth signs this constant whatever the key file's token_uri says."""
PURGE_ABOVE = 10_000
SKEW = 300
UNAUTHORIZED = (
    "Client is unauthorized to retrieve access tokens using this method, or client not authorized "
    "for any of the scopes requested."
)
TIMEFRAME = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
    "Check your iat and exp values in the JWT claim."
)


class TokenError(Exception):
    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.body = {"error": error, "error_description": description}


@dataclass(frozen=True, slots=True)
class Grant:
    """What an access token stands for. `user` is None for the service account itself."""

    user: str | None
    scopes: frozenset[str]
    expires: float


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
    ) -> None:
        private = load_pem_private_key(account["private_key"].encode(), None)
        assert isinstance(private, rsa.RSAPrivateKey)
        self._public = private.public_key()
        self._email, self._key_id = account["client_email"], account["private_key_id"]
        self._audiences = {GOOGLE_AUDIENCE, f"{url}/token"}
        self._authorized = options.authorized_scopes or scopes
        self._directory, self._lifetime = directory, options.token_lifetime
        self._now = clock.now
        self._grants: dict[str, Grant] = {}

    def grant(self, token: str) -> Grant | None:
        """What a token stands for; None when it is unknown or expired."""
        found = self._grants.get(token)
        return found if found and found.expires > self._now() else None

    def exchange(self, form: bytes) -> dict[str, Any]:
        """Answer a token request; TokenError."""
        fields = parse_qs(form.decode("latin-1"))
        grant_type = fields.get("grant_type", [""])[0]
        if grant_type != JWT_BEARER:
            raise TokenError(400, "unsupported_grant_type", f"Invalid grant_type: {grant_type}")
        claims = self._claims(fields.get("assertion", [""])[0])
        user, scopes = self._user(claims), self._scopes(claims)
        now = self._now()
        if len(self._grants) > PURGE_ABOVE:
            self._grants = {key: each for key, each in self._grants.items() if each.expires > now}
        token = f"ya29.c.{secrets.token_urlsafe(96)}"
        self._grants[token] = Grant(user, scopes, now + self._lifetime)
        # Google answers one second less than the lifetime asked for.
        expires_in = max(1, int(self._lifetime) - 1)
        return {"access_token": token, "expires_in": expires_in, "token_type": "Bearer"}

    def _claims(self, assertion: str) -> dict[str, Any]:
        try:
            head, payload, signature = assertion.split(".")
            header, claims = json.loads(_decode(head)), json.loads(_decode(payload))
            sealed = _decode(signature)
            exp, iat = float(claims["exp"]), float(claims["iat"])
            issuer = claims["iss"]
        except (ValueError, KeyError, TypeError) as error:
            raise TokenError(400, "invalid_grant", "Invalid JWT") from error
        if issuer != self._email:
            raise TokenError(400, "invalid_grant", "Invalid grant: account not found")
        try:
            if header.get("alg") != "RS256" or header.get("kid", self._key_id) != self._key_id:
                raise InvalidSignature
            signed = f"{head}.{payload}".encode()
            self._public.verify(sealed, signed, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature as error:
            raise TokenError(400, "invalid_grant", "Invalid JWT Signature.") from error
        now = self._now()
        if exp < now or iat > now + SKEW or exp > now + 3600 + SKEW or exp < iat:
            raise TokenError(400, "invalid_grant", TIMEFRAME)
        if claims.get("aud") not in self._audiences:
            raise TokenError(
                400, "invalid_scope", "Invalid OAuth scope or ID token audience provided."
            )
        return dict(claims)

    def _user(self, claims: dict[str, Any]) -> str | None:
        subject = claims.get("sub")
        if not subject or subject == self._email:
            return None
        account = self._directory.find(str(subject))
        if account is None:
            raise TokenError(400, "invalid_grant", "Invalid email or User ID")
        return account.address

    def _scopes(self, claims: dict[str, Any]) -> frozenset[str]:
        scopes = frozenset(str(claims.get("scope", "")).split())
        if not scopes or any(not each.startswith("https://") for each in scopes):
            raise TokenError(
                400, "invalid_scope", "Invalid OAuth scope or ID token audience provided."
            )
        if not scopes <= self._authorized:
            raise TokenError(401, "unauthorized_client", UNAUTHORIZED)
        return scopes


def _decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
