"""Reading headers and multipart bodies: properties that examples alone would miss."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.sandbox.http.bodies import Body
from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.http.multipart import split_related
from migrate.sandbox.mailbox import headers
from tests.unit.mail import vectors


@given(st.binary(max_size=400))
def test_any_bytes_can_be_read(data: bytes) -> None:
    headers.read(data)


@given(st.text(max_size=60))
def test_any_date_can_be_read(text: str) -> None:
    headers.parse_date(text)


@given(st.binary(max_size=200), st.sampled_from([b"\r\n", b"\n"]))
def test_a_multipart_message_keeps_its_bytes(mail: bytes, newline: bytes) -> None:
    lines = [b"--=b", b"Content-Type: application/json", b"", b"{}", b"--=b"]
    lines += [b"Content-Type: message/rfc822", b"", mail, b"--=b--", b""]
    body = Body(newline.join(lines))
    resource, content = split_related(body, 'multipart/related; boundary="=b"')
    assert (resource, bytes(content)) == ({}, mail)


def test_an_empty_json_part() -> None:
    """Its delimiter follows the empty header line at once (RFC 2046 5.1.1)."""
    data = b"--b\n\n--b\nContent-Type: message/rfc822\n\nx\n--b--\n"
    resource, content = split_related(Body(data), "multipart/related; boundary=b")
    assert (resource, bytes(content)) == ({}, b"x")


@given(st.binary(max_size=300))
def test_any_multipart_body_is_parsed_or_refused(data: bytes) -> None:
    for start in (b"", b"--b\n\n{}\n--b\nContent-Type: message/x\n\n"):
        try:
            split_related(Body(start + data), "multipart/related; boundary=b")
        except ApiError as error:
            assert error.code == 400


@pytest.mark.parametrize(
    ("subject", "same"),
    [
        ("Re: Plan", True),
        ("RE[2]: fwd:  plan", True),
        ("Fw: =?utf-8?Q?Pl=61n?=", True),
        ("AW：Plan", True),
        ("Replan", False),
        ("Plan B", False),
    ],
)
def test_subjects(subject: str, same: bool) -> None:
    wanted = headers.read(b"Subject: Plan\r\n\r\n").subject
    assert (headers.read(f"Subject: {subject}\r\n\r\n".encode()).subject == wanted) is same


def test_headers_end_at_the_first_empty_line() -> None:
    facts = headers.read(b"From: a@x.example\n\nMessage-ID: <m@x>\nFrom: b@x.example\n")
    assert (facts.senders, facts.message_id) == (("a@x.example",), None)
    assert headers.read(b"\r\nFrom: a@x.example\r\n\r\n").senders == ()


def test_references() -> None:
    mail = b"References: <a@x>\r\n\t<b@x>\r\nIn-Reply-To: <b@x>\r\n\r\n"
    assert headers.read(mail).references == ("a@x", "b@x")


@pytest.mark.parametrize("case", vectors("message_id"))
def test_message_id_vectors(case: dict[str, Any]) -> None:
    found = headers.read("\r\n".join([*case["headers"], "", ""]).encode()).message_id
    assert found == (case["id"][1:-1] if case["id"] else None)
