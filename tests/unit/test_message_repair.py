from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from migrate.message import Header, Prepared, Repair, header_end, prepare
from migrate.message.repair import ORIGINAL
from migrate.texts import Texts
from tests.unit.mail import headers

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
INTERNAL = datetime.fromisoformat("2020-02-03T04:05:06+09:00")
DIGEST = "0123456789abcdef" * 4
MADE = f"<{DIGEST[:40]}@mailhaul.invalid>"
GOOD_ID = b"Message-ID: <1@example.com>\r\n"
GOOD_DATE = b"Date: Fri, 21 Nov 1997 09:55:06 -0600\r\n"
FROM_SOURCE = "Mon, 03 Feb 2020 04:05:06 +0900"


def prepared(raw: bytes, internal: datetime | None = INTERNAL, mend_from: bool = False) -> Prepared:
    return prepare(
        Header.parse(raw), digest=DIGEST, internal_date=internal, now=NOW, mend_from=mend_from
    )


def test_a_good_header_is_left_alone() -> None:
    raw = b"x: y\r\n" + GOOD_ID + GOOD_DATE + b"\r\n"
    result = prepared(raw)
    assert result.header is raw
    assert result.repairs == ()
    assert result.message_id == "<1@example.com>"
    assert result.date == datetime(1997, 11, 21, 15, 55, 6, tzinfo=UTC)


def test_missing_fields_come_first() -> None:
    result = prepared(b"From: a@b\r\n\r\n")
    assert result.header == (
        f"Message-ID: {MADE}\r\nDate: {FROM_SOURCE}\r\n".encode() + b"From: a@b\r\n\r\n"
    )
    assert result.repairs == (
        Repair("Message-ID", "", MADE, "missing"),
        Repair("Date", "", FROM_SOURCE, "missing"),
    )
    assert (result.message_id, result.date) == (MADE, INTERNAL)


@pytest.mark.parametrize(
    ("lines", "after", "why"),
    [
        (b"message-id : 1@example.com\r\n", "<1@example.com>", "broken"),
        (b"Message-Id:\r\n\t<1 @x>\r\n", MADE, "broken"),
        (b"Message-ID:\r\n", MADE, "broken"),
        (b"Message-ID: no-at-sign\r\n", MADE, "broken"),
        (GOOD_ID + b"X: y\r\nMESSAGE-ID: <2@example.com>\r\n", MADE, "several"),
        (GOOD_ID + GOOD_ID, "<1@example.com>", "several"),
        (b"Message-ID:\r\n" + GOOD_ID, "<1@example.com>", "several"),
    ],
)
def test_message_id_repairs(lines: bytes, after: str, why: str) -> None:
    result = prepared(b"A: b\r\n" + lines + GOOD_DATE + b"\r\n")
    kept = b"".join(
        line if line.startswith((b"X", b"\t")) else ORIGINAL + line
        for line in lines.splitlines(keepends=True)
    )
    new = f"Message-ID: {after}\r\n".encode()
    assert result.header == b"A: b\r\n" + new + kept + GOOD_DATE + b"\r\n"
    assert [(each.field, each.after, each.why) for each in result.repairs] == [
        ("Message-ID", after, why)
    ]
    assert result.message_id == after


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (b"Date: yesterday\r\n", "unparsable"),
        (b"date: Fri, 21 Nov 3609 09:55:06 -0600\r\n", "future"),
        (b"Date: yesterday\r\nDate: today\r\n", "several"),
        (b"Date: Fri, 13 Dec 1901 20:45:52 +0000\r\n", "ancient"),
        (b"Date: Thu, 1 Jan 1970 00:00:00 +0000\r\n", "ancient"),
        (b"Date: Wed, 31 Dec 1969 19:00:00 -0500\r\n", "ancient"),
        (b"Date: Tue, 19 Jan 2038 03:14:07 +0000\r\n", "future"),
        (b"Date: Sun, 7 Feb 2106 06:28:15 +0000\r\n", "future"),
        (b"Date: Fri, 21 Nov 1997 09:55:06 +2500\r\n", "unparsable"),
    ],
)
def test_date_from_the_source(lines: bytes, why: str) -> None:
    result = prepared(GOOD_ID + lines + b"\r\n")
    kept = b"".join(ORIGINAL + line for line in lines.splitlines(keepends=True))
    assert result.header == GOOD_ID + f"Date: {FROM_SOURCE}\r\n".encode() + kept + b"\r\n"
    assert [each.why for each in result.repairs] == [why]
    assert result.date == INTERNAL


RECEIVED = (
    b"Received: from a by b; no date\r\n"
    b"Received: from a by b (1;2);\r\n\tMon, 3 Feb 2020 10:00:00 +0100 (CET)\r\n"
    b"Received: from a by b; Sun, 2 Feb 2020 10:00:00 +0100\r\n"
)


@pytest.mark.parametrize(
    "internal",
    [
        None,
        datetime(1899, 12, 30, tzinfo=UTC),
        datetime(1970, 1, 1, 9, tzinfo=UTC),
        NOW + timedelta(days=2),
    ],
)
def test_date_from_the_last_relay(internal: datetime | None) -> None:
    result = prepared(RECEIVED + GOOD_ID + b"\r\n", internal)
    assert [each.after for each in result.repairs] == ["Mon, 03 Feb 2020 10:00:00 +0100"]
    assert result.date == datetime(2020, 2, 3, 9, tzinfo=UTC)


def test_who_is_asked_for_a_date_and_in_which_order() -> None:
    bad = [b"Date: Thu, 1 Jan 1970 09:00:00 +0900\r\n", b"Date: ?\r\n"]
    bad.append(b"Date: 7 Feb 2106 06:28:16 +0000\r\n")
    never = b"Received: by a; Thu, 1 Jan 1970 00:00:00 +0000\r\n"
    fields = b"".join([never, RECEIVED, GOOD_ID, *bad])
    assert prepared(fields + GOOD_DATE + b"\r\n").date == datetime(
        1997, 11, 21, 15, 55, 6, tzinfo=UTC
    )
    assert prepared(fields + b"\r\n").date == INTERNAL
    assert prepared(fields + b"\r\n", None).date == datetime(2020, 2, 3, 9, tzinfo=UTC)
    without = prepared(never + GOOD_ID + b"".join(bad) + b"\r\n", None)
    assert (without.date, without.repairs) == (None, ())


def test_of_several_dates_the_first_counts() -> None:
    """It is replaced for its own fault, and every one is kept."""
    result = prepared(GOOD_ID + b"Date: Thu, 1 Jan 1970 00:00 GMT\r\n" + GOOD_DATE + b"\r\n")
    assert [(each.why, each.after) for each in result.repairs] == [
        ("ancient", "Fri, 21 Nov 1997 09:55:06 -0600")
    ]
    assert result.header.count(ORIGINAL) == 2


@pytest.mark.parametrize("lines", [b"", b"Date: 21 Nov 3609 09:55:06 -0600\r\n", b"Date: ?\r\n"])
def test_no_date_known(lines: bytes) -> None:
    raw = GOOD_ID + lines + b"\r\n"
    result = prepared(raw, None)
    assert result.header is raw
    assert result.date is None


def test_the_message_own_date_is_preferred() -> None:
    """A date that is only folded the wrong way is kept, as is the second of two."""
    folded = prepared(GOOD_ID + b"Date: 27 Jan 00 15:03:00\n PDT\r\n\r\n")
    assert folded.repairs[0].after == "Thu, 27 Jan 2000 15:03:00 -0700"
    second = prepared(GOOD_ID + b"Date: ?\r\n" + GOOD_DATE + b"\r\n")
    assert second.repairs[0].after == "Fri, 21 Nov 1997 09:55:06 -0600"


def test_a_day_ahead_is_no_future() -> None:
    raw = GOOD_ID + b"Date: Wed, 25 Nov 2026 12:00:00 +0000\r\n\r\n"
    assert prepared(raw).header is raw
    assert prepared(raw.replace(b"12:00:00", b"12:00:01")).repairs[0].why == "future"


def test_a_second_good_date_does_no_harm() -> None:
    raw = GOOD_ID + GOOD_DATE + b"Date: ?\r\n\r\n"
    assert prepared(raw).header is raw


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"])
def test_added_lines_end_like_the_others(end: bytes) -> None:
    result = prepared(b"From: a@b" + end + end)
    assert result.header.count(end) == 4
    assert result.header.replace(end, b"").isascii()
    assert b"\r" not in result.header.replace(end, b"")
    assert b"\n" not in result.header.replace(end, b"")


def test_an_mbox_line_stays_first() -> None:
    result = prepared(b"From a@b Mon Jan  1 00:00:00 2001\r\nFrom: a@b\r\n\r\n")
    assert result.header.startswith(b"From a@b Mon Jan  1 00:00:00 2001\r\nMessage-ID: <")
    assert prepared(b"From a@b").header.startswith(b"Message-ID: <")  # it has no line end


def test_a_message_without_header_gets_one_of_its_own() -> None:
    result = prepared(b"")
    assert result.header.endswith(b"\r\n\r\n")
    assert prepared(result.header + b"hello: I am the body\r\n").repairs == ()


def test_what_was_there_is_shown_printable_and_short() -> None:
    result = prepared(b"Message-ID: \xe5\x90\x8d\xff\x00 \r\nDate: " + b"x" * 2000 + b"\r\n\r\n")
    assert result.repairs[0].before == "名\\xff\\x00"
    assert len(result.repairs[1].before) < 600


RAW = headers().map(lambda header: header[0]) | st.binary()
DATES = st.sampled_from([INTERNAL, None])


@given(RAW, DATES, st.booleans())
def test_repairs_can_be_undone(raw: bytes, internal: datetime | None, mend: bool) -> None:
    assume(ORIGINAL not in raw)
    result = prepared(raw, internal, mend)
    end = Header.parse(raw).line_end
    undone = result.header
    for repair in result.repairs:
        undone = undone.replace(f"{repair.field}: {repair.after}".encode("latin-1") + end, b"", 1)
    was_all_body = header_end(raw) == 0 and result.repairs
    assert undone.replace(ORIGINAL, b"") == (end if was_all_body else b"") + raw


@given(RAW, DATES, st.booleans())
def test_a_repaired_header_needs_no_repair(
    raw: bytes, internal: datetime | None, mend: bool
) -> None:
    first = prepared(raw, internal, mend)
    assert all(f"rules.why.{each.why}" in Texts("ja") for each in first.repairs)
    again = prepared(first.header, internal, mend)
    assert again.header is first.header
    assert (again.message_id, again.date) == (first.message_id, first.date)
