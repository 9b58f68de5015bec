"""`q` of messages.list, threads.list and drafts.list (https://support.google.com/mail/answer/7190).

Sandbox only, because Gmail's index may lag.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import pytest

from tests.contracts.gmail import AUTH, Mailbox, b64, message, refusal

MIXED = "Content-Type: multipart/mixed; boundary=b"
FILE = (
    b"--b\r\nContent-Type: text/plain\r\n\r\nSee the file.\r\n"
    b"--b\r\nContent-Type: application/pdf; name=report.pdf\r\n"
    b"Content-Disposition: attachment; filename*=utf-8''homework%E5%AE%BF%E9%A1%8C.pdf\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--\r\n"
)
HTML = b"<html><style>p {color: red}</style><p>Gr&uuml;n <b>Tee</b></p></html>"


@dataclass
class Mail:
    """Messages by name, all with the label `own`; `parent/Child Label` is on `anna`."""

    mailbox: Mailbox
    own: str
    names: dict[str, str]

    def found(self, query: str, **given: Any) -> str:
        """The names of what `q` finds, in alphabetical order."""
        messages = self.mailbox.users().messages()
        answer = messages.list(userId="me", q=query, labelIds=[self.own], **given).execute()
        return " ".join(sorted(self.names[each["id"]] for each in answer.get("messages", [])))


@pytest.fixture(scope="module")
def mail(mailbox: Mailbox) -> Mail:
    if mailbox.real:
        pytest.skip("Gmail's index may lag")
    labels = mailbox.users().labels()
    parent = f"Parent{secrets.token_hex(4)}/Child Label"
    own, child = (
        labels.create(userId="me", body={"name": name}).execute()["id"]
        for name in (secrets.token_hex(8), parent)
    )
    made = Mail(mailbox, own, {})

    def add(name: str, *headers: str, labels: tuple[str, ...] = (), body: bytes = b"") -> None:
        answer = mailbox.import_(message(*headers, body=body), labelIds=[own, *labels])
        made.names[answer["id"]] = name

    add(
        "anna",
        "From: Anna Meier <anna@example.com>",
        "To: Bob <bob@example.net>",
        "Cc: carl@example.net",
        "Bcc: dora@example.net",
        "Subject: Dinner on Friday",
        "Date: 16 Apr 2004 12:00:00 -0800",
        "List-Id: Food <food.lists.example.com>",
        labels=("INBOX", "UNREAD", child),
        body=b"We meet at the Red Lion, don't we?",
    )
    add(
        "file",
        "From: bob@example.net",
        "Subject: =?utf-8?B?5p2x5Lqs44K/44Ov44O844Gu6Lyq6K2w?=",  # 東京タワーの輪議
        "Date: 17 Apr 2004 12:00:00 -0800",
        MIXED,
        labels=("STARRED", "IMPORTANT", "CATEGORY_PERSONAL"),
        body=FILE,
    )
    add(
        "html",
        f"From: {mailbox.user}",
        "To: anna@example.com",
        "Date: 18 Apr 2004 12:00:00 -0800",
        "Content-Type: text/html",
        body=HTML + b" " * 6000,
    )
    for place in ("SPAM", "TRASH"):
        add(place.lower(), "From: eve@example.com", "Subject: junk", labels=(place,))
    made.names |= {"child": parent}
    return made


ALL = "anna file html"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("from:anna", "anna"),
        ("from:ANNA@example.com", "anna"),
        ("from:meier", "anna"),
        ("from:example.com", "anna"),
        ("from:ann", ""),
        ("from:me", "html"),
        ("to:bob to:carl to:dora", "anna"),
        ("to:bob@", "anna"),
        ("cc:carl -cc:bob", "anna"),
        ("bcc:dora -cc:dora", "anna"),
        ("subject:dinner", "anna"),
        ("subject:(friday dinner)", "anna"),
        ('subject:"friday dinner"', ""),
        ('subject:"dinner on"', "anna"),
        ("subject:lion", ""),
        ("lion", "anna"),
        ("LION red", "anna"),
        ('"the red lion"', "anna"),
        ("lio", ""),
        ("don't", "anna"),
        ("+friday", "anna"),
        ("meier", "anna"),
        ("東京タワー", "file"),
        ("京タ", "file"),
        ("ﾀﾜｰ", "file"),
        ("京都", ""),
        ("grün tee", "html"),
        ('"Grün Tee"', "html"),
        ("color", ""),
        ("has:attachment", "file"),
        ("filename:pdf", "file"),
        ("filename:homework宿題.pdf", "file"),
        ("宿題", "file"),
        ("filename:report", ""),  # RFC 2183 2.3 goes before the parameter of Content-Type
        ("deliveredto:me", ALL),
        ("deliveredto:anna@example.com", ""),
        ("list:food.lists.example.com", "anna"),
        ("in:inbox", "anna"),
        ("is:unread", "anna"),
        ("is:read", "file html"),
        ("is:starred is:important", "file"),
        ("label:starred", "file"),
        ("in:sent", "html"),
        ("in:archive", "file"),
        ("in:chats", ""),
        ("is:snoozed OR is:muted", ""),
        ("has:yellow-star", "file"),
        ("has:red-bang", ""),
        ("has:userlabels", ALL),
        ("has:nouserlabels", ""),
        ("category:primary", "file"),
        ("category:social", ""),
        ("label:no-such-label", ""),
        ("after:2004/04/16 before:2004/04/17", "anna"),
        ("newer:04/17/2004", "file html"),
        ("older:2004/04/17", "anna"),
        ("after:1082232000", "file html"),
        ("before:1082232000", "anna"),
        ("older_than:1y", ALL),
        ("newer_than:1d", ""),
        ("larger:5K", "html"),
        ("size:5120", "html"),
        ("smaller:5K", "anna file"),
        ("larger:1M", ""),
        ("from:anna OR from:bob", "anna file"),
        ("{from:anna from:bob}", "anna file"),
        ("from:{anna bob}", "anna file"),
        ("from:(anna OR bob) -has:attachment", "anna"),
        ("from:bob OR from:anna subject:dinner", "anna"),
        ("(from:bob) OR (from:anna subject:lunch)", "file"),
        ("-from:anna", "file html"),
        ("-(from:anna OR from:bob)", "html"),
        ("-{from:anna from:bob}", "html"),
        ("from:anna AND lion", "anna"),
        ("junk", ""),
        ("junk in:spam", "spam"),
        ("label:trash", "trash"),
        ("is:spam OR in:bin", "spam trash"),
        ("in:anywhere", f"{ALL} spam trash"),
        ("junk in:anywhere -in:spam", "trash"),
        ("-in:trash", ALL),
        ("re:dinner", ""),  # no operator: the words, one after the other
        ("subject:dinner  ", "anna"),
    ],
)
def test_finds(mail: Mail, query: str, names: str) -> None:
    assert mail.found(query) == names


def test_spam_and_trash_by_parameter(mail: Mail) -> None:
    assert mail.found("junk", includeSpamTrash=True) == "spam trash"
    assert mail.found("in:inbox", includeSpamTrash=True) == "anna"


def test_label_names_with_hyphens(mail: Mail) -> None:
    name = mail.names["child"]
    for spelling in (f'"{name}"', name.replace("/", "-").replace(" ", "-").upper()):
        assert mail.found(f"label:{spelling}") == "anna"
    assert mail.found(f"label:{name.partition('/')[0]}") == ""


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("has:drive", "has:drive"),
        ("is:pinned", "is:pinned"),
        ("category:purchases", "category:purchases"),
        ("a AROUND 5 b", "AROUND"),
        ("NOT a", "NOT"),
        ("(a", "("),
        ("a OR", "nothing where a word has to be"),
        ("after:yesterday", "after:yesterday"),
        ("newer_than:1h", "newer_than:1h"),
        ("larger:big", "larger:big"),
        ("from:", "from:"),
        ("!!!", "!!!"),
        ("in:inbox -subject:$", "subject:$"),
    ],
)
def test_what_the_sandbox_lacks_is_named(mail: Mail, query: str, named: str) -> None:
    messages = mail.mailbox.users().messages()
    assert refusal(messages.list(userId="me", q=query).execute) == (
        501,
        f"The sandbox does not implement this search: {named}",
    )


def test_threads_and_drafts(mail: Mail, mailbox: Mailbox) -> None:
    users, word = mailbox.users(), secrets.token_hex(8)
    draft = {"message": {"raw": b64(message(f"Subject: {word}"))}}
    made = users.drafts().create(userId="me", body=draft).execute()
    for query, found in ((word, [made["id"]]), (f"-{word} {word}", None)):
        answer = users.drafts().list(userId="me", q=query).execute()
        assert (
            [each["id"] for each in answer["drafts"]] if found else answer.get("drafts")
        ) == found
    threads = users.threads().list(userId="me", q=f"subject:{word}").execute()["threads"]
    assert [each["id"] for each in threads] == [made["message"]["threadId"]]
    users.drafts().delete(userId="me", id=made["id"]).execute()
    assert "threads" not in users.threads().list(userId="me", q=word).execute()


def test_a_message_is_found_as_soon_as_it_is_there(mail: Mail, mailbox: Mailbox) -> None:
    word = secrets.token_hex(8)
    messages = mailbox.users().messages()
    assert "messages" not in messages.list(userId="me", q=word).execute()
    made = mailbox.import_(message("From: a@example.com", body=word.encode()))
    assert messages.list(userId="me", q=word).execute()["messages"][0]["id"] == made["id"]


@pytest.mark.parametrize("collection", ["messages", "threads"])
def test_the_metadata_scope_may_not_search(mailbox: Mailbox, collection: str) -> None:
    users = mailbox.users(f"{AUTH}gmail.metadata")
    call = getattr(users, collection)().list(userId="me", q="in:inbox")
    assert refusal(call.execute) == (403, "Metadata scope does not support 'q' parameter")
