from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.message import Header, format_date, parse_date
from tests.unit.mail import vectors


@pytest.mark.parametrize("case", vectors("date_header"))
def test_vectors(case: dict[str, str | int | None]) -> None:
    field = Header.parse(f"Date: {case['date']}\r\n\r\n".encode()).all("Date")[0]
    for text in (str(case["date"]).encode(), field.folded):
        date = parse_date(text)
        assert (None if date is None else date.timestamp()) == case["epoch"]


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        (b"Fri, 21 Nov 1997 09:55:06 -0600", "1997-11-21T09:55:06-06:00"),
        (b"fri , 1\tNOV 1997 09 : 55 : 06 +0530", "1997-11-01T09:55:06+05:30"),
        (b"21 Nov 49 00:00 UT", "2049-11-21T00:00:00+00:00"),
        (b"21 Nov 50 00:00 UT", "1950-11-21T00:00:00+00:00"),
        (b"21 Nov 049 00:00 UT", "1949-11-21T00:00:00+00:00"),
        (b"21 Nov 112 00:00 EDT", "2012-11-21T00:00:00-04:00"),
        (b"31 Dec 2016 23:59:60 -0000", "2016-12-31T23:59:59+00:00"),
        (b"(\xe9\x87) Fri, 21 (a (b\\)) c) Nov 1997 09:55:06 z (Z)", "1997-11-21T09:55:06+00:00"),
        (b"21 Nov 3609 09:55:06 +0000", "3609-11-21T09:55:06+00:00"),
        (b"29 Feb 2024 00:00 +2359", "2024-02-29T00:00:00+23:59"),
    ],
)  # fmt: skip
def test_valid(text: bytes, iso: str) -> None:
    date = parse_date(text)
    assert date is not None
    assert date.isoformat() == iso


@pytest.mark.parametrize(
    "text",
    [
        b"21 Nov 1997 09:55:06",
        b"21 Nov 1997 09:55:06 JST",
        b"21 Nov 1997 09:55:06 J",
        b"21 Nov 1997 09:55:06 +2400",
        b"21 Nov 1997 09:55:06 +0960",
        b"21 Nov 1997 09:55:61 +0900",
        b"21 Nov 1997 9:55:06 +0900",
        b"21 Nov 1899 09:55:06 +0900",
        b"21 Nov 12345 09:55:06 +0900",
        b"29 Feb 2023 09:55:06 +0900",
        b"21 Nov 1997 09:55:06 +0900 (open",
        b"21 Nov 1997 09:55:06 +0900 \xff",
        b"Fr, 21 Nov 1997 09:55:06 +0900",
        b"21 Nov 1997\r\n09:55:06 +0900",
        b"21 Nov 1997 09:55:06\x00 +0900",
        "２１ Nov 1997 09:55:06 +0900".encode(),
    ],
)
def test_invalid(text: bytes) -> None:
    assert parse_date(text) is None


ZONES = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(datetime(1900, 1, 1), timezones=ZONES | st.just(UTC)))
def test_what_is_written_can_be_read(moment: datetime) -> None:
    text = format_date(moment)
    assert parse_date(text.encode()) == moment.replace(microsecond=0)


@given(st.binary() | st.text("0123456789 :+-,()\\JanZ\r\n").map(str.encode))
def test_never_raises(text: bytes) -> None:
    parse_date(text)
