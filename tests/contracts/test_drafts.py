"""users.drafts, and that nothing is ever sent."""

from __future__ import annotations

import json
import secrets
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contracts.gmail import AUTH, Mailbox, b64, message, refusal
from tests.contracts.test_upload import related

UPLOAD = "/upload/gmail/v1/users/me/drafts"
FROM = "From: anna@example.com"
OTHER_FIELD = b'{"labelIds": ["STARRED"]}'


@pytest.fixture
def drafts(mailbox: Mailbox) -> Iterator[Any]:
    resource = mailbox.users(f"{AUTH}gmail.compose").drafts()
    before = {each["id"] for each in listed(resource)}
    yield resource
    for each in listed(resource):
        if each["id"] not in before:
            resource.delete(userId="me", id=each["id"]).execute()


def listed(drafts: Any, **given: Any) -> list[Any]:
    return list(drafts.list(userId="me", **given).execute().get("drafts", []))


def body(mail: bytes, **more: str) -> dict[str, Any]:
    return {"message": {"raw": b64(mail)} | more}


def create(drafts: Any, mail: bytes, **more: str) -> dict[str, Any]:
    made: dict[str, Any] = drafts.create(userId="me", body=body(mail, **more)).execute()
    return made


def raw(drafts: Any, draft: str) -> bytes:
    got = drafts.get(userId="me", id=draft, format="raw").execute()
    return urlsafe_b64decode(got["message"]["raw"])


def test_create_get_list_delete(mailbox: Mailbox, drafts: Any) -> None:
    mail = message("Subject: unsent")
    made = create(drafts, mail)
    assert made["message"]["labelIds"] == ["DRAFT"]
    assert raw(drafts, made["id"]).endswith(mail)
    assert made["id"] in [each["id"] for each in listed(drafts)]
    drafts.delete(userId="me", id=made["id"]).execute()
    assert refusal(drafts.get(userId="me", id=made["id"]).execute)[0] == 404
    assert refusal(lambda: mailbox.get(made["message"]["id"]))[0] == 404


def test_update_replaces_the_message_and_keeps_the_draft(mailbox: Mailbox, drafts: Any) -> None:
    made = create(drafts, message("Subject: first"))
    mail = message("Subject: second")
    changed = drafts.update(userId="me", id=made["id"], body=body(mail)).execute()
    assert changed["id"] == made["id"]
    assert changed["message"]["id"] != made["message"]["id"]
    assert changed["message"]["labelIds"] == ["DRAFT"]
    assert raw(drafts, made["id"]).endswith(mail)
    assert [each["id"] for each in listed(drafts)].count(made["id"]) == 1
    assert refusal(lambda: mailbox.get(made["message"]["id"]))[0] == 404


def test_refused_update_changes_nothing(drafts: Any) -> None:
    mail = message("Subject: first")
    made = create(drafts, mail)
    empty = drafts.update(userId="me", id=made["id"], body={"message": {}})
    assert refusal(empty.execute)[0] == 400
    astray = drafts.update(
        userId="me", id=made["id"], body=body(message("Subject: second"), threadId="123")
    )
    assert refusal(astray.execute) == (400, "Invalid thread_id value")
    assert raw(drafts, made["id"]).endswith(mail)


def test_thread_of_a_draft(mailbox: Mailbox, drafts: Any, assumed: None) -> None:
    first = mailbox.import_(message(FROM, "Subject: plan"))
    made = create(drafts, message("Subject: Re: plan"), threadId=first["threadId"])
    assert made["message"]["threadId"] == first["threadId"]

    def updated(subject: str) -> str:
        given = body(message(f"Subject: {subject}"))
        changed = drafts.update(userId="me", id=made["id"], body=given).execute()
        return str(changed["message"]["threadId"])

    assert updated("Re: plan") == first["threadId"]
    assert updated("another plan") != first["threadId"]


@pytest.mark.parametrize("way", ["media", "multipart"])
def test_uploads(mailbox: Mailbox, drafts: Any, way: str) -> None:
    made = create(drafts, message("Subject: first"))
    mail = message("Subject: Gr\xfc\xdfe", body=b"\xff\x80\r\n")
    content, kind = mail, "message/rfc822"
    if way == "multipart":
        resource = json.dumps({"id": made["id"]}).encode()
        content = related(mail).replace(OTHER_FIELD, resource)
        kind = "multipart/related; boundary=bound"
    status, new = mailbox.request("POST", f"{UPLOAD}?uploadType={way}", content, kind)
    assert (status, raw(drafts, new["id"]).endswith(b"\r\n" + mail)) == (200, True)
    path = f"{UPLOAD}/{made['id']}?uploadType={way}"
    status, changed = mailbox.request("PUT", path, content, kind)
    assert (status, changed["id"]) == (200, made["id"])
    assert raw(drafts, made["id"]).endswith(b"\r\n" + mail)


def test_pages_and_search(mailbox: Mailbox, drafts: Any) -> None:
    word = secrets.token_hex(8)
    made = [create(drafts, message(f"Subject: {word}"))["id"] for _ in range(3)]
    first = drafts.list(userId="me", maxResults=2).execute()
    rest = drafts.list(userId="me", maxResults=2, pageToken=first["nextPageToken"]).execute()
    assert [each["id"] for each in first["drafts"] + rest["drafts"]][:3] == made[::-1]
    if not mailbox.real:  # Gmail's index may lag
        found = listed(mailbox.users().drafts(), q=f"subject:{word}")
        assert {each["id"] for each in found} == set(made)


def test_imported_with_the_label_is_no_draft(mailbox: Mailbox, drafts: Any, assumed: None) -> None:
    made = [create(drafts, message("Subject: real"))["id"] for _ in range(2)]
    imported = mailbox.import_(message(FROM), labelIds=["DRAFT"])
    page = drafts.list(userId="me", maxResults=2).execute()
    assert [each["id"] for each in page["drafts"]] == made[::-1]
    assert imported["id"] not in [each["message"]["id"] for each in page["drafts"]]


@pytest.mark.parametrize("draft", ["r1", "r", "1", "r\u0661", "r-5", "r" + "9" * 19, "%20"])
def test_unknown_drafts(drafts: Any, draft: str) -> None:
    for call in (
        drafts.get(userId="me", id=draft),
        drafts.delete(userId="me", id=draft),
        drafts.update(userId="me", id=draft, body=body(message("Subject: x"))),
    ):
        assert refusal(call.execute) == (404, "Requested entity was not found.")


def test_labels_of_drafts_stay(mailbox: Mailbox, drafts: Any, assumed: None) -> None:
    """The rule is documented, the refusal is assumed."""
    made = create(drafts, message("Subject: unsent"))["message"]["id"]
    messages = mailbox.users().messages()
    for label in ("STARRED", "INBOX", "SENT"):
        call = messages.modify(userId="me", id=made, body={"addLabelIds": [label]})
        assert refusal(call.execute)[0] == 400
    assert mailbox.get(made)["labelIds"] == ["DRAFT"]


def test_too_large(mailbox: Mailbox) -> None:
    limit = 36700160
    mail = message("Subject: large").ljust(limit + 1, b"x")
    status, _ = mailbox.request("POST", f"{UPLOAD}?uploadType=media", mail, "message/rfc822")
    assert status == 413


def test_nothing_is_sent(mailbox: Mailbox, drafts: Any, assumed: None) -> None:
    made = create(drafts, message("Subject: unsent", "To: bob@example.com"))
    before = mailbox.users().getProfile(userId="me").execute()
    users = mailbox.users()
    for call in (
        users.messages().send(userId="me", body={"raw": b64(message("To: bob@example.com"))}),
        users.drafts().send(userId="me", body={"id": made["id"]}),
    ):
        status, text = refusal(call.execute)
        assert status == 403
        assert "sends nothing" in text
    assert users.getProfile(userId="me").execute() == before
    assert made["id"] in [each["id"] for each in listed(drafts)]
    status, stats = mailbox.request("GET", "/_sandbox/stats")
    assert status == 200
    assert stats["requests"]["gmail.users.messages.send"] == 1
    assert stats["requests"]["gmail.users.drafts.send"] == 1
