"""JSON Web Tokens of the service account: signed and verified with RS256 (RFC 7515, RFC 7519)."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from migrate.sandbox.http.named import no_token


class Signer:
    """The key of one service account; `key` is the content of its key file."""

    def __init__(self, key: dict[str, Any]) -> None:
        private = load_pem_private_key(key["private_key"].encode(), None)
        assert isinstance(private, rsa.RSAPrivateKey)
        self._private, self._public = private, private.public_key()
        self.key_id: str = key["private_key_id"]
        self.email: str = key["client_email"]
        self.client_id: str = key["client_id"]
        self.names = frozenset({self.email, self.client_id})
        """How IAM's addresses may call the account."""

    def sign(self, claims: dict[str, Any]) -> str:
        header = {"alg": "RS256", "kid": self.key_id, "typ": "JWT"}
        signed = ".".join(_encode(json.dumps(each).encode()) for each in (header, claims))
        return f"{signed}.{_encode(self._private.sign(signed.encode(), *_RS256))}"

    def verified(self, token: str) -> dict[str, Any]:
        """The claims, `iat` and `exp` numbers among them. TokenError for what isn't signed so."""
        try:
            head, payload, signature = token.split(".")
            header, claims = json.loads(_decode(head)), json.loads(_decode(payload))
            sealed = _decode(signature)
            claims |= {"iat": float(claims["iat"]), "exp": float(claims["exp"])}
            issuer, algorithm = claims["iss"], header["alg"]
            key_id = header.get("kid", self.key_id)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise no_token("invalid-jwt") from error
        if issuer != self.email:
            raise no_token("account-not-found")
        try:
            if algorithm != "RS256" or key_id != self.key_id:
                raise InvalidSignature
            self._public.verify(sealed, f"{head}.{payload}".encode(), *_RS256)
        except InvalidSignature as error:
            raise no_token("invalid-signature") from error
        return dict(claims)


_RS256 = (padding.PKCS1v15(), hashes.SHA256())


def _decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
