"""Sloppy and hostile requests: a clear refusal, nothing half done, everybody else goes on."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.gmail import Mailbox, b64, message
from tests.sandboxes import running

FROM = "From: anna@example.com"
G = "/gmail/v1/users/me"
UPLOAD = f"/upload{G}/messages/import?uploadType=resumable"
JSON = "application/json"
DEEP = b'{"name":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"{G}/labels", b'{"\\ud800": 1}'),
        (f"{G}/labels", b'{"name": "x\\ud800"}'),
        (f"{G}/labels", b'{"name": "x", "color": {"textColor": "\\ud800"}}'),
        (f"{G}/labels", DEEP),
        (f"{G}/messages/import", b'{"raw": "RnJvbTogYUBiLmMNCg0K", "labelIds": ["\\ud800"]}'),
        (f"{G}/messages/import", b'{"raw": "RnJvbTogYUBiLmMNCg0K", "labelIds": [1]}'),
        (f"{G}/messages/batchModify", b'{"ids": [null]}'),
    ],
)
def test_bodies_that_are_no_requests(mailbox: Mailbox, path: str, body: bytes) -> None:
    status, answer = mailbox.request("POST", path, body, JSON)
    assert (status, answer["error"]["code"]) == (400, 400)
    assert mailbox.request("GET", f"{G}/labels")[0] == 200


@pytest.mark.parametrize("fields", ["a((", "a(" * 3000, "/"])
def test_a_bad_mask_is_refused_before_the_work(mailbox: Mailbox, fields: str) -> None:
    def count() -> Any:
        return mailbox.request("GET", f"{G}/profile")[1]["messagesTotal"]

    before, body = count(), json.dumps({"raw": b64(message(FROM))}).encode()
    path = f"{G}/messages/import?fields={fields[:6000]}"
    assert mailbox.request("POST", path, body, JSON)[0] == 400
    assert count() == before


def test_ids_are_sixteen_digits_and_one_message_is_changed_once(mailbox: Mailbox) -> None:
    made = mailbox.import_(message(FROM))["id"]
    for spelling in (f"0x{made}", f" {made}", f"{made[:4]}_{made[4:]}"):
        path = f"{G}/messages/{spelling.replace(' ', '%20')}?format=minimal"
        assert mailbox.request("GET", path)[0] in (400, 404)
    body = {"ids": [made, made.upper()], "addLabelIds": ["STARRED"]}
    twice = mailbox.request("POST", f"{G}/messages/batchModify", json.dumps(body).encode(), JSON)
    assert twice[0] == 204
    assert mailbox.get(made)["labelIds"] == ["STARRED"]


def test_a_path_with_braces(mailbox: Mailbox) -> None:
    assert mailbox.request("GET", "/gmail/v1/users/{}/profile")[0] in (403, 404)


def test_two_writers_of_one_upload(tmp_path: Path) -> None:
    """A client that gives up waiting and sends the last piece again: one message, no error."""
    with running(tmp_path, extra=["--latency", "300ms"]) as sandbox:
        box = Mailbox(sandbox.url, sandbox.key_file, "owner@example.org")
        connection = box.connect()
        headers = {"Authorization": f"Bearer {box.token()}"}
        connection.request("POST", UPLOAD, b"{}", headers)
        answer = connection.getresponse()
        answer.read()
        where = str(answer.getheader("Location")).removeprefix(sandbox.url)
        mail = message(FROM, body=b"a" * 400_000)
        answers: dict[int, tuple[int, bytes]] = {}

        def put(number: int) -> None:
            own = box.connect()
            own.request("PUT", where, mail)
            got = own.getresponse()
            answers[number] = got.status, got.read()
            own.close()

        writers = [threading.Thread(target=put, args=(number,)) for number in (0, 1)]
        writers[0].start()
        writers[0].join(0.1)
        writers[1].start()
        for each in writers:
            each.join()
        connection.close()
        good = {json.loads(body)["id"] for status, body in answers.values() if status == 200}
        assert all(status in (200, 308) for status, _ in answers.values())
        (only,) = good
        assert box.raw(only).endswith(mail)
        assert box.request("GET", f"{G}/profile")[1]["messagesTotal"] == 1


def test_history_that_a_smaller_start_deleted_is_gone(tmp_path: Path) -> None:
    def box(sandbox: Any) -> Mailbox:
        return Mailbox(sandbox.url, sandbox.key_file, "owner@example.org")

    with running(tmp_path) as sandbox:
        start = box(sandbox).request("GET", f"{G}/profile")[1]["historyId"]
        for _ in range(20):
            box(sandbox).import_(message(FROM))
    with running(tmp_path, extra=["--history-kept", "5"]) as sandbox:
        box(sandbox).import_(message(FROM))
    with running(tmp_path) as sandbox:
        path = f"{G}/history?startHistoryId="
        assert box(sandbox).request("GET", f"{path}{start}")[0] == 404
        assert box(sandbox).request("GET", f"{path}{int(start) + 21}")[0] == 200
