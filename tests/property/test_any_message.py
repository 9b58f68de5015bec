"""Any bytes as a message end in exactly one class; what arrives is the source's, byte for byte."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from ..functional.every_case.embedded import Outcome, Places
from ..functional.every_case.odd_server import Box, Odd
from ..functional.every_case.outcome import is_from, uploaded
from .strategies import bounded, dates, messages

_FLAGS = st.sampled_from([b"", b"\\Seen", b"\\Flagged \\Seen"])
_mail = st.lists(st.tuples(messages, dates, _FLAGS), min_size=10, max_size=30)


@bounded
@given(st.data(), _mail)
def test_any_bytes_arrive_as_they_are_or_are_kept(
    places: Places, data: st.DataObject, mail: list[tuple[bytes, bytes, bytes]]
) -> None:
    # Some twice: identical bytes, with a date and flags of their own.
    raws = st.sampled_from([raw for raw, _, _ in mail])
    again = data.draw(st.lists(st.tuples(raws, dates, _FLAGS), max_size=8))
    odd = [Odd(raw, flags, date) for raw, date, flags in [*mail, *again]]
    inbox = Box(b'() "/" INBOX', dict(enumerate(odd, 1)))
    with places.place({b"INBOX": inbox}) as place:
        outcome = place.run()
        stored = [uploaded(one.raw) for one in place.gmail.messages()]
    assert outcome.errors == []
    _check_sums(outcome, len(odd))
    _check_bytes(outcome, stored, odd)


def _check_sums(outcome: Outcome, source: int) -> None:
    totals = outcome.document.totals
    assert totals.closed
    assert totals.source == source
    assert totals.imported + totals.merged + totals.quarantined == source


def _check_bytes(outcome: Outcome, stored: list[bytes], odd: list[Odd]) -> None:
    copies: dict[bytes, list[int]] = defaultdict(list)
    for uid, each in enumerate(odd, 1):
        copies[each.raw].append(uid)
    found, kept = outcome.states(), outcome.kept()
    for raw, uids in copies.items():
        ended = sorted(found["INBOX", uid][0] for uid in uids)
        if "quarantined" in ended:
            assert ended == ["quarantined"] * len(uids)
            # Of nothing there is no file.
            assert [kept.pop(("INBOX", uid)) for uid in uids] == [raw or None] * len(uids)
            continue
        assert ended == ["imported"] + ["merged"] * (len(uids) - 1)
        repairs = outcome.repairs("INBOX", uids[0])
        there = [one for one in stored if is_from(raw, one, repairs)]
        assert len(there) == 1, (raw, repairs)
        stored.remove(there[0])
    assert (stored, kept) == ([], {})
