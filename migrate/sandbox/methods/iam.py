"""signJwt: impersonation of a user without a key file; generateIdToken, which names the account.

https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts
"""

from __future__ import annotations

import json
from typing import Any

from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.http.named import refused
from migrate.sandbox.methods.calls import Call

LONGEST = 12 * 3600


def sign_jwt(call: Call) -> dict[str, Any]:
    """ApiError 400 for claims that can't be signed, 403 for whoever may not sign."""
    signer = call.tokens.signer
    if not _may(call):
        raise refused("token-creator")
    return {"keyId": signer.key_id, "signedJwt": signer.sign(_claims(call))}


def generate_id_token(call: Call) -> dict[str, Any]:
    """Its claims are those of https://cloud.google.com/docs/authentication/token-types#id."""
    signer, now = call.tokens.signer, int(call.store.clock.now())
    if not _may(call):
        permission = "iam.serviceAccounts.getOpenIdToken"
        text = f"Permission '{permission}' denied on resource (or it may not exist)."
        raise ApiError(403, text)
    if not call.json.get("audience"):
        raise ApiError(400, "Request contains an invalid argument.")
    claims = {"iss": "https://accounts.google.com", "aud": call.json["audience"]}
    claims |= {"azp": signer.client_id, "sub": signer.client_id, "iat": now, "exp": now + 3600}
    return {"token": signer.sign(claims)}


def _may(call: Call) -> bool:
    """Whether who asks may sign for the account in the path; ApiError 400 for another's project.

    The account itself and whoever runs the rehearsal have roles/iam.serviceAccountTokenCreator.
    """
    if call.path["projectsId"] != "-":
        raise ApiError(400, "Request contains an invalid argument.")
    known = call.path["serviceAccountsId"] in call.tokens.signer.names
    return known and not call.user and not call.json.get("delegates")


def _claims(call: Call) -> dict[str, Any]:
    """The payload, an object whose `exp`, if any, is a time in the next 12 hours; ApiError 400."""
    try:
        claims = json.loads(call.json.get("payload", ""))
    except (TypeError, ValueError, RecursionError):
        claims = None
    # The conditions are those of SignJwtRequest.payload; the wording is a guess.
    if not isinstance(claims, dict):
        raise ApiError(400, "The JWT payload must be a serialized JSON object.")
    now = call.store.clock.now()
    if "exp" in claims:
        exp = claims["exp"]
        if not isinstance(exp, int) or not now <= exp <= now + LONGEST:
            raise ApiError(400, "The JWT exp claim must be within the next 12 hours.")
    return claims
