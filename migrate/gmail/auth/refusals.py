"""What the token endpoint's refusals mean.

https://developers.google.com/identity/protocols/oauth2/service-account (error codes)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from google.auth import exceptions

from migrate.errors import TargetError

_OF_CLIENT = {
    "unauthorized_client": "target-unauthorized-client",
    "access_denied": "target-unauthorized-client",
    "invalid_scope": "target-unauthorized-client",
    "disabled_client": "target-key-revoked",
    "deleted_client": "target-key-revoked",
    "invalid_client": "target-key-revoked",
    "admin_policy_enforced": "target-domain-policy",
    "org_internal": "target-domain-policy",
}


def answered(error: exceptions.GoogleAuthError) -> tuple[str, str]:
    """`error` and `error_description` (RFC 6749 5.2) of what google-auth raised."""
    answer: Any = error.args[1] if len(error.args) > 1 else None
    answer = answer if isinstance(answer, dict) else {}
    return str(answer.get("error", "")), str(answer.get("error_description", error))


def of_delegation(
    error: exceptions.GoogleAuthError,
    user: str,
    scopes: Sequence[str],
    client_email: str,
    client_id: Callable[[], str],
) -> TargetError:
    """A service account's, which was to act for `user`. `client_id` is asked for when it helps."""
    name, text = answered(error)
    code = _OF_CLIENT.get(name, "target-token-refused")
    if name == "invalid_grant":
        code = "target-unknown-user"
        if "short-lived" in text or "timeframe" in text:
            code = "target-clock"
        elif "Signature" in text or "key" in text.lower():
            code = "target-key-revoked"
    return TargetError(
        code,
        user=user,
        client_id=client_id() if code == "target-unauthorized-client" else "",
        client_email=client_email,
        scopes=",".join(scopes),
        detail=f"{name} {text}".strip(),
    )
