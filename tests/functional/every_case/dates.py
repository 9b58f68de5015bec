"""Of dates: Gmail must show the right day for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from .case import ARRIVED, SENT_TEXT, Case, Fix, letter

_UNREADABLE: dict[str, bytes | str] = {
    "garbage": "yesterday evening",
    "empty": "",
    "zoneless": "Tue, 05 Nov 2019 09:30:00",
    "iso": "2019-11-05T09:30:00Z",
    "no-such-day": "Tue, 30 Feb 2019 09:30:00 +0900",
    "no-such-hour": "Tue, 05 Nov 2019 25:30:00 +0900",
    "am-pm": "Tue, 05 Nov 2019 09:30:00 AM +0900",
    "german": "Di, 05 Nov 2019 09:30:00 +0100",
    "japanese": "2019年11月5日 09:30",
    "zone-99": "Tue, 05 Nov 2019 09:30:00 +9900",
    "zone-minutes": "Tue, 05 Nov 2019 09:30:00 +0990",
    "zone-name": "Tue, 05 Nov 2019 09:30:00 JST",
    "zone-colon": "Tue, 05 Nov 2019 09:30:00 (GMT+00:00)",
    "year-0": "Tue, 05 Nov 0000 09:30:00 +0000",
    "8-bit": b"Tue, 05 Nov 2019 09:30:00 +0900 \xff",
}
_OTHERWISE = {
    "no-weekday": ("5 Nov 2019 09:30 +0000", datetime(2019, 11, 5, 9, 30)),
    "wrong-weekday": ("Fri, 05 Nov 2019 09:30:00 +0000", datetime(2019, 11, 5, 9, 30)),
    "two-digits": ("21 Nov 97 09:55:06 GMT", datetime(1997, 11, 21, 9, 55, 6)),
    "two-digits-new": ("21 Nov 04 09:55:06 GMT", datetime(2004, 11, 21, 9, 55, 6)),
    "zone-west": ("Mon, 04 Nov 2019 22:30:00 -1200", datetime(2019, 11, 5, 10, 30)),
    "zone-east": ("Tue, 05 Nov 2019 22:30:00 +1400", datetime(2019, 11, 5, 8, 30)),
    "zone-letters": ("Wed, 9 Jan 2002 19:47:50 MST", datetime(2002, 1, 10, 2, 47, 50)),
    "comment": ("Tue, 05 Nov 2019 09:30:00 +0100 (CET)", datetime(2019, 11, 5, 8, 30)),
    "folded": ("Tue,\r\n 05 Nov 2019\r\n 09:30:00 +0100", datetime(2019, 11, 5, 8, 30)),
    "early": ("Thu, 23 Dec 1971 10:00:00 +0000", datetime(1971, 12, 23, 10)),
}
_OLD = {
    "1901": "Fri, 13 Dec 1901 20:45:52 +0000",
    "1904": "Fri, 01 Jan 1904 00:00:00 +0000",
    "1969": "Wed, 31 Dec 1969 23:59:59 +0000",
    "1970": "Thu, 01 Jan 1970 00:00:00 +0000",
}
_COMING = {
    "2030": "Tue, 05 Nov 2030 09:30:00 +0900",
    "2038": "Tue, 19 Jan 2038 03:14:07 +0000",
    "2106": "Sun, 07 Feb 2106 06:28:15 +0000",
    "9999": "Fri, 31 Dec 9999 23:59:59 +0000",
}
_RECEIVED = (
    b"Received: from b by c; Thu, 07 Nov 2019 10:00:00 +0000\r\n"
    b"Received: from a by b; Wed, 06 Nov 2019 10:00:00 +0000\r\n"
)
_LATEST = datetime(2019, 11, 7, 10, tzinfo=UTC)
_CLOCKLESS = datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
_AHEAD = datetime(2037, 5, 6, tzinfo=UTC)


def dates() -> Iterator[Case]:
    """Replaced by INTERNALDATE where Gmail would show the day of the import, or nonsense."""
    given: dict[str, Mapping[str, bytes | str]] = {
        "unparsable": _UNREADABLE,
        "ancient": _OLD,
        "future": _COMING,
    }
    for why, values in given.items():
        for name, value in values.items():
            yield _arrival(f"date-{name}", letter(f"date-{name}", Date=value), why)
    yield _arrival("date-none", letter("date-none", Date=None), "missing")
    neither = letter("date-nor-id", Date=None, Message_ID="<>")
    fixes = {"Date": Fix(ARRIVED, "missing"), "Message-ID": Fix("<sha256>", "broken")}
    yield Case("date-nor-id", neither, shown=ARRIVED, fixes=fixes)
    for name, (text, shown) in _OTHERWISE.items():
        raw = letter(f"date-ok-{name}", Date=text)
        yield Case(f"date-ok-{name}", raw, shown=shown.replace(tzinfo=UTC))
    yield from _several()
    yield from _from_elsewhere()


def _arrival(name: str, raw: bytes, why: str) -> Case:
    return Case(name, raw, shown=ARRIVED, fixes={"Date": Fix(ARRIVED, why)})


def _several() -> Iterator[Case]:
    yield Case("date-two-good", letter("date-two-good", X_Last=b"1\r\nDate: " + b"1 Jan 2001 1:1"))
    second = f"garbage\r\nDate: {SENT_TEXT}"
    moment = datetime(2019, 11, 5, 0, 30, tzinfo=UTC)
    raw = letter("date-second-good", Date=second)
    yield Case("date-second-good", raw, shown=moment, fixes={"Date": Fix(moment, "several")})


def _from_elsewhere() -> Iterator[Case]:
    """INTERNALDATE is no help either: the latest Received is."""
    for name, arrived in {"unset": _CLOCKLESS, "ahead": _AHEAD}.items():
        raw = _RECEIVED + letter(f"date-received-{name}", Date="never")
        fixes = {"Date": Fix(_LATEST, "unparsable")}
        yield Case(f"date-received-{name}", raw, arrived=arrived, shown=_LATEST, fixes=fixes)
    for name, value in {"none": None, "garbage": "never"}.items():
        raw = letter(f"date-nowhere-{name}", Date=value)
        unknown = f"date-nowhere-{name}"
        yield Case(unknown, raw, arrived=_AHEAD, shown=None, verdict="date-unknown")
