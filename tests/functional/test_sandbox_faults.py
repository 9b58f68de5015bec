"""Scripted failures, seen from the wire: what was stored, and what the client got to see."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pycurl
import pytest
from google.auth.exceptions import RefreshError

from tests.contracts.gmail import Mailbox, b64, message
from tests.sandboxes import running

IMPORT = "/gmail/v1/users/me/messages/import"
METHOD = "gmail.users.messages.import"


@pytest.fixture(scope="module")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    with running(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield Mailbox(sandbox.url, sandbox.key_file, "owner@example.org")


def script(mailbox: Mailbox, *rules: dict[str, Any]) -> None:
    body = json.dumps({"rules": rules}).encode()
    assert mailbox.request("PUT", "/_sandbox/faults", body)[0] == 200


def stats(mailbox: Mailbox) -> dict[str, Any]:
    answer: dict[str, Any] = mailbox.request("GET", "/_sandbox/stats")[1]
    return answer


def stored(mailbox: Mailbox) -> int:
    return int(stats(mailbox)["messages"])


def send(mailbox: Mailbox, connection: http.client.HTTPConnection | None = None) -> tuple[int, Any]:
    mail = json.dumps({"raw": b64(message("From: a@example.com"))}).encode()
    return mailbox.request("POST", IMPORT, mail, "application/json", connection=connection)


@pytest.mark.parametrize(("when", "kept"), [("before", 0), ("after", 1)])
def test_status_before_and_after_storing(mailbox: Mailbox, when: str, kept: int) -> None:
    rule = {"method": METHOD, "nth": 2, "status": 503, "message": "Try later", "when": when}
    script(mailbox, rule)
    before = stored(mailbox)
    answers = [send(mailbox) for _ in range(3)]
    assert [status for status, _ in answers] == [200, 503, 200]
    assert answers[1][1]["error"]["message"] == "Try later"
    assert stored(mailbox) == before + 2 + kept


@pytest.mark.parametrize(("when", "kept"), [("before", 0), ("after", 1)])
def test_drop_closes_without_a_byte(mailbox: Mailbox, when: str, kept: int) -> None:
    token = mailbox.token()
    script(mailbox, {"method": METHOD, "drop": True, "when": when, "times": 1})
    before = stored(mailbox)
    body = json.dumps({"raw": b64(message("From: a@example.com"))})
    request = (
        f"POST {IMPORT} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    )
    connection = mailbox.connect()
    connection.connect()
    wire: socket.socket = connection.sock
    wire.settimeout(10)
    wire.sendall(request.encode())
    with contextlib.suppress(ConnectionResetError):
        assert wire.recv(1) == b""
    connection.close()
    assert stored(mailbox) == before + kept
    assert send(mailbox)[0] == 200


def test_truncated_answer(mailbox: Mailbox) -> None:
    script(mailbox, {"method": METHOD, "truncate": True, "times": 1})
    before = stored(mailbox)
    with pytest.raises(http.client.IncompleteRead):
        send(mailbox)
    assert stored(mailbox) == before + 1


@pytest.mark.parametrize(("when", "kept"), [("before", 1), ("after", 2)])
def test_drop_idle_answers_and_cuts_the_next(mailbox: Mailbox, when: str, kept: int) -> None:
    script(mailbox, {"method": METHOD, "drop_idle": True, "when": when, "times": 1})
    before = stored(mailbox)
    connection = mailbox.connect()
    assert send(mailbox, connection)[0] == 200
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        send(mailbox, connection)
    connection.close()
    assert stored(mailbox) == before + kept


def test_drop_idle_makes_libcurl_send_twice(mailbox: Mailbox) -> None:
    """The reason for the rule: libcurl repeats a POST by itself on a reused connection."""
    script(mailbox, {"method": METHOD, "drop_idle": True, "when": "after", "times": 1})
    before = stored(mailbox)
    curl, sink = pycurl.Curl(), BytesIO()
    curl.setopt(pycurl.NOPROXY, "*")
    curl.setopt(pycurl.WRITEDATA, sink)
    curl.setopt(pycurl.URL, mailbox.url + IMPORT)
    curl.setopt(
        pycurl.HTTPHEADER,
        [f"Authorization: Bearer {mailbox.token()}", "Content-Type: application/json", "Expect:"],
    )
    for _ in range(2):
        mail = message("From: a@example.com", unique=False)
        curl.setopt(pycurl.POSTFIELDS, json.dumps({"raw": b64(mail)}))
        curl.perform()
        assert curl.getinfo(pycurl.RESPONSE_CODE) == 200
    curl.close()
    assert stored(mailbox) == before + 3


def test_every_and_user_and_seeded_probability(mailbox: Mailbox) -> None:
    script(mailbox, {"method": "gmail.*.import", "every": 3, "status": 500})
    assert [send(mailbox)[0] for _ in range(6)] == [200, 200, 500, 200, 200, 500]
    script(mailbox, {"user": "somebody@example.org", "status": 500})
    assert send(mailbox)[0] == 200
    runs = []
    for _ in range(2):
        script(mailbox, {"method": METHOD, "probability": 0.5, "seed": 7, "status": 500})
        runs.append([send(mailbox)[0] for _ in range(12)])
    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 500}


def test_body_and_headers_of_an_injected_answer(mailbox: Mailbox) -> None:
    script(mailbox, {"status": 429, "body": {"x": 1}, "headers": {"Retry-After": "3"}, "times": 1})
    connection = mailbox.connect()
    connection.request("GET", "/gmail/v1/users/me/profile")
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("Retry-After")) == (429, "3")
    assert json.loads(answer.read()) == {"x": 1}
    connection.close()


def test_token_endpoint_fails_too(mailbox: Mailbox) -> None:
    script(mailbox, {"method": "token", "status": 503, "times": 1})
    connection = mailbox.connect()
    connection.request("POST", "/token", b"")
    assert connection.getresponse().status == 503
    connection.close()


@contextlib.contextmanager
def aside(mailbox: Mailbox) -> Iterator[ThreadPoolExecutor]:
    """Threads for requests that are held; none is at the end."""
    with ThreadPoolExecutor() as threads:
        try:
            yield threads
        finally:
            mailbox.request("POST", "/_sandbox/release")


@pytest.mark.parametrize(("when", "kept"), [("before", 0), ("after", 1)])
def test_held_until_released(mailbox: Mailbox, when: str, kept: int) -> None:
    script(mailbox, {"method": METHOD, "hold": True, "when": when, "nth": [1, 2]})
    before = stored(mailbox)
    with aside(mailbox) as threads:
        held = [threads.submit(send, mailbox) for _ in range(2)]
        while stats(mailbox)["held"] < 2:
            assert not any(each.done() for each in held)
        assert send(mailbox)[0] == 200
        script(mailbox)
        assert (stats(mailbox)["held"], stored(mailbox)) == (2, before + 1 + 2 * kept)
        assert mailbox.request("POST", "/_sandbox/release") == (200, {"released": 2})
        assert (stats(mailbox)["held"], stored(mailbox)) == (0, before + 3)
        assert [each.result()[0] for each in held] == [200, 200]


def test_held_and_then_refused(mailbox: Mailbox) -> None:
    script(mailbox, {"method": METHOD, "hold": True, "status": 503, "times": 1})
    with aside(mailbox) as threads:
        held = threads.submit(send, mailbox)
        while not stats(mailbox)["held"]:
            assert not held.done()
        mailbox.request("POST", "/_sandbox/release")
        assert held.result()[0] == 503


def test_a_sandbox_that_holds_requests_can_be_stopped(tmp_path: Path) -> None:
    with ThreadPoolExecutor() as threads, running(tmp_path) as sandbox:
        mailbox = Mailbox(sandbox.url, sandbox.key_file, "owner@example.org")
        script(mailbox, {"method": METHOD, "hold": True})
        held = threads.submit(send, mailbox)
        while not stats(mailbox)["held"]:
            assert not held.done()
    assert isinstance(held.exception(), http.client.HTTPException | OSError | ValueError)


def test_errors_by_name(mailbox: Mailbox) -> None:
    script(
        mailbox,
        {"method": METHOD, "nth": 1, "error": "daily-limit"},
        {"method": METHOD, "nth": 2, "error": "retry-after", "retry_after": 90},
        {"method": METHOD, "nth": 3, "error": "delegation-denied", "when": "after"},
    )
    before = stored(mailbox)
    (first, daily), (second, later), (third, denied) = (send(mailbox) for _ in range(3))
    assert (first, daily["error"]["errors"][0]["reason"]) == (403, "dailyLimitExceeded")
    text, _, named = later["error"]["message"].rpartition(" ")
    assert (second, text) == (429, "User-rate limit exceeded.  Retry after")
    left = datetime.fromisoformat(named) - datetime.now(UTC)
    assert timedelta(seconds=0) < left <= timedelta(seconds=90)
    assert (third, denied["error"]["message"]) == (403, f"Delegation denied for {mailbox.user}")
    assert stored(mailbox) == before + 1


def test_errors_of_the_token_endpoint_by_name(mailbox: Mailbox) -> None:
    script(mailbox, {"method": "token", "error": "disabled-client", "times": 1})
    with pytest.raises(RefreshError, match=r"disabled_client: The OAuth client was disabled\."):
        mailbox.token()
    assert mailbox.token()


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            {"error": "daily-limits"},
            "unknown error daily-limits; known are access-denied, account-",
        ),
        ({"error": ["x"]}, "unknown error ['x']"),
        ({"error": "disabled-client"}, 'disabled-client is answered only with method = "token"'),
        ({"error": "daily-limit", "method": "token"}, "daily-limit is answered not with"),
        ({"error": "retry-after"}, "retry-after wants retry_after"),
        ({"error": "retry-after", "retry_after": "9"}, "retry-after wants retry_after"),
        ({"error": "daily-limit", "retry_after": 9}, "daily-limit has no retry_after"),
        ({"error": "daily-limit", "status": 500}, "only one of status, error, drop"),
        ({"hold": 2}, "hold can't be 2"),
        ({"delay": True}, "delay can't be True"),
        ({"hold": False}, "one of delay, hold, status, error"),
    ],
)
def test_names_that_make_no_sense(mailbox: Mailbox, rule: dict[str, Any], said: str) -> None:
    body = json.dumps({"rules": [rule]}).encode()
    status, answer = mailbox.request("PUT", "/_sandbox/faults", body)
    assert status == 400
    assert answer["error"]["message"].startswith("rule 1: ")
    assert said in answer["error"]["message"]


@pytest.mark.parametrize(
    "rules", [{}, {"rules": [{"status": 500, "nht": 1}]}, {"rules": [{"nth": 1}]}, [1]]
)
def test_a_bad_script_changes_nothing(mailbox: Mailbox, rules: Any) -> None:
    script(mailbox, {"method": METHOD, "status": 500})
    assert mailbox.request("PUT", "/_sandbox/faults", json.dumps(rules).encode())[0] == 400
    assert send(mailbox)[0] == 500
    script(mailbox)


def test_stats(mailbox: Mailbox) -> None:
    script(mailbox)
    before = stats(mailbox)
    send(mailbox)
    after = stats(mailbox)
    assert after["requests"][METHOD] == before["requests"].get(METHOD, 0) + 1
    assert after["units"]["owner@example.org"] == before["units"]["owner@example.org"] + 25
    assert after["statuses"]["200"] > before["statuses"]["200"]


@pytest.mark.parametrize("kind", ["toml", "json"])
def test_fault_file(tmp_path: Path, kind: str) -> None:
    script = tmp_path / f"faults.{kind}"
    rule = {"method": METHOD, "nth": 1, "status": 500}
    lines = f'[[rules]]\nmethod = "{METHOD}"\nnth = 1\nstatus = 500\n'
    script.write_text(lines if kind == "toml" else json.dumps([rule]))
    with running(tmp_path / "data", extra=["--faults", str(script)]) as sandbox:
        mailbox = Mailbox(sandbox.url, sandbox.key_file, "owner@example.org")
        assert [send(mailbox)[0] for _ in range(2)] == [500, 200]
