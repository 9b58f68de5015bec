"""Any folder name becomes a label of its own that Gmail takes, and costs no message its place."""

from __future__ import annotations

from collections import Counter
from unicodedata import normalize

from hypothesis import given
from hypothesis import strategies as st

from ..functional.every_case.case import SENT_TEXT
from ..functional.every_case.embedded import Places
from ..functional.every_case.odd_server import Box, Odd
from ..functional.every_case.outcome import uploaded
from .strategies import bounded, delimiters, folder_names

_SYSTEM = {"INBOX", "SENT", "DRAFT", "SPAM", "TRASH"}


def _message(number: int) -> bytes:
    lines = (
        "From: ann@example.com",
        f"Date: {SENT_TEXT}",
        f"Message-ID: <{number}@example.com>",
        "",
        f"Number {number}\r\n",
    )
    return "\r\n".join(lines).encode()


def _row(delimiter: bytes, name: bytes) -> bytes:
    sign = b"NIL" if not delimiter else b'"%s"' % delimiter.replace(b"\\", b"\\\\")
    return b"() %s {%d}\r\n%s" % (sign, len(name), name)


def _key(label: str) -> str:
    """Equal for names that Gmail takes for one (vectors/label_name.json)."""
    spaced = "/".join(" ".join(part.split()) for part in label.split("/"))
    return normalize("NFC", normalize("NFC", spaced).casefold())


@bounded
@given(st.lists(folder_names, min_size=5, max_size=25), delimiters)
def test_any_name_gets_a_label(places: Places, paths: list[list[bytes]], delimiter: bytes) -> None:
    wire = {b"INBOX"} | {
        name
        for name in (delimiter.join(path).replace(b"\0", b"") for path in paths)
        # As INBOX it would be the same folder; with the rest our server has its difficulties.
        if name and name.upper() != b"INBOX" and b"TAG" not in name and not name.endswith(b"}")
    }
    boxes = {
        name: Box(_row(delimiter, name), {1: Odd(_message(number))})
        for number, name in enumerate(sorted(wire))
    }
    with places.place(boxes) as place:
        outcome = place.run()
        by_bytes = {uploaded(one.raw): one.labels for one in place.gmail.messages()}
    assert outcome.errors == []
    assert outcome.document.totals.closed
    assert outcome.document.totals.source == len(boxes)
    assert {state for state, _ in outcome.states().values()} == {"imported"}
    (account,) = outcome.document.accounts
    labels = Counter(_key(str(line.label)) for line in account.folders if line.label not in _SYSTEM)
    assert sum(labels.values()) + sum(line.label in _SYSTEM for line in account.folders) == len(
        boxes
    )
    assert set(labels.values()) <= {1}
    wanted = Counter(str(line.label) for line in account.folders)
    assert Counter(label for found in by_bytes.values() for label in found) == wanted
    assert by_bytes.keys() == {odd.raw for box in boxes.values() for odd in box.mail.values()}
