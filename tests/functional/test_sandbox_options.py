"""Every option of `serve`, seen from outside."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from google.auth.exceptions import RefreshError

from migrate.sandbox.embed import Running, running
from tests.contracts.gmail import AUTH, FULL, Mailbox, message, refusal

FROM, USER = "From: a@example.com", "owner@example.org"


def mailbox(sandbox: Running, user: str = USER) -> Mailbox:
    return Mailbox(sandbox.url, sandbox.key_file, user, sandbox.ca_file)


def test_key_file_and_data_are_kept(tmp_path: Path) -> None:
    key = tmp_path / "out" / "key.json"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    with running(tmp_path / "data", key_out=key, extra=["--port", port]) as sandbox:
        made = mailbox(sandbox).import_(message(FROM))
        first = key.read_text()
    info = json.loads(first)
    assert info["mailhaul_sandbox"] is True
    assert info["client_id"].isdigit()
    assert info["token_uri"] == f"{sandbox.url}/token"
    with running(tmp_path / "data", key_out=key, extra=["--port", port]) as sandbox:
        assert key.read_text() == first
        assert mailbox(sandbox).get(made["id"])["id"] == made["id"]
        later = mailbox(sandbox).import_(message(FROM))
    assert later["id"] > made["id"]


def test_only_the_owner_can_read(tmp_path: Path) -> None:
    with running(tmp_path / "data", extra=["--tls"]) as sandbox:
        mailbox(sandbox).import_(message(FROM))
        found = [tmp_path / "data", *(tmp_path / "data").rglob("*")]
        assert any(each.parent.parent.name == "blobs" for each in found)
        for path in found:
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_tls(tmp_path: Path) -> None:
    with running(tmp_path, extra=["--tls"]) as sandbox:
        assert sandbox.url.startswith("https://127.0.0.1:")
        assert sandbox.ca_file is not None
        mail = message(FROM, body=b"\xff" * 6_000_000)
        status, made = mailbox(sandbox).request(
            "POST",
            "/upload/gmail/v1/users/me/messages/import?uploadType=media",
            mail,
            "message/rfc822",
        )
        assert status == 200
        assert mailbox(sandbox).raw(made["id"]).endswith(mail)


def test_users(tmp_path: Path) -> None:
    with running(tmp_path, f"{USER}, two@example.org") as sandbox:
        assert mailbox(sandbox, "TWO@example.org").token()
        with pytest.raises(RefreshError, match="Invalid email or User ID"):
            mailbox(sandbox, "three@example.org").token()


def test_authorized_scopes(tmp_path: Path) -> None:
    with running(tmp_path, extra=["--authorized-scopes", f"{AUTH}gmail.insert"]) as sandbox:
        assert mailbox(sandbox).token(f"{AUTH}gmail.insert")
        with pytest.raises(RefreshError, match="unauthorized_client"):
            mailbox(sandbox).token(FULL)


def test_dedupe_off_sent_refused_history_forgotten(tmp_path: Path) -> None:
    extra = ["--assume", "dedupe=off", "--assume", "sent-draft=refuse", "--history-kept", "1"]
    with running(tmp_path, extra=extra) as sandbox:
        box, mail = mailbox(sandbox), message(FROM)
        start = box.users().getProfile(userId="me").execute()["historyId"]
        assert len({box.import_(mail)["id"] for _ in range(2)}) == 2
        wrong = refusal(lambda: box.import_(mail, labelIds=["SENT"]))
        assert wrong == (400, "Invalid label: SENT")
        assert "SENT" in box.import_(message(f"From: {USER}"))["labelIds"]
        history = box.users().history()
        assert refusal(history.list(userId="me", startHistoryId=start).execute)[0] == 404
        last = str(int(start) + 2)
        assert history.list(userId="me", startHistoryId=last).execute()["history"]


def test_search_lag_hides_from_search_only(tmp_path: Path) -> None:
    with running(tmp_path, extra=["--search-lag", "1h"]) as sandbox:
        box = mailbox(sandbox)
        made = box.import_(message(FROM, "Message-ID: <m@x>", unique=False))
        messages = box.users().messages()
        assert "messages" not in messages.list(userId="me", q="rfc822msgid:m@x").execute()
        assert messages.list(userId="me").execute()["messages"][0]["id"] == made["id"]


def test_discard_keeps_no_bodies(tmp_path: Path) -> None:
    with running(tmp_path, extra=["--discard"]) as sandbox:
        box, mail = mailbox(sandbox), message(FROM, body=b"secret")
        made = box.import_(mail)
        assert box.import_(mail)["id"] == made["id"]
        assert int(box.get(made["id"])["sizeEstimate"]) > len(mail)
        assert refusal(lambda: box.get(made["id"], "raw"))[0] == 501
    assert not [each for each in (tmp_path / "blobs").rglob("*") if each.is_file()]


@pytest.mark.parametrize(
    ("plan", "limit", "unit"), [("2026", 6_000, "Units"), ("legacy", 15_000, "Queries")]
)
def test_quota(tmp_path: Path, plan: str, limit: int, unit: str) -> None:
    with running(tmp_path, extra=["--quota", plan]) as sandbox:
        box = mailbox(sandbox)
        connection, batch = box.connect(), b'{"ids": ["1"], "addLabelIds": ["STARRED"]}'
        path = "/gmail/v1/users/me/messages/batchModify"
        answers = [
            box.request("POST", path, batch, "application/json", connection=connection)
            for _ in range(limit // 50 + 1)
        ]
        connection.close()
        assert [status for status, _ in answers[:-1]] == [204] * (limit // 50)
        status, answer = answers[-1]
        assert status == 403
        assert answer["error"]["errors"][0]["reason"] == "rateLimitExceeded"
        assert f"limit '{unit} per minute per user'" in answer["error"]["message"]
        assert mailbox(sandbox, "two@example.org").users().getProfile(userId="me").execute()


def test_expired_token(tmp_path: Path) -> None:
    with running(tmp_path, extra=["--token-lifetime", "0s"]) as sandbox:
        status, answer = mailbox(sandbox).request("GET", "/gmail/v1/users/me/profile")
        assert (status, answer["error"]["message"]) == (401, "Invalid Credentials")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(tmp_path: Path, number: int) -> None:
    command = [sys.executable, "-c", "from migrate.cli.sandbox import app; app()", "serve"]
    command += ["--data", str(tmp_path), "--key-out", str(tmp_path / "key.json"), "--lang", "ja"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert "サンドボックスの準備ができました: http://127.0.0.1:" in child.stdout.readline()
    os.kill(child.pid, number)
    assert child.wait(10) == 0
    assert child.stdout.read() == ""
    child.stdout.close()


def test_a_child_that_cannot_start_says_why(tmp_path: Path) -> None:
    with (
        pytest.raises(RuntimeError, match=r"no\.toml"),
        running(tmp_path, extra=["--faults", str(tmp_path / "no.toml")]),
    ):
        pass
