"""The three ways a message comes in, byte by byte."""

from __future__ import annotations

import io
import random

import pytest
from googleapiclient.http import MediaIoBaseUpload

from tests.contracts.gmail import Mailbox, b64, message

JSON = "/gmail/v1/users/me/messages/import"
UPLOAD = f"/upload{JSON}"
MISSING = "'raw' RFC822 payload message string or uploading message via /upload/* URL required"
FROM, DATE = "From: anna@example.com", "Date: Fri, 21 Nov 1997 09:55:06 -0600"
BODIES = {
    "eight bit": b"Gr\xfc\xdfe \xe5\xb1\xb1\xff\x80\r\n",
    "no line end": b"x",
    "ends in cr": b"x\r",
    "ends in lf": b"x\n",
    "blank lines": b"\r\n\r\nx\r\n\r\n",
    "looks like a boundary": b"--cut\r\nx\r\n--cut2--",
    "bare lf and cr": b"a\nb\rc",
    "empty": b"",
}


def related(mail: bytes, boundary: bytes = b"bound", newline: bytes = b"\r\n") -> bytes:
    return newline.join(
        [
            b"--" + boundary,
            b"content-TYPE: application/json; charset=UTF-8",
            b"",
            b'{"labelIds": ["STARRED"]}',
            b"--" + boundary,
            b"CONTENT-type:message/rfc822",
            b"MIME-Version: 1.0",
            b"",
            mail,
            b"--" + boundary + b"--",
            b"",
        ]
    )


@pytest.mark.parametrize("newline", [b"\r\n", b"\n"], ids=["crlf", "lf"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_multipart_keeps_every_byte(mailbox: Mailbox, body: bytes, newline: bytes) -> None:
    mail = message(FROM, DATE, body=body)
    kind = 'multipart/related; boundary="bound"'
    status, made = mailbox.request(
        "POST", f"{UPLOAD}?uploadType=multipart", related(mail, newline=newline), kind
    )
    assert (status, made["labelIds"]) == (200, ["STARRED"])
    assert mailbox.raw(made["id"]).endswith(b"\r\n" + mail)


@pytest.mark.parametrize(
    "kind",
    ["multipart/related; boundary=b=1", "Multipart/Related; type=x; BOUNDARY=b=1; start=y"],
)
def test_boundary_spellings(mailbox: Mailbox, kind: str) -> None:
    mail = message(FROM, DATE)
    status, _ = mailbox.request(
        "POST", f"{UPLOAD}?uploadType=multipart", related(mail, b"b=1"), kind
    )
    assert status == 200


def test_media_keeps_every_byte(mailbox: Mailbox) -> None:
    mail = message(FROM, DATE, body=bytes(range(1, 256)))
    status, made = mailbox.request("POST", f"{UPLOAD}?uploadType=media", mail, "message/rfc822")
    assert status == 200
    assert mailbox.raw(made["id"]).endswith(b"\r\n" + mail)


def test_googles_client_uploads(mailbox: Mailbox) -> None:
    mail = message(FROM, DATE, body=b"From me\r\nascii\r\n")
    media = MediaIoBaseUpload(io.BytesIO(mail), "message/rfc822")
    call = mailbox.users().messages().import_(userId="me", body={"labelIds": []}, media_body=media)
    assert mailbox.raw(call.execute()["id"]).endswith(b"\r\n" + mail)


@pytest.mark.parametrize("padding", ["", "=", "=="])
def test_raw_without_padding(mailbox: Mailbox, padding: str) -> None:
    mail = message(FROM, DATE, body=b"\xff\xfe\xfd" + padding.encode())
    text = b64(mail).rstrip("=")
    status, made = mailbox.request(
        "POST", JSON, f'{{"raw": "{text}"}}'.encode(), "application/json"
    )
    assert status == 200
    assert mailbox.raw(made["id"]).endswith(b"\r\n" + mail)


def test_large_message_goes_through_a_spool_file(mailbox: Mailbox, assumed: None) -> None:
    mail = message(FROM, DATE, body=random.Random(1).randbytes(10_240_000))
    for path, body, kind in (
        ("media", mail, "message/rfc822"),
        (
            "multipart",
            related(mail.replace(b"Message-ID: <", b"Message-ID: <2")),
            "multipart/related; boundary=bound",
        ),
    ):
        status, made = mailbox.request("POST", f"{UPLOAD}?uploadType={path}", body, kind)
        assert status == 200
        assert mailbox.raw(made["id"])[-10_000_000:] == mail[-10_000_000:]


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [
        (JSON, b"{}", "application/json"),
        (JSON, b"", "application/json"),
        (JSON, b'{"raw": ""}', "application/json"),
        (f"{UPLOAD}?uploadType=media", b"", "message/rfc822"),
        (f"{UPLOAD}?uploadType=multipart", related(b""), "multipart/related; boundary=bound"),
        (
            f"{UPLOAD}?uploadType=multipart",
            b"--b\r\nContent-Type: application/json\r\n\r\n{}\r\n--b--\r\n",
            "multipart/related; boundary=b",
        ),
    ],
)
def test_nothing_to_import(mailbox: Mailbox, path: str, body: bytes, kind: str) -> None:
    status, answer = mailbox.request("POST", path, body, kind)
    assert (status, answer["error"]["message"]) == (400, MISSING)
    assert answer["error"]["errors"][0]["reason"] == "invalidArgument"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"x", "multipart/related"),
        (b"x", "multipart/mixed; boundary=b"),
        (b"x", "multipart/related; boundary=b"),
        (
            b"--b\r\n\r\n{}\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nx",
            "multipart/related; boundary=b",
        ),
    ],
)
def test_malformed_multipart(mailbox: Mailbox, assumed: None, body: bytes, kind: str) -> None:
    assert mailbox.request("POST", f"{UPLOAD}?uploadType=multipart", body, kind)[0] == 400


def test_only_message_types(mailbox: Mailbox) -> None:
    status, answer = mailbox.request(
        "POST", f"{UPLOAD}?uploadType=media", message(FROM), "application/octet-stream"
    )
    assert (status, answer["error"]["errors"][0]["reason"]) == (400, "badContent")


def test_over_the_size_limit(mailbox: Mailbox, assumed: None) -> None:
    """150 MiB and one byte; sent piece by piece, so that this test stays small."""
    connection = mailbox.connect()
    mail, size = message(FROM, DATE), 157286401
    connection.putrequest("POST", f"{UPLOAD}?uploadType=media")
    for name, value in (
        ("Authorization", f"Bearer {mailbox.token()}"),
        ("Content-Type", "message/rfc822"),
        ("Content-Length", str(size)),
    ):
        connection.putheader(name, value)
    connection.endheaders(mail)
    left = size - len(mail)
    while left:
        piece = bytes(min(left, 1024 * 1024))
        connection.send(piece)
        left -= len(piece)
    assert connection.getresponse().status == 413
    connection.close()
