"""What users have consented to, from the code to the refresh token, and what is taken back.

RFC 6749 4.1 and 6, RFC 7636 (PKCE), RFC 7009 (revocation), as in
https://developers.google.com/identity/protocols/oauth2/native-app.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from migrate.sandbox.access.clients import Client
from migrate.sandbox.access.directory import Directory
from migrate.sandbox.access.keys import write_private
from migrate.sandbox.http.named import no_token

CODE_SECONDS = 600
CLOUD = "https://www.googleapis.com/auth/cloud-platform"


@dataclass(frozen=True, slots=True)
class Consent:
    """`user` is None for whoever runs the rehearsal, who has no mailbox."""

    user: str | None
    scopes: frozenset[str]
    refresh_token: str


@dataclass(frozen=True, slots=True)
class _Code:
    user: str
    scopes: frozenset[str]
    redirect_uri: str
    challenge: str | None
    method: str
    expires: float


class Consents:
    """Kept in a file of the data folder; codes in memory only."""

    def __init__(
        self, data: Path, client: Client, directory: Directory, now: Callable[[], float]
    ) -> None:
        self.client, self._directory, self._now = client, directory, now
        self._file = data / "oauth-consents.json"
        self._codes: dict[str, _Code] = {}
        kept = json.loads(self._file.read_text()) if self._file.exists() else {}
        self._consents = {
            token: Consent(each["user"], frozenset(each["scopes"]), token)
            for token, each in kept.items()
        }

    def code(
        self,
        user: str,
        scopes: frozenset[str],
        redirect_uri: str,
        challenge: str | None,
        method: str,
    ) -> str:
        """An authorisation code, good for one exchange (RFC 6749 4.1.2)."""
        code = f"4/0{secrets.token_urlsafe(48)}"
        expires = self._now() + CODE_SECONDS
        self._codes[code] = _Code(user, scopes, redirect_uri, challenge, method, expires)
        return code

    def redeem(self, fields: Mapping[str, str]) -> Consent:
        """The consent behind a code; TokenError."""
        self._authenticate(fields)
        found = self._codes.pop(fields.get("code", ""), None)
        if found is None or found.expires < self._now():
            raise no_token("malformed-code")
        if fields.get("redirect_uri") != found.redirect_uri:
            raise no_token("redirect-uri-mismatch")
        if found.challenge is not None:
            _check_verifier(found.challenge, found.method, fields.get("code_verifier"))
        consent = Consent(found.user, found.scopes, f"1//0{secrets.token_urlsafe(64)}")
        self._consents[consent.refresh_token] = consent
        self._keep()
        return consent

    def refreshed(self, fields: Mapping[str, str]) -> Consent:
        """The consent behind a refresh token; TokenError."""
        self._authenticate(fields)
        token = fields.get("refresh_token", "")
        if token == self.client.operator:
            return Consent(None, frozenset((CLOUD,)), token)
        found = self._consents.get(token)
        if found is None:
            raise no_token("token-revoked" if token.startswith("1//") else "bad-grant")
        user = self._directory.find(found.user or "")
        if user is None or not user.active:
            raise no_token("account-deleted")
        return found

    def revoke(self, refresh_token: str) -> bool:
        """Whether there was such a consent."""
        found = self._consents.pop(refresh_token, None)
        if found is not None:
            self._keep()
        return found is not None

    def _authenticate(self, fields: Mapping[str, str]) -> None:
        if fields.get("client_id") != self.client.client_id:
            raise no_token("invalid-client")
        if not secrets.compare_digest(
            fields.get("client_secret", "").encode(), self.client.client_secret.encode()
        ):
            raise no_token("invalid-client-secret")

    def _keep(self) -> None:
        kept = {
            token: {"user": each.user, "scopes": sorted(each.scopes)}
            for token, each in self._consents.items()
        }
        write_private(self._file, json.dumps(kept, indent=2))


def _check_verifier(challenge: str, method: str, verifier: str | None) -> None:
    """RFC 7636 4.6; TokenError."""
    if verifier is None:
        raise no_token("missing-verifier")
    digest = hashlib.sha256(verifier.encode()).digest()
    hashed = urlsafe_b64encode(digest).decode().rstrip("=")
    if not secrets.compare_digest(hashed if method == "S256" else verifier, challenge):
        raise no_token("invalid-verifier")
