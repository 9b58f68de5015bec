"""Gmail's answers as types: refused for good, refused for now, or nobody knows.

The shapes are those of the error guide (developers.google.com/workspace/gmail/api/guides/
handle-errors) and of real bodies collected from public reports: one kind of refusal comes with
several statuses and reasons, so the decision looks at status, reason, status word and text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from migrate.errors import EXIT_DIFFERS, MailhaulError, TargetError

QUOTA_REASONS = {
    "rateLimitExceeded",
    "userRateLimitExceeded",
    "quotaExceeded",
    "dailyLimitExceeded",
}


class OutcomeUnknown(Exception):
    """The request may or may not have been carried out: time-out, broken connection, 5xx."""


class NotSent(Exception):
    """The server could not be reached; it certainly has not seen the request."""


class TokenExpired(Exception):
    """401: the access token is no longer valid; nothing was carried out."""


class Throttled(Exception):
    """A quota or the concurrency cap refused the request; nothing was carried out."""

    def __init__(
        self,
        detail: str,
        retry_at: datetime | None = None,
        *,
        limit: int | None = None,
        window: datetime | None = None,
    ) -> None:
        super().__init__(detail)
        self.retry_at = retry_at
        """When Gmail will answer again, if it says so (it does so in the text, not a header)."""
        self.limit = limit
        """Units a minute that Gmail names as the limit, if it does."""
        self.window = window
        """When the minute began that is used up, if Gmail says so."""
        self.concurrency = "concurrent" in detail
        self.daily = "daily" in detail.lower() or "per day" in detail.lower()
        self.project = "per minute" in detail and "per user" not in detail
        """The minute's quota of the whole project is used up, not this user's."""


class NotFound(Exception):
    """404: no such message, label, thread or history."""


class Conflict(Exception):
    """409: a label of that name exists, whatever the case of its letters."""


class LabelRefused(Exception):
    """400 for one label: the message itself may well be accepted without it."""

    def __init__(self, detail: str, label: str | None) -> None:
        super().__init__(detail)
        self.label = label
        """The label id that Gmail names, None if it names none."""


class MessageRefused(MailhaulError):
    """Gmail will not have this message as it is: it goes to quarantine."""

    exit_code = EXIT_DIFFERS


@dataclass(frozen=True, slots=True)
class Answer:
    """The parts of an error body that decisions are made of."""

    status: int
    message: str
    reason: str
    word: str
    facts: Mapping[str, str] = field(default_factory=dict)
    """`metadata` of google.rpc.ErrorInfo."""

    @classmethod
    def parse(cls, status: int, body: bytes) -> Answer:
        """Any body: Google's JSON, a proxy's HTML, or nothing."""
        try:
            error = json.loads(body)["error"]
            first = (error.get("errors") or [{}])[0]
            return cls(
                status,
                str(error.get("message", "")),
                str(first.get("reason", "")),
                str(error.get("status", "")),
                _facts(error.get("details")),
            )
        except (ValueError, KeyError, TypeError, AttributeError, IndexError):
            return cls(status, body[:200].decode("utf-8", "replace").strip(), "", "")


def _facts(details: object) -> dict[str, str]:
    """What the first google.rpc.ErrorInfo among `details` says."""
    for each in details if isinstance(details, list) else ():
        metadata = each.get("metadata") if isinstance(each, dict) else None
        if isinstance(metadata, dict):
            return {str(key): str(value) for key, value in metadata.items()}
    return {}


_RETRY_AFTER = re.compile(r"Retry after\s+(\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:\d\d))")

_ACCOUNT_ERRORS = (
    ("Mail service not enabled", "target-no-mail-service"),
    ("Precondition check failed", "target-no-mail-service"),
    ("Delegation denied", "target-delegation-denied"),
    ("insufficient authentication scopes", "target-missing-scope"),
    ("has not been used in project", "target-api-disabled"),
    ("disabled Gmail apps", "target-domain-policy"),
)

_MESSAGE_ERRORS = (
    ("Expected a single 'From' header", "gmail-from-count"),
    ("Invalid From header", "gmail-from-invalid"),
    ("Invalid attachment", "gmail-attachment"),
    ("BadAttachment", "gmail-attachment"),
    ("Invalid To header", "gmail-to-invalid"),
)


def retry_time(message: str) -> datetime | None:
    """The time in "Retry after 2026-09-11T20:00:00.000Z", if there is one."""
    found = _RETRY_AFTER.search(message)
    return datetime.fromisoformat(found[1]) if found else None


def throttled(answer: Answer) -> Throttled:
    """Google's quota errors of 2026 name the minute's limit and when the minute began
    (google.rpc.ErrorInfo); older ones and those of the mailboxes themselves do not."""
    limit, began = (
        int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None
        for text in (
            answer.facts.get(name, "") for name in ("quota_limit_value", "window_start_time")
        )
    )
    minute = "per minute" in answer.message
    return Throttled(
        answer.message,
        retry_time(answer.message),
        limit=limit if minute else None,
        window=datetime.fromtimestamp(began, UTC) if began and minute else None,
    )


def classify(status: int, body: bytes) -> Exception:
    """The error that an answer outside 2xx means. Never raises."""
    answer = Answer.parse(status, body)
    text = answer.message
    if status == 401:
        return TokenExpired(text)
    told = status == 429 or answer.word == "RESOURCE_EXHAUSTED"
    if told or (status == 403 and (answer.reason in QUOTA_REASONS or "Retry after" in text)):
        return throttled(answer)
    if status == 408 or status >= 500:
        return OutcomeUnknown(f"{status} {text}")
    if 300 <= status < 400:
        return TargetError("target-unreachable", host="", reason=f"HTTP {status}")
    if status == 404:
        return NotFound(text)
    if status == 409:
        return Conflict(text)
    if status == 413:
        return MessageRefused("gmail-too-large", detail=text)
    for phrase, code in _ACCOUNT_ERRORS:
        if phrase in text:
            return TargetError(code, detail=text)
    if status == 403:
        return TargetError("target-forbidden", detail=text)
    if text.startswith(("Invalid label", "labelId not found")):
        named = text.partition(": ")[2]
        return LabelRefused(text, named or None)
    for phrase, code in _MESSAGE_ERRORS:
        if phrase in text:
            return MessageRefused(code, detail=text)
    return MessageRefused("gmail-refused", detail=f"{status} {text}")
