"""Each shape in which Gmail is known to refuse becomes the right type."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from migrate.errors import MailhaulError, TargetError
from migrate.gmail.errors import (
    Answer,
    Conflict,
    LabelRefused,
    MessageRefused,
    NotFound,
    OutcomeUnknown,
    Throttled,
    TokenExpired,
    classify,
    retry_time,
)

PER_MINUTE = (
    "Quota exceeded for quota metric 'Total Query Cost' and limit 'Units per minute per user' "
    "of service 'gmail.googleapis.com' for consumer 'project_number:123'."
)


def body(code: int, message: str, reason: str = "", status: str = "", domain: str = "") -> bytes:
    entry = {"message": message, "domain": domain or "global", "reason": reason}
    error = {"code": code, "message": message, "errors": [entry], "status": status}
    # Real ones are longer than any buffer one might be tempted to cut them to.
    return json.dumps({"error": error | {"details": [{"links": "x" * 900}]}}).encode()


@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [
        (403, body(403, PER_MINUTE, "rateLimitExceeded", "RESOURCE_EXHAUSTED"), Throttled),
        (403, body(403, PER_MINUTE, "rateLimitExceeded", "PERMISSION_DENIED"), Throttled),
        (403, body(403, "User Rate Limit Exceeded", "userRateLimitExceeded"), Throttled),
        (403, body(403, "Rate Limit Exceeded", "rateLimitExceeded"), Throttled),
        (403, body(403, "Daily Limit Exceeded", "dailyLimitExceeded"), Throttled),
        (403, body(403, "Quota exceeded", "quotaExceeded"), Throttled),
        (403, body(403, "Quota exceeded", status="RESOURCE_EXHAUSTED"), Throttled),
        (
            403,
            body(403, "User-rate limit exceeded.  Retry after 2026-09-11T20:00:00.000Z"),
            Throttled,
        ),
        (429, body(429, "Too many concurrent requests for user", "rateLimitExceeded"), Throttled),
        (429, b"<html>Too Many Requests</html>", Throttled),
        (429, b"", Throttled),
        (401, body(401, "Invalid Credentials", "authError"), TokenExpired),
        (500, body(500, "Backend Error", "backendError"), OutcomeUnknown),
        (502, b"<html><h1>502 Bad Gateway</h1></html>", OutcomeUnknown),
        (503, b"", OutcomeUnknown),
        (504, b"\xff\xfe", OutcomeUnknown),
        (408, b"", OutcomeUnknown),
        (404, body(404, "Requested entity was not found.", "notFound"), NotFound),
        (409, body(409, "Label name exists or conflicts", "aborted", "ALREADY_EXISTS"), Conflict),
    ],
)
def test_what_says_nothing_about_the_message(
    status: int, answer: bytes, kind: type[Exception]
) -> None:
    assert type(classify(status, answer)) is kind


@pytest.mark.parametrize(
    ("status", "answer", "code"),
    [
        (
            403,
            body(403, "The domain administrators have disabled Gmail apps.", "domainPolicy"),
            "target-domain-policy",
        ),
        (
            403,
            body(403, "Request had insufficient authentication scopes.", "insufficientPermissions"),
            "target-missing-scope",
        ),
        (
            403,
            body(403, "Gmail API has not been used in project 7 before", "accessNotConfigured"),
            "target-api-disabled",
        ),
        (
            400,
            body(400, "Mail service not enabled", "failedPrecondition"),
            "target-no-mail-service",
        ),
        (
            400,
            body(400, "Precondition check failed.", "failedPrecondition"),
            "target-no-mail-service",
        ),
        (403, body(403, "Delegation denied for a@example.com"), "target-delegation-denied"),
        (403, body(403, "Something new", "forbidden"), "target-forbidden"),
        (403, b"<html>blocked by the proxy</html>", "target-forbidden"),
    ],
)
def test_what_concerns_the_account(status: int, answer: bytes, code: str) -> None:
    error = classify(status, answer)
    assert isinstance(error, TargetError)
    assert error.code == code
    assert Answer.parse(status, answer).message == error.params["detail"]


@pytest.mark.parametrize(
    ("status", "answer", "code"),
    [
        (400, body(400, "Expected a single 'From' header"), "gmail-from-count"),
        (400, body(400, "Invalid From header"), "gmail-from-invalid"),
        (400, body(400, "Invalid To header"), "gmail-to-invalid"),
        (
            400,
            body(400, "Invalid attachment. Please check https://support.google.com/mail/"),
            "gmail-attachment",
        ),
        (
            400,
            body(400, "BadAttachment badfile_checker:EXE_FILE_FOUND"),
            "gmail-attachment",
        ),
        (400, body(400, "Request contains an invalid argument."), "gmail-refused"),
        (400, b"", "gmail-refused"),
        (400, b"<html>Bad Request</html>", "gmail-refused"),
        (413, b"", "gmail-too-large"),
    ],
)
def test_what_concerns_the_message(status: int, answer: bytes, code: str) -> None:
    error = classify(status, answer)
    assert isinstance(error, MessageRefused)
    assert error.code == code


@pytest.mark.parametrize(
    ("text", "label"),
    [("Invalid label: SENT", "SENT"), ("labelId not found", None), ("Invalid label name", None)],
)
def test_what_concerns_a_label(text: str, label: str | None) -> None:
    error = classify(400, body(400, text, "invalidArgument", "INVALID_ARGUMENT"))
    assert isinstance(error, LabelRefused)
    assert error.label == label


@pytest.mark.parametrize(
    "answer",
    [b"[]", b'"x"', b"null", b'{"error": "invalid_grant"}', b'{"error": {"errors": [7]}}', b"{"],
)
def test_a_body_of_another_shape_is_only_text(answer: bytes) -> None:
    parsed = Answer.parse(400, answer)
    assert (parsed.message, parsed.reason) == (answer.decode(), "")
    assert isinstance(classify(400, answer), MailhaulError)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        (
            "User-rate limit exceeded.  Retry after 2026-09-11T20:00:00.000Z",
            datetime(2026, 9, 11, 20, tzinfo=UTC),
        ),
        (
            "Retry after 2026-09-11T22:00:00+02:00 (Forbidden)",
            datetime(2026, 9, 11, 20, tzinfo=UTC),
        ),
        ("Retry after a while", None),
        ("", None),
    ],
)
def test_the_time_to_retry_stands_in_the_text(text: str, time: datetime | None) -> None:
    assert retry_time(text) == time


def test_a_refusal_knows_its_time_and_kind() -> None:
    refusal = classify(403, body(403, "Limit.  Retry after 2026-09-11T20:00:00.000Z"))
    assert isinstance(refusal, Throttled)
    assert refusal.retry_at == datetime(2026, 9, 11, 20, tzinfo=UTC)
    concurrent = classify(429, body(429, "Too many concurrent requests for user"))
    assert isinstance(concurrent, Throttled)
    assert concurrent.concurrency and not concurrent.daily
    daily = classify(403, body(403, "Daily Limit Exceeded", "dailyLimitExceeded"))
    assert isinstance(daily, Throttled)
    assert daily.daily and not daily.concurrency


def details(**metadata: str) -> bytes:
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "metadata": metadata}
    error = {"code": 403, "message": PER_MINUTE, "errors": [], "status": "RESOURCE_EXHAUSTED"}
    return json.dumps({"error": error | {"details": [{"@type": "help"}, info]}}).encode()


def test_a_refusal_of_2026_names_its_limit_and_its_minute() -> None:
    told = classify(403, details(quota_limit_value="6000", window_start_time="1790000000"))
    assert isinstance(told, Throttled)
    assert told.limit == 6000
    assert told.window == datetime.fromtimestamp(1_790_000_000, UTC)
    assert not told.project and not told.daily and not told.concurrency


@pytest.mark.parametrize("value", ["", "-1", "lots", "²", "9" * 40])
def test_a_limit_that_is_none_is_not_believed(value: str) -> None:
    told = classify(403, details(quota_limit_value=value, window_start_time=value))
    assert isinstance(told, Throttled)
    assert told.limit is None and told.window is None


@pytest.mark.parametrize("odd", [None, "x", [None], [{"metadata": []}], {"metadata": 1}])
def test_details_of_any_shape(odd: object) -> None:
    error = {"code": 429, "message": "", "errors": [{}], "details": odd}
    assert isinstance(classify(429, json.dumps({"error": error}).encode()), Throttled)


def test_the_projects_minute_is_not_the_users() -> None:
    projects = PER_MINUTE.replace(" per user", "")
    told = [classify(403, body(403, each, "rateLimitExceeded")) for each in (PER_MINUTE, projects)]
    assert [isinstance(each, Throttled) and each.project for each in told] == [False, True]
