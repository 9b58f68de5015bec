"""Gmail's limits seen from outside: through HTTP, and through the options of `serve`."""

from __future__ import annotations

import http.client
import json
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from migrate.gmail.errors import Throttled, classify
from migrate.sandbox import server
from migrate.sandbox.embed import Running
from migrate.sandbox.options import Options
from tests.contracts.gmail import Mailbox, b64, message, refusal
from tests.sandboxes import running

ANNA, BERT = "anna@example.org", "bert@example.org"
IMPORT = "/upload/gmail/v1/users/me/messages/import?uploadType=media"
PROFILE = "/gmail/v1/users/me/profile"
MAIL = message("From: a@example.com", body=b"x" * 8_000)
Answer = tuple[int, Any]


def mailbox(sandbox: Running, user: str = ANNA) -> Mailbox:
    return Mailbox(sandbox.url, sandbox.key_file, user)


def send(box: Mailbox) -> Answer:
    return box.request("POST", IMPORT, MAIL, "message/rfc822")


def understood(answer: Answer) -> Throttled:
    """What mailhaul's own client makes of a refusal."""
    error = classify(answer[0], json.dumps(answer[1]).encode())
    assert isinstance(error, Throttled)
    return error


def stored(sandbox: Running) -> int:
    with urllib.request.urlopen(f"{sandbox.url}/_sandbox/stats") as answer:
        count: int = json.load(answer)["messages"]
    return count


def begin(box: Mailbox, token: str) -> http.client.HTTPConnection:
    """An import whose message is still to come."""
    connection = box.connect()
    connection.putrequest("POST", IMPORT)
    connection.putheader("Authorization", f"Bearer {token}")
    connection.putheader("Content-Type", "message/rfc822")
    connection.putheader("Content-Length", str(len(MAIL)))
    connection.endheaders()
    return connection


def finish(connection: http.client.HTTPConnection) -> Answer:
    connection.send(MAIL)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def until(box: Mailbox, status: int) -> Answer:
    """Ask until the answer has that status: the server learns at its own time of what began."""
    for _ in range(1_000):
        answer = box.request("GET", PROFILE)
        if answer[0] == status:
            return answer
    raise AssertionError(answer)


def test_one_request_too_many_at_once(tmp_path: Path) -> None:
    extra = ["--quota", "2026", "--assume", "concurrency=2", "--assume", "dedupe=off"]
    with running(tmp_path, extra=extra) as sandbox:
        box = mailbox(sandbox)
        token = box.token()
        first, second = begin(box, token), begin(box, token)
        assert understood(until(box, 429)).concurrency
        assert mailbox(sandbox, BERT).request("GET", PROFILE)[0] == 200
        third = begin(box, token)
        assert finish(third)[0] == 429  # its message was read, so the connection is still good
        assert finish(first)[0] == 200
        until(box, 200)
        third.request("GET", PROFILE, headers={"Authorization": f"Bearer {token}"})
        assert third.getresponse().status == 200
        assert finish(second)[0] == 200
        assert stored(sandbox) == 2
        for connection in (first, second, third):
            connection.close()


def test_a_refused_import_stores_nothing(tmp_path: Path) -> None:
    extra = ["--quota", "2026", "--units-per-user", "50", "--units-per-day", "75"]
    extra += ["--assume", "dedupe=off"]
    with running(tmp_path, extra=extra) as sandbox:
        anna, bert = mailbox(sandbox), mailbox(sandbox, BERT)
        assert [send(anna)[0] for _ in range(3)] == [200, 200, 403]
        minute = understood(send(anna))
        assert "limit 'Units per minute per user'" in str(minute)
        assert not minute.daily
        assert send(bert)[0] == 200
        assert understood(send(bert)).daily
        assert stored(sandbox) == 3


def test_a_mailbox_that_has_taken_its_bytes_names_a_time(tmp_path: Path) -> None:
    extra = ["--quota", "legacy", "--assume", "upload-per-day=20K"]
    with running(tmp_path, extra=extra) as sandbox:
        box = mailbox(sandbox)
        assert [send(box)[0] for _ in range(3)] == [200, 200, 429]
        first, second = (understood(box.request("GET", PROFILE)).retry_at for _ in range(2))
        assert first is not None
        assert second is not None
        assert datetime.now(UTC) < first < second
        assert send(mailbox(sandbox, BERT))[0] == 200


def test_mail_in_json_counts_for_the_day_too(tmp_path: Path) -> None:
    extra = ["--quota", "legacy", "--assume", "upload-per-day=20K"]
    with running(tmp_path, extra=extra) as sandbox:
        box, mail = mailbox(sandbox), message("From: a@example.com", body=b"x" * 9_000)
        users, raw = box.users(), b64(mail)
        users.messages().insert(userId="me", body={"raw": raw}).execute()
        users.drafts().create(userId="me", body={"message": {"raw": raw}}).execute()
        third = users.messages().import_(userId="me", body={"raw": raw})
        assert refusal(third.execute)[0] == 429


def test_units_are_options_of_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from migrate.cli.sandbox import app

    served: list[Options] = []
    monkeypatch.setattr(server, "serve", lambda options, _: served.append(options))
    command = ["serve", "--data", str(tmp_path), "--key-out", str(tmp_path / "key.json")]
    units = ["--units-per-user", "1", "--units-per-project", "2", "--units-per-day", "0"]
    assert CliRunner().invoke(app, [*command, *units]).exit_code == 0
    assert CliRunner().invoke(app, [*command, "--units-per-user", "-1"]).exit_code == 2
    (options,) = served
    assert (options.units_per_user, options.units_per_project, options.units_per_day) == (1, 2, 0)
