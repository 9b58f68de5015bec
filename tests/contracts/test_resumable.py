"""Resumable uploads: in pieces, continued after a break, and never stored twice.

https://developers.google.com/workspace/gmail/api/guides/uploads#resumable
"""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import socket
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from googleapiclient.http import MediaIoBaseUpload

from tests.contracts.gmail import AUTH, Mailbox, b64, message
from tests.sandboxes import running

PATH = "/upload/gmail/v1/users/me/messages/import?uploadType=resumable"
QUANTUM = 256 * 1024
RFC822 = {"X_Upload_Content_Type": "message/rfc822"}
BODY = b"\xff\x00\r\n.\r\n" * 100_000
LAST = 2 * QUANTUM
"""Where the last chunk of a message with this body begins."""


@dataclass
class Upload:
    """One upload by hand."""

    mailbox: Mailbox
    address: str
    mail: bytes = field(default_factory=lambda: message("From: anna@example.com", body=BODY))
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def begin(
        cls, mailbox: Mailbox, path: str = PATH, body: bytes = b"", verb: str = "POST", **given: str
    ) -> Upload:
        headers = {"Authorization": f"Bearer {mailbox.token()}", "Content-Type": "application/json"}
        headers |= {name.replace("_", "-"): value for name, value in given.items()}
        upload = cls(mailbox, path)
        upload.send(verb, body, headers)
        upload.address = upload.headers.get("location", "").removeprefix(mailbox.url)
        return upload

    def send(self, verb: str, body: bytes = b"", headers: dict[str, str] | None = None) -> int:
        connection = self.mailbox.connect()
        connection.request(verb, self.address, body, headers or {})
        answer = connection.getresponse()
        self.status, self.body = answer.status, answer.read()
        self.headers = {name.lower(): value for name, value in answer.getheaders()}
        connection.close()
        return self.status

    def put(self, start: int, end: int | None = None, total: int | str | None = None) -> int:
        """Send the bytes from `start` to `end`, by default to the last one."""
        end = end or len(self.mail)
        said = f"bytes {start}-{end - 1}/{total or len(self.mail)}"
        return self.send("PUT", self.mail[start:end], {"Content-Range": said})

    def ask(self, total: int | str = "*") -> int:
        return self.send("PUT", b"", {"Content-Range": f"bytes */{total}"})

    @property
    def kept(self) -> int:
        """Bytes the server has, by its 308."""
        assert (self.status, self.body) == (308, b"")
        return int(self.headers.get("range", "bytes=0--1").removeprefix("bytes=0-")) + 1

    def made(self) -> dict[str, Any]:
        """The answer after the last byte, checked."""
        assert self.status == 200, self.body
        answer: dict[str, Any] = json.loads(self.body)
        found = answer.get("message", answer)["id"]
        self.mailbox.made.append(found)
        assert self.mailbox.raw(found).endswith(b"\r\n" + self.mail)
        return answer

    @property
    def error(self) -> str:
        return str(json.loads(self.body)["error"]["message"])


def test_in_one_piece(mailbox: Mailbox) -> None:
    upload = Upload.begin(mailbox, body=b'{"labelIds": ["STARRED"]}', **RFC822)
    assert (upload.status, upload.body) == (200, b"")
    assert upload.address.startswith(f"{PATH}&upload_id=")
    assert upload.headers["x-guploader-uploadid"] == upload.address.rpartition("=")[2]
    upload.send("PUT", upload.mail)
    assert upload.made()["labelIds"] == ["STARRED"]


@pytest.mark.parametrize("total", [None, "*"], ids=["size known", "size unknown"])
def test_in_chunks(mailbox: Mailbox, total: str | None) -> None:
    upload = Upload.begin(mailbox)
    upload.ask(total or len(upload.mail))
    assert upload.kept == 0
    for start in range(0, LAST, QUANTUM):
        upload.put(start, start + QUANTUM, total)
        assert upload.kept == start + QUANTUM
    upload.put(LAST)
    upload.made()


def test_the_answer_is_told_again(mailbox: Mailbox) -> None:
    upload = Upload.begin(mailbox)
    upload.send("PUT", upload.mail)
    first = upload.made()
    repeats: list[Callable[[], int]] = [
        lambda: upload.ask(len(upload.mail)),
        lambda: upload.ask(),
        lambda: upload.put(LAST),
        lambda: upload.send("PUT", upload.mail),
    ]
    for repeat in repeats:
        assert repeat() == 200
        assert json.loads(upload.body)["id"] == first["id"]


@pytest.mark.parametrize("sized", [True, False], ids=["content-range", "no content-range"])
def test_a_broken_connection_leaves_what_came(mailbox: Mailbox, sized: bool) -> None:
    upload = Upload.begin(mailbox)
    for sent in (QUANTUM - 1, 2 * QUANTUM + 9):
        connection = mailbox.connect()
        connection.putrequest("PUT", upload.address)
        connection.putheader("Content-Length", str(len(upload.mail)))
        if sized:
            connection.putheader(
                "Content-Range", f"bytes 0-{len(upload.mail) - 1}/{len(upload.mail)}"
            )
        connection.endheaders(upload.mail[:sent])
        connection.sock.shutdown(socket.SHUT_WR)
        connection.sock.recv(1)  # the server has noticed
        connection.close()
        upload.ask(len(upload.mail))
        assert upload.kept == sent // QUANTUM * QUANTUM
    upload.put(upload.kept)
    upload.made()


def test_bytes_that_are_there_already_are_passed_over(mailbox: Mailbox) -> None:
    upload = Upload.begin(mailbox)
    upload.put(0, QUANTUM)
    upload.send(
        "PUT",
        bytes(QUANTUM) + upload.mail[QUANTUM:LAST],
        {"Content-Range": f"bytes 0-{LAST - 1}/*"},
    )
    assert upload.kept == LAST
    upload.put(QUANTUM)
    upload.made()


def test_an_odd_chunk_is_kept_in_part(mailbox: Mailbox, assumed: None) -> None:
    upload = Upload.begin(mailbox)
    upload.put(0, QUANTUM + 5)
    assert upload.kept == QUANTUM
    assert upload.put(QUANTUM + 5) == 503
    assert upload.body.endswith(
        b"the upload offset is 262149 byte(s), "
        b"which exceeds already uploaded size of 262144 byte(s)."
    )
    upload.put(QUANTUM)
    upload.made()


def test_a_stream_is_ended_by_its_size_alone(mailbox: Mailbox, assumed: None) -> None:
    upload = Upload.begin(mailbox)
    upload.mail = upload.mail[:LAST]
    upload.put(0, LAST, "*")
    assert upload.kept == LAST
    upload.ask(LAST - QUANTUM)
    assert upload.kept == LAST
    upload.put(0, 100, 100)
    assert upload.kept == LAST
    upload.ask(LAST)
    upload.made()


def test_go_asks_for_no_308(mailbox: Mailbox) -> None:
    upload = Upload.begin(mailbox)
    headers = {"X-GUploader-No-308": "yes", "Content-Range": f"bytes 0-{LAST - 1}/*"}
    assert upload.send("POST", upload.mail[:LAST], headers) == 200
    assert upload.headers["x-http-status-code-override"] == "308"
    assert upload.headers["range"] == f"bytes=0-{LAST - 1}"
    upload.put(LAST)
    upload.made()


def test_cancelled(mailbox: Mailbox) -> None:
    upload = Upload.begin(mailbox)
    upload.put(0, QUANTUM)
    assert upload.send("DELETE") == 499
    assert upload.put(QUANTUM) == 404


def test_an_unknown_session(mailbox: Mailbox) -> None:
    upload = Upload.begin(mailbox)
    for wrong in (upload.address[:-4] + "0000", f"{PATH}&upload_id=", f"{PATH}&no_upload_id=x"):
        upload.address = wrong
        assert upload.put(0) == 404


@pytest.mark.parametrize(
    "content_range",
    [
        "bytes 5-4/9",
        "bytes 0-9/9",
        "bytes 0-/9",
        "bytes=0-8/9",
        "0-8/9",
        "bytes 0-8",
        "bytes 0-8/x",
    ],
)
def test_a_bad_content_range(mailbox: Mailbox, assumed: None, content_range: str) -> None:
    upload = Upload.begin(mailbox)
    assert upload.send("PUT", bytes(9), {"Content-Range": content_range}) == 400
    assert upload.error == "Failed to parse Content-Range header."


def test_content_range_and_body_differ(mailbox: Mailbox, assumed: None) -> None:
    upload = Upload.begin(mailbox)
    assert upload.send("PUT", bytes(8), {"Content-Range": "bytes 0-8/9"}) == 400
    assert upload.send("PUT", bytes(8), {"Content-Range": "bytes */9"}) == 400
    assert upload.error == "Client sent query request with a non-empty body."


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b'{"labels": []}', {}, 400),
        (b"{", {}, 400),
        (b"", {"X_Upload_Content_Type": "text/plain"}, 400),
        (b"", {"X_Upload_Content_Length": "157286401"}, 413),
        (b"", {"X_Upload_Content_Length": "many"}, 400),
        (b"", {"Authorization": "Bearer x"}, 401),
    ],
)
def test_refused_at_the_start(
    mailbox: Mailbox, assumed: None, body: bytes, headers: dict[str, str], status: int
) -> None:
    upload = Upload.begin(mailbox, body=body, **headers)
    assert upload.status == status
    assert "location" not in upload.headers


def test_scopes_are_checked_at_the_start(mailbox: Mailbox) -> None:
    token = mailbox.token(f"{AUTH}gmail.labels")
    assert Upload.begin(mailbox, Authorization=f"Bearer {token}").status == 403


def test_over_the_size_limit_on_the_way(mailbox: Mailbox, assumed: None) -> None:
    upload = Upload.begin(mailbox)
    assert upload.send("PUT", b"x", {"Content-Range": "bytes 0-0/157286401"}) == 308
    drafts = "/upload/gmail/v1/users/me/drafts?uploadType=resumable"
    upload = Upload.begin(mailbox, drafts)
    connection = mailbox.connect()
    pieces = iter([bytes(1024 * 1024)] * 36)
    connection.request("PUT", upload.address, pieces, encode_chunked=True)  # 35 MiB are allowed
    assert connection.getresponse().status == 413
    connection.close()


def test_refused_at_the_end(mailbox: Mailbox) -> None:
    upload = Upload.begin(mailbox)
    mail = upload.mail.replace(b"From:", b"Form:", 1)
    assert upload.send("PUT", mail) == 400
    assert upload.error == "Expected a single 'From' header"
    assert upload.send("PUT", mail) == 400


def test_a_declared_size_counts(mailbox: Mailbox, assumed: None) -> None:
    upload = Upload.begin(mailbox, X_Upload_Content_Length=str(9))
    assert upload.send("PUT", bytes(8)) == 400
    assert upload.error == "The upload has 8 byte(s), not 9."


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("POST", "/upload/gmail/v1/users/me/messages?uploadType=resumable"),
        ("POST", "/upload/gmail/v1/users/me/messages/import?upload_protocol=resumable"),
        ("POST", "/resumable/upload/gmail/v1/users/me/messages/import"),
        ("POST", "/upload/gmail/v1/users/me/drafts?uploadType=resumable"),
    ],
    ids=["insert", "upload_protocol", "path", "draft"],
)
def test_wherever_mail_comes_in(mailbox: Mailbox, verb: str, path: str) -> None:
    upload = Upload.begin(mailbox, path, verb=verb)
    assert upload.status == 200
    upload.send("PUT", upload.mail)
    upload.made()


def test_a_new_version_of_a_draft(mailbox: Mailbox) -> None:
    drafts = mailbox.users().drafts()
    body = {"message": {"raw": b64(message("From: anna@example.com"))}}
    draft = drafts.create(userId="me", body=body).execute()
    path = f"/upload/gmail/v1/users/me/drafts/{draft['id']}?uploadType=resumable"
    upload = Upload.begin(mailbox, path, verb="PUT")
    upload.send("PUT", upload.mail)
    assert upload.made()["id"] == draft["id"]
    drafts.delete(userId="me", id=draft["id"]).execute()


@pytest.mark.parametrize("chunk", [QUANTUM, -1], ids=["chunks", "one piece"])
def test_googles_client(mailbox: Mailbox, chunk: int) -> None:
    mail = message("From: anna@example.com", body=BODY)
    media = MediaIoBaseUpload(io.BytesIO(mail), "message/rfc822", chunk, resumable=True)
    call = mailbox.users().messages().import_(userId="me", body={}, media_body=media)
    call.http.http.redirect_codes -= {308}  # as googleapiclient.http.build_http does
    progress, answer = [], None
    while answer is None:
        step, answer = call.next_chunk()
        progress += [step.resumable_progress] if step else []
    mailbox.made.append(answer["id"])
    assert progress == ([] if chunk < 0 else list(range(QUANTUM, LAST + 1, QUANTUM)))
    assert mailbox.raw(answer["id"]).endswith(b"\r\n" + mail)


def test_an_empty_message(mailbox: Mailbox) -> None:
    upload = Upload.begin(mailbox)
    assert upload.send("PUT", b"") == 400
    assert upload.error.startswith("'raw' RFC822 payload message string")


def test_a_session_belongs_to_its_path(mailbox: Mailbox, assumed: None) -> None:
    upload = Upload.begin(mailbox)
    upload.address = upload.address.replace("/import", "")
    assert upload.put(0) == 404


def stats(mailbox: Mailbox) -> Any:
    return mailbox.request("GET", "/_sandbox/stats")[1]


def script(mailbox: Mailbox, *rules: dict[str, Any]) -> None:
    status, _ = mailbox.request("PUT", "/_sandbox/faults", json.dumps(rules).encode())
    assert status == 200


@pytest.mark.parametrize("action", [{"drop": True}, {"status": 503}], ids=["drop", "503"])
@pytest.mark.parametrize(("when", "kept"), [("before", QUANTUM), ("after", LAST)])
def test_a_fault_in_a_chunk_leaves_a_state(
    mailbox: Mailbox, assumed: None, action: dict[str, Any], when: str, kept: int
) -> None:
    upload = Upload.begin(mailbox)
    script(mailbox, {"method": "*.import.chunk", "when": when, "times": 1} | action)
    with contextlib.suppress(http.client.RemoteDisconnected, ConnectionError):
        assert upload.put(0, LAST) == 503
    upload.ask()
    assert upload.kept == kept
    upload.put(kept)
    upload.made()


@pytest.mark.parametrize("action", [{"drop": True}, {"status": 503}], ids=["drop", "503"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_fault_at_the_end(
    mailbox: Mailbox, assumed: None, action: dict[str, Any], when: str
) -> None:
    """The request that completes an upload goes by the name of the plain call."""
    upload = Upload.begin(mailbox)
    script(mailbox, {"method": "gmail.users.messages.import", "when": when, "times": 1} | action)
    before = stats(mailbox)
    with contextlib.suppress(http.client.RemoteDisconnected, ConnectionError):
        assert upload.put(0) == 503
    upload.ask(len(upload.mail))
    if when == "before":
        assert upload.kept == QUANTUM
        upload.put(QUANTUM)
    after = stats(mailbox)
    assert after["messages"] == before["messages"] + 1
    assert after["units"][mailbox.user] == before["units"][mailbox.user] + 25
    upload.made()


def test_expired(tmp_path: Path) -> None:
    with running(tmp_path, extra=["--upload-lifetime", "0s"]) as sandbox:
        upload = Upload.begin(Mailbox(sandbox.url, sandbox.key_file, "owner@example.org"))
        assert upload.status == 200
        assert upload.put(0) == 404


def test_nothing_is_left_in_the_spool(tmp_path: Path) -> None:
    with running(tmp_path) as sandbox:
        mailbox = Mailbox(sandbox.url, sandbox.key_file, "owner@example.org")
        uploads = [Upload.begin(mailbox) for _ in range(3)]
        for each in uploads:
            each.put(0, QUANTUM)
        assert len(list((tmp_path / "spool").iterdir())) == 3
        assert [stat.S_IMODE(each.stat().st_mode) for each in (tmp_path / "spool").iterdir()] == [
            0o600
        ] * 3
        uploads[0].put(QUANTUM)
        uploads[0].made()
        uploads[1].send("DELETE")
        assert len(list((tmp_path / "spool").iterdir())) == 1
    with running(tmp_path):
        assert not list((tmp_path / "spool").iterdir())


def test_the_newest_request_wins(mailbox: Mailbox, assumed: None) -> None:
    """A client whose line went dead begins anew before the server has noticed."""
    upload = Upload.begin(mailbox)
    dead = mailbox.connect()
    dead.putrequest("PUT", upload.address)
    dead.putheader("Content-Length", str(len(upload.mail)))
    dead.endheaders(upload.mail[:QUANTUM])
    while upload.ask() and not upload.kept:
        pass
    upload.put(QUANTUM, LAST, "*")
    dead.send(bytes(len(upload.mail) - QUANTUM))
    assert dead.getresponse().status == 308
    dead.close()
    upload.put(LAST)
    upload.made()
