"""What nobody could verify at Google: every choice for an arriving message, seen from outside."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from googleapiclient.errors import HttpError

from tests.contracts.archives import with_attachment
from tests.contracts.gmail import Mailbox, b64, message, refusal
from tests.sandboxes import running

FROM, DATE = "From: a@example.com", "Date: Fri, 21 Nov 1997 09:55:06 -0600"
MALFORMED = (400, "Request contains an invalid argument.")
ATTACHMENT = "Invalid attachment. Please check https://support.google.com/mail/answer/6590."
CHOICES: dict[str, list[str]] = {
    "first": [],
    "second": [
        *("dedupe=content", "dedupe-trash=untrash", "sent-draft=refuse", "future-date=now"),
        *("missing-message-id=add", "nul=strip", "bare-newlines=crlf", "attachments=all"),
        *("header-bytes=refuse", "draft-from=refuse", "threading=ancestors"),
        "raw-limit=2K",
    ],
    "third": [
        *("dedupe-trash=new", "nul=refuse", "bare-newlines=refuse", "attachments=off"),
        "long-lines=refuse",
    ],
    "off": ["dedupe=off", "classify=on"],
}
Boxes = Callable[..., Mailbox]


@pytest.fixture(scope="module")
def boxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Boxes]:
    """The mailbox of a sandbox with one set of choices; each is started once."""
    known: dict[str, Mailbox] = {}
    with ExitStack() as stack:

        def box(choice: str) -> Mailbox:
            if choice not in known:
                extra = [word for each in CHOICES[choice] for word in ("--assume", each)]
                sandbox = stack.enter_context(running(tmp_path_factory.mktemp(choice), extra=extra))
                known[choice] = Mailbox(sandbox.url, sandbox.key_file, "owner@example.org")
            return known[choice]

        yield box


def store(box: Mailbox, mail: bytes) -> bytes:
    """What of an imported message is stored after the headers that Gmail prepends."""
    _, _, kept = box.raw(box.import_(mail)["id"]).partition(b"From: ")
    return b"From: " + kept


@pytest.mark.parametrize(
    ("choice", "same", "other"),
    [("first", True, True), ("second", True, False), ("off", False, False)],
)
def test_dedupe(boxes: Boxes, choice: str, same: bool, other: bool) -> None:
    box, mail = boxes(choice), message(FROM, DATE)
    first = box.import_(mail)["id"]
    assert (box.import_(mail)["id"] == first) is same
    assert (box.import_(mail.replace(b"Hello", b"Hallo"))["id"] == first) is other
    assert (box.import_(mail + b"More")["id"] == first) is other


def test_dedupe_by_content_without_bodies(tmp_path_factory: pytest.TempPathFactory) -> None:
    extra, mail = ["--discard", "--assume", "dedupe=content"], message(FROM, DATE)
    with running(tmp_path_factory.mktemp("discard"), extra=extra) as sandbox:
        box = Mailbox(sandbox.url, sandbox.key_file, "owner@example.org")
        first = box.import_(mail)["id"]
        assert box.import_(mail)["id"] == first
        assert box.import_(mail.replace(b"Hello", b"Hallo"))["id"] != first


@pytest.mark.parametrize(
    ("choice", "labels", "merged"),
    [
        ("first", ["STARRED", "TRASH"], True),
        ("second", ["INBOX", "STARRED"], True),
        ("third", ["INBOX", "STARRED"], False),
    ],
)
def test_dedupe_trash(boxes: Boxes, choice: str, labels: list[str], merged: bool) -> None:
    box, mail = boxes(choice), message(FROM, DATE)
    first = box.import_(mail, labelIds=["TRASH"])
    again = box.import_(mail, labelIds=["INBOX", "STARRED"])
    assert again["labelIds"] == labels
    assert (again["id"] == first["id"]) is merged
    assert box.import_(mail, labelIds=["INBOX"])["id"] == again["id"]


def test_a_duplicate_that_is_to_lie_in_trash(boxes: Boxes) -> None:
    box, mail = boxes("second"), message(FROM, DATE)
    box.import_(mail, labelIds=["TRASH"])
    assert box.import_(mail, labelIds=["TRASH", "STARRED"])["labelIds"] == ["STARRED", "TRASH"]


@pytest.mark.parametrize("verb", ["import_", "insert"])
@pytest.mark.parametrize("label", ["SENT", "DRAFT"])
def test_sent_draft(boxes: Boxes, label: str, verb: str) -> None:
    made = boxes("first").import_(message(FROM, DATE), verb, labelIds=[label])
    assert made["labelIds"] == [label]
    box = boxes("second")
    wrong = refusal(lambda: box.import_(message(FROM, DATE), verb, labelIds=[label]))
    assert wrong == (400, f"Invalid label: {label}")
    assert box.import_(message("From: Owner@example.org", DATE))["labelIds"] == ["SENT"]


def test_future_date(boxes: Boxes) -> None:
    mail, now = message(FROM, "Date: Tue, 1 Jan 2999 00:00:00 +0000"), time.time() * 1000
    dates = [
        int(boxes(each).get(boxes(each).import_(mail)["id"])["internalDate"])
        for each in ("first", "second")
    ]
    assert dates[0] == 32_472_144_000_000
    assert now - 60_000 < dates[1] < now + 60_000
    past = boxes("second").import_(message(FROM, DATE))["id"]
    assert boxes("second").get(past)["internalDate"] == "880127706000"


@pytest.mark.parametrize("broken", ["Message-ID: no brackets", "X-Y: missing"])
def test_missing_message_id(boxes: Boxes, broken: str) -> None:
    mail = message(FROM, DATE, broken, unique=False)
    assert b"Message-ID: <" not in boxes("first").raw(boxes("first").import_(mail)["id"])
    box = boxes("second")
    made = box.import_(mail)["id"]
    added = box.raw(made).removesuffix(mail)
    own = added.partition(b"\r\nMessage-ID: <")[2].partition(b">\r\n")[0].decode()
    assert own.endswith("@mail.gmail.com")
    found = box.users().messages().list(userId="me", q=f"rfc822msgid:{own}").execute()
    assert [each["id"] for each in found["messages"]] == [made]
    assert box.import_(mail)["id"] != made
    assert b"\r\nMessage-ID: <CA" not in box.raw(box.import_(message(FROM, DATE))["id"])


def test_header_bytes(boxes: Boxes) -> None:
    mail = message(FROM, DATE, "Subject: 議事録")
    assert store(boxes("first"), mail) == mail
    assert refusal(lambda: boxes("second").import_(mail)) == MALFORMED
    body = message(FROM, DATE, body="議事録\r\n".encode())
    assert store(boxes("second"), body) == body


@pytest.mark.parametrize("place", ["header", "body"])
def test_long_lines(boxes: Boxes, place: str) -> None:
    def mail(length: int) -> bytes:
        if place == "body":
            return message(FROM, DATE, body=b"x" * length + b"\r\n")
        return message(FROM, DATE, f"Subject: {'x' * (length - 9)}")

    assert boxes("third").import_(mail(998))
    assert refusal(lambda: boxes("third").import_(mail(999))) == MALFORMED
    assert boxes("first").import_(mail(999))


def test_draft_from(boxes: Boxes) -> None:
    def draft(choice: str, sender: str) -> Any:
        body = {"message": {"raw": b64(message(sender, DATE))}}
        return boxes(choice).users().drafts().create(userId="me", body=body).execute

    assert draft("first", "From: (unknown sender)")()["id"]
    assert refusal(draft("second", "From: (unknown sender)")) == (400, "Invalid From header")
    assert draft("second", FROM)()["id"]


@pytest.mark.parametrize(("choice", "joined"), [("first", True), ("second", False)])
def test_threading(boxes: Boxes, choice: str, joined: bool) -> None:
    """An answer that comes before what it answers; one that comes after it joins anyway."""
    box = boxes(choice)
    answer = box.import_(message("References: <root@x>", FROM, DATE))
    root = box.import_(message("Message-ID: <root@x>", FROM, DATE, unique=False))
    late = box.import_(message("References: <root@x>", FROM, DATE))
    assert late["threadId"] == root["threadId"]
    assert (answer["threadId"] == root["threadId"]) is joined


def test_classify(boxes: Boxes) -> None:
    def labels(choice: str, *wanted: str) -> Any:
        made = boxes(choice).import_(message(FROM, DATE), labelIds=list(wanted))
        return sorted(made.get("labelIds", ()))

    assert labels("first", "INBOX") == ["INBOX"]
    assert labels("off", "INBOX") == ["CATEGORY_PERSONAL", "IMPORTANT", "INBOX"]
    assert labels("off") == ["IMPORTANT"]
    assert labels("off", "TRASH") == ["TRASH"]


def test_nul(boxes: Boxes) -> None:
    mail = message(FROM, DATE, body=b"a\0b\0\r\n")
    assert store(boxes("first"), mail) == mail
    assert store(boxes("second"), mail) == mail.replace(b"\0", b"")
    assert refusal(lambda: boxes("third").import_(mail)) == MALFORMED


@pytest.mark.parametrize("body", [b"a\nb\r\n", b"a\rb\r\n", b"\n\r\n\r"])
def test_bare_newlines(boxes: Boxes, body: bytes) -> None:
    mail = message(FROM, DATE, body=body)
    assert store(boxes("first"), mail) == mail
    lines = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    assert store(boxes("second"), mail) == message_with(mail, body, b"\r\n".join(lines))
    assert refusal(lambda: boxes("third").import_(mail)) == MALFORMED
    assert boxes("third").import_(message(FROM, DATE, body=b"a\r\n\r\nb"))["id"]


def message_with(mail: bytes, before: bytes, after: bytes) -> bytes:
    assert mail.endswith(before)
    return mail.removesuffix(before) + after


@pytest.mark.parametrize(
    ("choice", "refused"),
    [("first", ["import"]), ("second", ["import", "insert", "drafts"]), ("third", [])],
)
def test_attachments(boxes: Boxes, choice: str, refused: list[str]) -> None:
    users, raw = boxes(choice).users(), {"raw": b64(with_attachment("a.exe", b"x"))}
    calls: dict[str, Any] = {
        "import": users.messages().import_(userId="me", body=raw),
        "insert": users.messages().insert(userId="me", body=raw),
        "drafts": users.drafts().create(userId="me", body={"message": raw}),
    }
    for name, call in calls.items():
        if name in refused:
            assert refusal(call.execute) == (400, ATTACHMENT)
        else:
            assert call.execute()["id"]


def test_raw_limit(boxes: Boxes) -> None:
    mail = message(FROM, DATE, body=b"x" * 2048)
    assert boxes("first").import_(mail)["id"]
    box = boxes("second")
    assert refusal(lambda: box.import_(mail))[0] == 413
    assert box.import_(message(FROM, DATE, body=b"x" * 1024))["id"]
    path = "/upload/gmail/v1/users/me/messages/import?uploadType=media"
    assert box.request("POST", path, mail, "message/rfc822")[0] == 200


@pytest.mark.parametrize(
    ("choice", "status", "reason"),
    [("forbidden", 403, "storageQuotaExceeded"), ("precondition", 400, "failedPrecondition")],
)
def test_storage_full(
    tmp_path_factory: pytest.TempPathFactory, choice: str, status: int, reason: str
) -> None:
    extra = ["--storage-limit", "2K", "--assume", f"storage-full={choice}"]
    with running(tmp_path_factory.mktemp("full"), extra=extra) as sandbox:
        box = Mailbox(sandbox.url, sandbox.key_file, "owner@example.org")
        mail = message(FROM, DATE, body=b"x" * 1024)
        first = box.import_(mail)["id"]
        for verb in ("import_", "insert"):
            with pytest.raises(HttpError) as refused:
                box.import_(message(FROM, DATE, body=b"x" * 1024), verb)
            error = json.loads(refused.value.content)["error"]
            assert (error["code"], error["errors"][0]["reason"]) == (status, reason)
        assert box.import_(mail, labelIds=["STARRED"])["id"] == first
        assert box.import_(message(FROM, DATE))["id"]
        box.users().messages().delete(userId="me", id=first).execute()
        assert box.import_(message(FROM, DATE, body=b"x" * 1024))["id"]
        other = Mailbox(sandbox.url, sandbox.key_file, "other@example.org")
        assert other.import_(mail)["id"]


def test_a_share_of_spam(tmp_path_factory: pytest.TempPathFactory) -> None:
    ids = [f"Message-ID: <{number}@example.com>" for number in range(20)]
    mails = [message(FROM, DATE, each, unique=False) for each in ids]
    with running(tmp_path_factory.mktemp("spam"), extra=["--spam-share", "0.5"]) as sandbox:

        def labels(user: str, query: str = "/import?uploadType=media") -> list[list[str]]:
            box = Mailbox(sandbox.url, sandbox.key_file, user)
            path = f"/upload/gmail/v1/users/me/messages{query}"
            answers = [box.request("POST", path, mail, "message/rfc822")[1] for mail in mails]
            return [each.get("labelIds", []) for each in answers]

        spam = labels("one@example.org")
        assert 0 < spam.count(["SPAM"]) < len(mails)
        assert labels("two@example.org") == spam
        assert not any(labels("three@example.org", "/import?uploadType=media&neverMarkSpam=true"))
        assert not any(labels("three@example.org", "?uploadType=media"))
