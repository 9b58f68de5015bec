"""Mail that no parser likes can be imported, read in every format, listed and searched.

Sandbox only: how Gmail shows such mail is not known.
"""

from __future__ import annotations

import secrets
from urllib.parse import quote

import pytest

from tests.contracts.gmail import Mailbox, message

PARAMETERS = [
    "boundary*=us-ascii''a; boundary*0=b",
    f"boundary*{'1' * 5000}=a",
    "boundary*=undefined''x",
    "boundary*=a\0b''x",
]
NESTED = "".join(
    f"Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n"
    for level in range(1000)
)
BODIES = [
    "Content-Type: text/plain; charset=utf-7\r\n\r\n+2AA-",
    "Content-Type: text/plain; charset=unicode_escape\r\n\r\n\\ud800",
    *(f"Content-Type: multipart/mixed; {each}\r\n\r\n--a\r\n\r\nx" for each in PARAMETERS),
    "Content-Type: message/rfc822\r\n\r\n" * 3000,
    NESTED,
    "Subject: =?utf-7?Q?+2AA-?=\r\n\r\n",
    "From: " + "(" * 15_000 + ")" * 15_000 + "b@example.com\r\n\r\n",
    "Content-Type: multipart/mixed; boundary=x\r\n\r\n" + "--x\r\n\r\n" * 200_000,
]


@pytest.mark.parametrize("rest", BODIES, ids=range(len(BODIES)))
def test_hostile_mail(mailbox: Mailbox, assumed: None, rest: str) -> None:
    word = secrets.token_hex(8)
    own = [f"X-Word: {word}", f"To: {word}@example.com"]
    if "From:" not in rest:
        own.append("From: a@example.com")
    data = message(*own).partition(b"\r\n\r\n")[0] + b"\r\n" + rest.encode()
    made = mailbox.import_(data)
    assert mailbox.raw(made["id"]).endswith(data)
    for format_ in ("minimal", "metadata", "full"):
        assert mailbox.get(made["id"], format_)["sizeEstimate"] > len(data)
    shown = mailbox.get(made["id"], "full")["payload"]["headers"]
    assert {"name": "X-Word", "value": word} in shown
    for method in ("messages", "threads"):
        found = mailbox.request("GET", f"/gmail/v1/users/me/{method}?q={word}")
        assert [each["id"] for each in found[1][method]] == [made["id"]]
    mailbox.users().messages().delete(userId="me", id=made["id"]).execute()


@pytest.mark.parametrize(
    "query", [f"fields={'a,' * 9000}a", f"fields={'a(' * 100}", f"q={quote('word' * 600)}"]
)
def test_parameters_beyond_the_bounds(mailbox: Mailbox, assumed: None, query: str) -> None:
    assert mailbox.request("GET", f"/gmail/v1/users/me/messages?{query}")[0] == 400
