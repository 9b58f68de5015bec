"""Errors in the shape of Google's APIs (https://google.aip.dev/193 and, in `errors`, the older v1).

Handlers raise `ApiError`; the texts are Google's, seen in public reports, unless a comment says
that the wording is a guess.
"""

from __future__ import annotations

from typing import Any

STATUS_NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    409: "ALREADY_EXISTS",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}
REASONS = {
    400: "invalidArgument",
    401: "authError",
    403: "forbidden",
    404: "notFound",
    405: "httpMethodNotAllowed",
    409: "aborted",
    413: "uploadTooLarge",
    429: "rateLimitExceeded",
    500: "backendError",
    501: "notImplemented",
    503: "backendError",
}


class ApiError(Exception):
    """An answer other than 2xx."""

    def __init__(
        self,
        code: int,
        message: str,
        *,
        reason: str | None = None,
        status: str | None = None,
        domain: str = "global",
        details: list[dict[str, Any]] | None = None,
        location: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.domain = code, message, domain
        self.reason = reason or REASONS.get(code, "backendError")
        self.status = status or STATUS_NAMES.get(code)
        self.details, self.location = details, location

    def body(self) -> dict[str, Any]:
        first = {"message": self.message, "domain": self.domain, "reason": self.reason}
        if self.location:
            first |= {"location": self.location, "locationType": "header"}
        error: dict[str, Any] = {"code": self.code, "message": self.message, "errors": [first]}
        if self.status:
            error["status"] = self.status
        if self.details:
            error["details"] = self.details
        return {"error": error}


def invalid_label(label: str) -> ApiError:
    return ApiError(400, f"Invalid label: {label}")


def not_found() -> ApiError:
    return ApiError(404, "Requested entity was not found.")
