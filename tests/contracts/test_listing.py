"""messages.list, messages.get and partial answers."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64decode
from typing import Any

import pytest

from tests.contracts.gmail import FULL, Mailbox, message, refusal

FROM = "From: anna@example.com"


def label(mailbox: Mailbox) -> str:
    body = {"name": secrets.token_hex(8)}
    return str(mailbox.users().labels().create(userId="me", body=body).execute()["id"])


def ids(answer: dict[str, Any]) -> list[str]:
    return [each["id"] for each in answer.get("messages", [])]


def test_pages_newest_first(mailbox: Mailbox) -> None:
    own = label(mailbox)
    dates = [3, 1, 5, 2, 4]
    made = {
        day: mailbox.import_(message(FROM, f"Date: {day} Nov 1997 10:00:00 GMT"), labelIds=[own])
        for day in dates
    }
    messages, seen, token = mailbox.users().messages(), [], None
    while True:
        page = messages.list(userId="me", labelIds=[own], maxResults=2, pageToken=token).execute()
        seen += ids(page)
        token = page.get("nextPageToken")
        if token is None:
            break
    assert seen == [made[day]["id"] for day in (5, 4, 3, 2, 1)]


def test_labels_are_anded_and_trash_is_hidden(mailbox: Mailbox) -> None:
    own = label(mailbox)
    both = mailbox.import_(message(FROM), labelIds=[own, "STARRED"])["id"]
    one = mailbox.import_(message(FROM), labelIds=[own])["id"]
    gone = mailbox.import_(message(FROM), labelIds=[own, "TRASH"])["id"]
    messages = mailbox.users().messages()
    listed = messages.list(userId="me", labelIds=[own, "STARRED"]).execute()
    assert ids(listed) == [both]
    assert set(ids(messages.list(userId="me", labelIds=[own]).execute())) == {both, one}
    everything = messages.list(userId="me", labelIds=[own], includeSpamTrash=True).execute()
    assert set(ids(everything)) == {both, one, gone}
    assert ids(messages.list(userId="me", labelIds=[own, "TRASH"]).execute()) == [gone]


def test_empty_and_unknown(mailbox: Mailbox) -> None:
    messages = mailbox.users().messages()
    assert "messages" not in messages.list(userId="me", labelIds=[label(mailbox)]).execute()
    unknown = messages.list(userId="me", labelIds=["Label_99999"])
    assert refusal(unknown.execute) == (400, "Invalid label: Label_99999")


def test_search_by_message_id(mailbox: Mailbox, assumed: None) -> None:
    """Sandbox only because Gmail's index may lag."""
    name = f"{secrets.token_hex(8)}@x"
    mail = message(FROM, f"Message-ID: <{name}>", unique=False)
    made = mailbox.import_(mail, labelIds=["STARRED"])["id"]
    messages = mailbox.users().messages()
    for other, found in (("STARRED", [made]), ("UNREAD", [])):
        page = messages.list(userId="me", q=f"rfc822msgid:{name}", labelIds=[other])
        assert ids(page.execute()) == found
    for spelling in (name, f"<{name}>"):
        assert ids(messages.list(userId="me", q=f"rfc822msgid:{spelling}").execute()) == [made]


def test_formats(mailbox: Mailbox) -> None:
    mail = message(
        FROM,
        "Subject: =?utf-8?B?5bGx?=",
        "MIME-Version: 1.0",
        'Content-Type: multipart/mixed; boundary="b"',
        body=b"--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\nGr\xfc\xdfe\r\n"
        b'--b\r\nContent-Type: image/png; name="a.png"\r\nContent-Transfer-Encoding: base64\r\n'
        b"Content-Disposition: attachment; filename=a.png\r\n\r\n"
        + b"AAAA" * 9000
        + b"\r\n--b--\r\n",
    )
    made = mailbox.import_(mail)["id"]
    minimal = mailbox.get(made)
    assert "payload" not in minimal
    assert isinstance(minimal["internalDate"], str)
    assert minimal["id"] == made
    assert len(made) == 16
    payload = mailbox.get(made, "full")["payload"]
    text, image = payload["parts"]
    assert (payload["mimeType"], text["partId"], image["filename"]) == (
        "multipart/mixed",
        "0",
        "a.png",
    )
    assert image["body"]["size"] == 27000
    attachment = (
        mailbox.users()
        .messages()
        .attachments()
        .get(userId="me", messageId=made, id=image["body"]["attachmentId"])
        .execute()
    )
    assert urlsafe_b64decode(attachment["data"]) == bytes(27000)
    only = (
        mailbox.users()
        .messages()
        .get(userId="me", id=made, format="metadata", metadataHeaders=["from"])
        .execute()
    )
    assert only["payload"]["headers"] == [{"name": "From", "value": "anna@example.com"}]


@pytest.mark.parametrize(
    "header",
    [
        "Content-Type: multipart/mixed",
        "Content-Type: text/plain; charset=no-such",
        "Content-Type: ;;;",
        "Content-Transfer-Encoding: base64",
        "Content-Type: message/rfc822",
        "Content-Disposition: attachment; filename*=x'y",
        ": no name",
    ],
)
def test_malformed_mail_is_shown(mailbox: Mailbox, assumed: None, header: str) -> None:
    made = mailbox.import_(message(FROM, header, body=b"\xff\x00=?= --\r\n\r\n"))["id"]
    for format_ in ("minimal", "metadata", "full"):
        assert mailbox.get(made, format_)["id"] == made


@pytest.mark.parametrize(
    ("fields", "keys"),
    [
        ("id,threadId", {"id", "threadId"}),
        ("payload/mimeType", {"payload"}),
        ("payload(headers(name)),id", {"payload", "id"}),
        (
            "*",
            {"id", "threadId", "historyId", "internalDate", "sizeEstimate", "snippet", "payload"},
        ),
    ],
)
def test_partial_answers(mailbox: Mailbox, fields: str, keys: set[str]) -> None:
    made = mailbox.import_(message(FROM))["id"]
    got = mailbox.users().messages().get(userId="me", id=made, fields=fields).execute()
    assert set(got) == keys
    if "headers(name)" in fields:
        assert all(set(each) == {"name"} for each in got["payload"]["headers"])


def test_partial_list_and_bad_mask(mailbox: Mailbox) -> None:
    own = label(mailbox)
    made = [mailbox.import_(message(FROM), labelIds=[own])["id"] for _ in range(2)]
    messages = mailbox.users().messages()
    page = messages.list(
        userId="me", labelIds=[own], maxResults=1, fields="nextPageToken,messages/id"
    ).execute()
    assert page["messages"] == [{"id": made[1]}]
    assert set(page) == {"messages", "nextPageToken"}
    assert refusal(messages.list(userId="me", fields="messages(id").execute)[0] == 400


@pytest.mark.parametrize(
    ("mask", "path"),
    [
        ("nope", "nope"),
        ("messages(id,nope)", "messages.nope"),
        ("messages/payload/parts/nope", "messages.payload.parts.nope"),
        ("messages/id/nope", "messages.id.nope"),
        ("messages/payload(parts(body(data)),headers),*", None),
    ],
)
def test_a_mask_names_fields_that_exist(mailbox: Mailbox, mask: str, path: str | None) -> None:
    status, answer = mailbox.request("GET", f"/gmail/v1/users/me/messages?fields={mask}")
    if path is None:
        assert status == 200
        return
    (violation,) = answer["error"]["details"][0]["fieldViolations"]
    assert (status, violation["field"]) == (400, path)


def test_profile_counts(mailbox: Mailbox, assumed: None) -> None:
    before = mailbox.users(FULL).getProfile(userId="me").execute()
    mailbox.import_(message(FROM))
    after = mailbox.users(FULL).getProfile(userId="me").execute()
    assert after["emailAddress"] == mailbox.user
    assert after["messagesTotal"] == before["messagesTotal"] + 1
    assert int(after["historyId"]) > int(before["historyId"])
