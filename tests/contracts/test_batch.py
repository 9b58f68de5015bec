"""Several calls in one request.

https://developers.google.com/workspace/gmail/api/guides/batch
"""

from __future__ import annotations

import http.client
import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from googleapiclient.http import BatchHttpRequest

from tests.contracts.gmail import AUTH, FULL, Mailbox, b64, message
from tests.sandboxes import running

FROM = "From: anna@example.com"
PROFILE = "GET /gmail/v1/users/me/profile"
PART = re.compile(
    rb"\r\nContent-Type: application/http\r\n(?:Content-ID: (<[^\r]*>)\r\n)?\r\n"
    rb"HTTP/1\.1 (\d+) [^\r]*\r\n(.*?)\r\n\r\n(.*)\r\n",
    re.DOTALL,
)


def batch(
    mailbox: Mailbox,
    parts: Sequence[str | bytes],
    newline: str = "\r\n",
    path: str = "/batch/gmail/v1",
    **more: str,
) -> list[tuple[str | None, int, Any]]:
    """Content-ID, status and JSON of each answer; a part is a request after its own header."""
    head = f"--cut{newline}Content-Type: application/http{newline}".encode()
    pieces = [head + (each.encode() if isinstance(each, str) else each) for each in parts]
    body = newline.encode().join([*pieces, b"--cut--", b""])
    status, headers, data = send(mailbox, body, path, **more)
    assert status == 200, data
    boundary = headers["content-type"].removeprefix("multipart/mixed; boundary=").encode()
    assert data.endswith(b"--" + boundary + b"--\r\n")
    answers: list[tuple[str | None, int, Any]] = []
    for piece in data.split(b"--" + boundary)[1:-1]:
        match = PART.fullmatch(piece)
        assert match, piece
        length = re.search(rb"Content-Length: (\d+)", match[3])
        assert length and int(length[1]) == len(match[4])
        content = json.loads(match[4]) if match[4] else None
        answers.append((match[1].decode() if match[1] else None, int(match[2]), content))
    return answers


def send(
    mailbox: Mailbox, body: bytes, path: str = "/batch/gmail/v1", **more: str
) -> tuple[int, dict[str, str], bytes]:
    headers = {"Authorization": f"Bearer {mailbox.token()}"}
    headers |= {"Content-Type": "multipart/mixed; boundary=cut"} | more
    connection = mailbox.connect()
    connection.request("POST", path, body, headers)
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, data


@pytest.mark.parametrize("path", ["/batch", "/batch/gmail/v1"])
@pytest.mark.parametrize("newline", ["\r\n", "\n"], ids=["crlf", "lf"])
def test_answers_in_the_order_of_the_request(mailbox: Mailbox, path: str, newline: str) -> None:
    ids = [mailbox.import_(message(FROM, f"Subject: {n}"))["id"] for n in range(12)]
    calls = [
        f"Content-ID: <call {n}>{newline * 2}"
        f"GET /gmail/v1/users/me/messages/{each}?format=minimal HTTP/1.1{newline * 2}"
        for n, each in enumerate(ids)
    ]
    answers = batch(mailbox, calls, newline, path)
    assert [(name, status) for name, status, _ in answers] == [
        (f"<response-call {n}>", 200) for n in range(12)
    ]
    assert [content["id"] for _, _, content in answers] == ids


def test_googles_client_reads_byte_identical_messages(mailbox: Mailbox) -> None:
    mails = [message(FROM, body=bytes([n, 255 - n]) * 500 + b"\r\n") for n in range(100)]
    sent = {mailbox.import_(mail)["id"]: mail for mail in mails}
    got: dict[str, bytes] = {}

    def take(_: str, answer: Any, error: Exception | None) -> None:
        assert error is None
        got[answer["id"]] = urlsafe_b64decode(answer["raw"])

    requests = BatchHttpRequest(take, f"{mailbox.url}/batch")
    messages = mailbox.users().messages()
    for each in sent:
        requests.add(messages.get(userId="me", id=each, format="raw"))
    requests.execute()
    assert got.keys() == sent.keys()
    assert all(got[each].endswith(b"\r\n" + mail) for each, mail in sent.items())


def test_each_call_fails_by_itself(mailbox: Mailbox) -> None:
    mail = json.dumps({"raw": b64(message(FROM)), "labelIds": ["STARRED"]})
    made, refused, unknown, nowhere, label, gone = batch(
        mailbox,
        [
            "\r\nPOST /gmail/v1/users/me/messages/import HTTP/1.1\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(mail)}\r\n\r\n{mail}",
            "\r\nPOST /gmail/v1/users/me/messages/import\r\n\r\n{}",
            "\r\nGET /gmail/v1/users/me/messages/00\r\n\r\n",
            "\r\nGET /gmail/v2/users/me/messages\r\n\r\n",
            "\r\nGET /gmail/v1/users/me/labels/INBOX?fields=id&prettyPrint=false\r\n\r\n",
            "\r\nDELETE /gmail/v1/users/me/labels/Label_0\r\n\r\n",
        ],
    )
    mailbox.made.append(made[2]["id"])
    assert made[2]["labelIds"] == ["STARRED"]
    assert (label[1], label[2]) == (200, {"id": "INBOX"})
    statuses = [each[1] for each in (made, refused, unknown, nowhere, gone)]
    assert statuses == [200, 400, 404, 404, 404]


def test_a_call_brings_its_own_token(mailbox: Mailbox) -> None:
    weak = mailbox.token(f"{AUTH}gmail.labels")
    own = f"\r\n{PROFILE}\r\nAuthorization: Bearer {{}}\r\n\r\n"
    answers = batch(
        mailbox, [own.format(mailbox.token(FULL)), own.format(weak), f"\r\n{PROFILE}\r\n\r\n"]
    )
    assert [status for _, status, _ in answers] == [200, 403, 200]
    bare = batch(mailbox, [f"\r\n{PROFILE}\r\n\r\n"], Authorization="")
    assert bare[0][1] == 401


@pytest.mark.parametrize(
    "call",
    [
        "GET https://gmail.googleapis.com/gmail/v1/users/me/profile",
        "POST /upload/gmail/v1/users/me/messages/import?uploadType=media",
        "POST /resumable/upload/gmail/v1/users/me/messages/import",
        "GET /gmail/v1/users/me/messages/00?alt=media",
        "POST /batch/gmail/v1",
    ],
)
def test_what_a_call_of_a_batch_cannot_be(mailbox: Mailbox, assumed: None, call: str) -> None:
    wrong, right = batch(mailbox, [f"\r\n{call}\r\n\r\n", f"\r\n{PROFILE}\r\n\r\n"])
    assert (wrong[1], right[1]) == (400, 200)


def test_at_most_100(mailbox: Mailbox) -> None:
    head = "--cut\r\nContent-Type: application/http\r\n\r\n"
    body = (f"{head}{PROFILE}\r\n\r\n\r\n" * 101 + "--cut--\r\n").encode()
    status, _, data = send(mailbox, body)
    assert status == 400
    assert json.loads(data)["error"]["message"] == (
        "Inner request count exceeds the limit. Received: 101, Limit: 100"
    )


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "multipart/mixed; boundary=cut"),
        (b"--cut--\r\n", "multipart/mixed; boundary=cut"),
        (b"--cut\r\n\r\n\r\n--cut--\r\n", "multipart/mixed; boundary=cut"),
        (
            b"--cut\r\nContent-Type: application/http\r\n\r\nnonsense\r\n--cut--\r\n",
            "multipart/mixed; boundary=cut",
        ),
        (
            b"--cut\r\nContent-Type: text/plain\r\n\r\nGET / HTTP/1.1\r\n\r\n\r\n--cut--\r\n",
            "multipart/mixed; boundary=cut",
        ),
        (b"{}", "application/json"),
        (
            b"--cut\r\nContent-Type: application/http\r\n\r\nGET /x\r\n\r\n",
            "multipart/mixed; boundary=cut",
        ),
    ],
    ids=["empty", "no part", "empty part", "no request", "other type", "json", "unclosed"],
)
def test_malformed(mailbox: Mailbox, assumed: None, body: bytes, kind: str) -> None:
    status, _, data = send(mailbox, body, **{"Content-Type": kind})
    assert status == 400
    assert json.loads(data)["error"]["message"].startswith("Failed to parse batch request, error: ")


def test_every_call_counts(tmp_path: Path) -> None:
    """For units, statistics, fault rules and concurrency; several are under way at once."""
    with running(tmp_path, extra=["--quota", "2026", "--assume", "concurrency=3"]) as sandbox:
        box = Mailbox(sandbox.url, sandbox.key_file, "owner@example.org")
        rule = {"method": "gmail.users.getProfile", "nth": 2, "status": 500}
        box.request("PUT", "/_sandbox/faults", json.dumps([rule]).encode())
        answers = batch(box, [f"\r\n{PROFILE}\r\n\r\n"] * 5)
        stats = box.request("GET", "/_sandbox/stats")[1]
    statuses = [status for _, status, _ in answers]
    assert statuses.count(500) == 1
    assert set(statuses[:3]) <= {200, 500}
    assert set(statuses[3:]) <= {429, 500}
    assert stats["requests"]["gmail.users.getProfile"] == 5
    assert stats["requests"]["batch"] == 1
    assert stats["units"]["owner@example.org"] == statuses.count(200)


def test_done_in_any_order(mailbox: Mailbox, assumed: None) -> None:
    """History tells in which order the calls were done."""
    orders = set()
    for _ in range(4):
        start = mailbox.users().getProfile(userId="me").execute()["historyId"]
        mails = [json.dumps({"raw": b64(message(FROM))}) for _ in range(8)]
        answers = batch(
            mailbox,
            [f"\r\nPOST /gmail/v1/users/me/messages/import\r\n\r\n{each}" for each in mails],
        )
        ids = [content["id"] for _, _, content in answers]
        history = mailbox.users().history().list(userId="me", startHistoryId=start).execute()
        done = [each["messages"][0]["id"] for each in history["history"]]
        assert sorted(done) == sorted(ids)
        orders.add(tuple(done.index(each) for each in ids))
    assert len(orders) > 1


@pytest.mark.parametrize("rule", [{"drop": True}, {"truncate": True}])
def test_a_call_takes_the_connection_with_it(
    mailbox: Mailbox, assumed: None, rule: dict[str, bool]
) -> None:
    body = json.dumps([{"method": "gmail.users.getProfile", "times": 1, **rule}]).encode()
    mailbox.request("PUT", "/_sandbox/faults", body)
    parts = [f"\r\n{PROFILE}\r\n\r\n"] * 2
    with pytest.raises((http.client.IncompleteRead, http.client.RemoteDisconnected, OSError)):
        batch(mailbox, parts)
    assert [status for _, status, _ in batch(mailbox, parts)] == [200, 200]
    mailbox.request("PUT", "/_sandbox/faults", b"[]")
