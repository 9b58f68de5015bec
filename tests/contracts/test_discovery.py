"""The documents that describe the API, with the server's own address.

https://developers.google.com/discovery/v1/reference/apis
"""

from __future__ import annotations

import http.client
import io
import json
from importlib.resources import files
from typing import Any

import pytest
from googleapiclient.discovery import build
from googleapiclient.http import MediaIoBaseUpload

from tests.contracts.gmail import FULL, Mailbox, message

GMAIL = files("googleapiclient.discovery_cache.documents") / "gmail.v1.json"
REST = "/$discovery/rest?version=v1"


def fetch(mailbox: Mailbox, path: str, **headers: str) -> http.client.HTTPResponse:
    """The answer to a GET without a token, read; its body is `answer.data`."""
    connection = mailbox.connect()
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    answer.data = answer.read()  # type: ignore[attr-defined]
    connection.close()
    return answer


def parsed(mailbox: Mailbox, path: str) -> Any:
    answer = fetch(mailbox, path)
    assert answer.status == 200
    return json.loads(answer.data)  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", [REST, REST.replace("$", "%24")])
def test_googles_document_with_our_address(mailbox: Mailbox, path: str) -> None:
    document = parsed(mailbox, path)
    assert (document["rootUrl"], document["baseUrl"]) == (f"{mailbox.url}/", f"{mailbox.url}/")
    assert document["batchPath"] == "batch"
    assert document["resources"]["users"]["methods"].keys() >= {"getProfile"}
    if not mailbox.real:
        theirs = json.loads(GMAIL.read_text("utf-8"))  # the client changes what it has read
        changed = {key for key in theirs if document[key] != theirs[key]}
        assert changed == {"rootUrl", "baseUrl", "mtlsRootUrl"}


def test_every_listed_document_is_there(mailbox: Mailbox, assumed: None) -> None:
    listed = parsed(mailbox, "/discovery/v1/apis")
    assert listed["kind"] == "discovery#directoryList"
    assert {"gmail:v1", "admin:directory_v1"} <= {each["id"] for each in listed["items"]}
    for each in listed["items"]:
        path = each["discoveryRestUrl"].removeprefix(mailbox.url)
        assert parsed(mailbox, path)["id"] == each["id"]
    (only,) = parsed(mailbox, "/discovery/v1/apis?name=gmail")["items"]
    assert only["version"] == "v1"
    named = parsed(mailbox, "/$discovery/rest?name=admin&version=directory_v1")
    assert named["rootUrl"] == f"{mailbox.url}/"


@pytest.mark.parametrize(
    "path",
    ["/$discovery/rest?version=v9", "/discovery/v1/apis/gmail/v9/rest", "/discovery/v1/apis/x"],
)
def test_unknown_documents(mailbox: Mailbox, path: str) -> None:
    assert fetch(mailbox, path).status == 404


def test_entity_tag(mailbox: Mailbox, assumed: None) -> None:
    tag = fetch(mailbox, REST).headers["ETag"]
    again = fetch(mailbox, REST, **{"If-None-Match": f'"other", {tag}'})
    assert (again.status, again.data, again.headers["ETag"]) == (304, b"", tag)  # type: ignore[attr-defined]
    assert fetch(mailbox, REST, **{"If-None-Match": '"other"'}).status == 200


def test_a_client_built_from_it_calls_uploads_and_batches(mailbox: Mailbox) -> None:
    client = build(
        "gmail",
        "v1",
        credentials=mailbox.credentials((FULL,)),
        discoveryServiceUrl=f"{mailbox.url}{REST}",
        static_discovery=False,
    )
    messages, mail = client.users().messages(), message("From: a@example.com")
    for resumable in (False, True):
        media = MediaIoBaseUpload(io.BytesIO(mail), "message/rfc822", resumable=resumable)
        made = messages.import_(userId="me", body={}, media_body=media).execute()
    mailbox.made.append(made["id"])
    got: list[Any] = []
    batch = client.new_batch_http_request(lambda *answer: got.append(answer))
    batch.add(messages.get(userId="me", id=made["id"]), request_id="the only")
    batch.execute()
    ((name, answer, error),) = got
    assert (name, answer["id"], error) == ("the only", made["id"], None)
