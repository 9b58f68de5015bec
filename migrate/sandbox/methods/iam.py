"""signJwt: impersonation of a user without a key file.

https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/signJwt
"""

from __future__ import annotations

import json
from typing import Any

from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.methods.calls import Call

LONGEST = 12 * 3600


def sign_jwt(call: Call) -> dict[str, Any]:
    """ApiError 400 for claims that can't be signed, 403 for whoever isn't the account itself."""
    signer = call.tokens.signer
    if call.path["projectsId"] != "-":
        raise ApiError(400, "Request contains an invalid argument.")
    # That an account may sign for itself needs a grant of roles/iam.serviceAccountTokenCreator,
    # which the sandbox's has.
    itself = not call.user and call.path["serviceAccountsId"] in signer.names
    if not itself or call.json.get("delegates"):
        raise ApiError(
            403,
            "Permission 'iam.serviceAccounts.signJwt' denied on resource (or it may not exist).",
            details=[
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": "IAM_PERMISSION_DENIED",
                    "domain": "iam.googleapis.com",
                    "metadata": {"permission": "iam.serviceAccounts.signJwt"},
                }
            ],
        )
    return {"keyId": signer.key_id, "signedJwt": signer.sign(_claims(call))}


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
