"""What the mailbox page makes of names, times, labels, repairs and the HTML of strangers."""

from __future__ import annotations

from collections import Counter
from email import message_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.sandbox.http.bodies import Body
from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.http.request import Request
from migrate.sandbox.page import labels, policy, reading, words
from migrate.sandbox.page.conversations import Spot
from migrate.sandbox.page.frame import frame
from migrate.sandbox.page.message import Repair, attachment, repairs
from migrate.sandbox.page.view import preferred
from migrate.sandbox.page.words import Texts
from tests.unit.mail import headers

EN, JA = Texts("en"), Texts("ja")


def refused(verb: str = "GET", host: str = "127.0.0.1:8025", peer: str = "127.0.0.1") -> int:
    """The status of the refusal; 0 when the request is admitted."""
    try:
        policy.admit(Request(verb, "/", "", {b"host": host.encode()}, Body(b"")), peer)
    except ApiError as error:
        return error.code
    return 0


def test_only_this_machine_may_look() -> None:
    assert [refused(host=each) for each in ("localhost", "a.localhost:1", "[::1]:8025")] == [0] * 3
    assert [refused(peer=each) for each in ("::1", "127.9.9.9")] == [0, 0]
    assert [refused(peer=each) for each in ("192.0.2.1", "::ffff:192.0.2.1", "")] == [403] * 3
    for host in ("", "0.0.0.0", "192.0.2.1", "localhost.example", "127.0.0.1.example", "[::2]"):
        assert refused(host=host) == 403, host
    assert refused("POST") == 405
    assert refused("POST", host="example.org") == 403


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "en"),
        ("ja", "ja"),
        ("ja-JP,en;q=0.8", "ja"),
        ("en-GB,ja;q=0.8", "en"),
        ("fr, ja;q=0.2, *;q=0.1", "ja"),
        ("ja;q=0", "en"),
        ("ja;q=x, en;q=0.1", "en"),
        (",;;=,", "en"),
    ],
)
def test_the_language_a_browser_likes_better(header: str, expected: str) -> None:
    assert preferred(header) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("請求書 3月.pdf", "請求書 3月.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\evil.exe", "evil.exe"),
        (".bashrc", "bashrc"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ('a"b<c>\r\n:d?.txt', "a_b_c__d_.txt"),
        ("..", "attachment-1"),
        ("", "attachment-1"),
        ("x" * 500 + ".pdf", "x" * 100 + ".pdf"),
        ("x" * 500, "x" * 120),
        ("a." + "b" * 500, "a." + "b" * 19),
    ],
)
def test_a_file_name_is_only_a_name(name: str, expected: str) -> None:
    assert words.safe_name(name, "attachment-1") == expected


@given(st.text())
def test_a_download_has_one_header_line_for_any_name(name: str) -> None:
    answer = policy.download(b"", words.safe_name(name, "x"))
    where = dict(answer.headers)[b"content-disposition"].decode("ascii")
    assert where.isprintable()
    assert where.count('"') == 2


def test_what_hides_or_reorders_is_shown() -> None:
    assert words.readable("a\u202eb\x1b[0m") == "a\\x202eb\\x1b[0m"
    assert words.readable("one\r\ntwo\n\tthree") == "one\ntwo\n        three"
    family = "👨\u200d👩\u200d👧"
    assert words.readable(family + "\u200b") == family + "\\x200b"


def test_times_are_as_long_as_they_must_be(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_789_344_000_000  # Mon, 14 Sep 2026 00:00 UTC
    hour, day = 3_600_000, 86_400_000
    noon = now + 12 * hour
    assert ":" in words.short_moment(noon, noon + 1000, EN)
    assert words.short_moment(noon - 100 * day, noon, EN) == "6 Jun"
    assert words.short_moment(noon - 100 * day, noon, JA) == "6月6日"
    assert words.short_moment(noon - 400 * day, noon, EN) == "10 Aug 2025"
    assert words.short_moment(noon - 400 * day, noon, JA) == "2025/08/10"
    assert words.moment(noon, JA).startswith("2026年9月14日 ")
    for wrong in (10**18, -(10**18)):  # a year that nobody has
        assert words.moment(wrong, EN) == words.short_moment(wrong, now, EN) == str(wrong)


def test_sizes() -> None:
    shown = [words.size(each) for each in (0, 999, 1000, 12_345, 157_286_400, 3 * 10**9)]
    assert shown == ["0 B", "999 B", "1.0 kB", "12 kB", "157 MB", "3.0 GB"]


def test_a_label_stands_under_those_its_name_begins_with() -> None:
    names = {"L1": "b/c/d", "L2": "a", "L3": "B", "L4": "a/ z", "L5": "x//y", "L6": "/"}
    tree = labels.tree(names, Counter({"L1": 3}))
    assert [(each.depth, each.name, each.id, each.unread) for each in tree] == [
        (0, "/", "L6", 0),
        (0, "a", "L2", 0),
        (1, " z", "L4", 0),
        (0, "B", "L3", 0),
        (0, "b", None, 0),
        (1, "c", None, 0),
        (2, "d", "L1", 3),
        (0, "x//y", "L5", 0),
    ]


def test_a_list_shows_labels_that_say_where_a_conversation_is() -> None:
    known = labels.Labels([], [], {"L1": "b", "L2": "a"})
    carried = frozenset({"UNREAD", "SENT", "INBOX", "L1", "L2", "CATEGORY_SOCIAL", "DRAFT"})
    assert known.chips(carried, "DRAFT") == ["INBOX", "L2", "L1"]


@given(st.integers(-(2**62), 2**62), st.integers(0, 2**62))
def test_a_position_survives_an_address(date: int, message: int) -> None:
    assert Spot.parse(str(Spot(date, message))) == (date, message)


@pytest.mark.parametrize("text", ["", ".", "1", "x.y", "1.9" + "f" * 20])
def test_no_position(text: str) -> None:
    assert Spot.parse(text) is None


def test_repairs_have_before_and_after() -> None:
    head = message_from_bytes(
        b"Date: Tue, 16 Sep 2025 10:00:02 +0900\r\nx-mailhaul-original-date: yesterday\r\n"
        b"X-Mailhaul-Original-Date: =?utf-8?B?5pio5pel?=\r\nX-Mailhaul-Original-: x\r\n"
        b"X-Mailhaul-Original-Message-ID: <a b>\r\nMessage-ID: <c@d>\r\n\r\n"
    )
    assert repairs(head) == [
        Repair("date", ["yesterday", "昨日"], ["Tue, 16 Sep 2025 10:00:02 +0900"]),
        Repair("Message-ID", ["<a b>"], ["<c@d>"]),
    ]


def html(body: str, *parts: bytes) -> bytes:
    """A message with an HTML part and others."""
    first = b"Content-Type: text/html; charset=utf-8\r\n\r\n" + body.encode()
    top = b"Content-Type: multipart/related; boundary=x\r\n\r\n"
    return top + b"".join(b"--x\r\n" + each + b"\r\n" for each in (first, *parts)) + b"--x--\r\n"


def picture(ident: str, kind: str = "image/png", size: int = 3) -> bytes:
    return f"Content-Type: {kind}\r\nContent-ID: <{ident}>\r\n\r\n".encode() + b"p" * size


def test_elements_that_no_policy_stops_are_renamed() -> None:
    shown = frame(html("<LINK rel=x><meta\n><base/href=x></base><linker><metadata>"), 1) or ""
    assert shown.endswith("<x-LINK rel=x><x-meta\n><x-base/href=x></x-base><linker><metadata>")


def test_small_pictures_of_the_message_are_shown() -> None:
    used = '<img src="cid:a%40b"><img src=CID:big><img src="cid:svg"><img src="cid:none">'
    parts = (picture("a@b"), picture("big", size=400_000), picture("svg", "image/svg+xml"))
    shown = frame(html(used, *parts), 1) or ""
    assert shown.endswith(
        '<img src="data:image/png;base64,cHBw"><img src=CID:big><img src="cid:svg">'
        '<img src="cid:none">'
    )


def test_one_picture_used_ten_thousand_times_is_bounded() -> None:
    used = '<img src="cid:a">' * 10_000
    assert len(frame(html(used, picture("a", size=200_000)), 1) or "") < 6_000_000


def test_only_html_gets_a_frame() -> None:
    data = html("x", picture("a"))
    assert [frame(data, number) is None for number in (0, 1, 2, 3)] == [True, False, True, True]


def test_people_are_named() -> None:
    assert reading.people(['"Clarke, Emma" <e@x>, =?utf-8?B?55Sw5Lit?= <t@x>, u@x']) == [
        ("Clarke, Emma", "e@x"),
        ("田中", "t@x"),
        ("", "u@x"),
    ]
    assert reading.people(["(unknown sender)"]) == [("(unknown sender)", "")]
    assert reading.people([""]) == []


def test_a_list_shows_what_a_message_begins_with() -> None:
    seen = reading.glance(
        b"From: a@x\r\nTo: b@x\r\nSubject: =?utf-8?Q?=E7=94=B0?=\r\n"
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n"
        b"<style>p{}</style><p>Hello &amp;\r\n  <b>bye</b></p>\r\n--x\r\n"
        b"Content-Type: application/pdf; name=a.pdf\r\n\r\n%PDF"
    )
    assert seen == ([("", "a@x")], [("", "b@x")], "田", "Hello & bye", True)


def test_the_size_of_an_attachment_is_that_of_its_content() -> None:
    top = b"Content-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: "
    for data, expected in (
        (top + b"base64\r\n\r\n" + b"QUJD\r\n" * 1000, 3000),
        (top + b"base64\r\n\r\nQQ==\r\n", 1),
        (top + b"7bit\r\n\r\n12345", 5),
        (top + b"base64\r\n\r\n", 0),
    ):
        (piece,) = reading.pieces(data)
        assert attachment(piece) == (0, "a.png", "image/png", expected)


@given(
    headers(),
    st.sampled_from([b"text/html", b"multipart/mixed; boundary=b", b"message/rfc822", b"\xff/"]),
    st.sampled_from([b"base64", b"quoted-printable", b"x-uuencode", b"\xff"]),
    st.lists(st.sampled_from([b"--b\r\n", b"--b--\r\n", b"\r\n", b"=?x?", b"<p>"]) | st.binary()),
)
def test_no_message_fails(
    header: tuple[bytes, list[bytes]], kind: bytes, encoding: bytes, body: list[bytes]
) -> None:
    top = b"Content-Type: " + kind + b"\r\nContent-Transfer-Encoding: " + encoding + b"\r\n"
    data = top + header[0] + b"".join(body)
    reading.glance(data)
    for each in reading.pieces(data):
        assert each.size >= 0
        assert attachment(each).name
        assert isinstance(each.text(1000), str)
        frame(data, each.number)
