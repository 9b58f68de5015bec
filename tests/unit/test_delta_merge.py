"""The three-way rule: its laws, for any labels, and the cases that the laws don't show."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from migrate.delta.merge import PLACES, altered, merge, ours, united

NOISE = ("IMPORTANT", "CATEGORY_PERSONAL")
OTHERS = ("STARRED", "UNREAD", "SENT", "A", "B", "C")


@st.composite
def consistent(draw: st.DrawFn, noise: bool = False) -> frozenset[str]:
    """Labels as Gmail has them: in one place at most."""
    place = draw(st.sampled_from([None, *sorted(PLACES)]))
    pool = OTHERS + (NOISE if noise else ())
    return draw(st.frozensets(st.sampled_from(pool))) | ({place} if place else frozenset())


SETS = st.tuples(consistent(), consistent(), consistent(noise=True))
BEFORE = st.frozensets(st.sampled_from(("INBOX", "STARRED", "A", "B")))


def left_alone(base: frozenset[str], source: frozenset[str], target: frozenset[str]) -> bool:
    return bool({"SPAM", "TRASH"} & target - base - source)


@given(SETS)
def test_the_users_change_stands(sets: tuple[frozenset[str], ...]) -> None:
    base, source, target = sets
    done = merge(base, source, target)
    touched = done.add | done.remove
    assert not touched & ((base & source) | (ours(target) - base - source))
    assert not touched & frozenset(NOISE)


@given(SETS)
def test_the_sources_change_arrives(sets: tuple[frozenset[str], ...]) -> None:
    base, source, target = sets
    done = merge(base, source, target)
    after = (target | done.add) - done.remove
    if left_alone(base, source, target):
        assert not done.add
        assert not done.remove
        assert done.base == base
        return
    arrived = source - base
    assert after >= arrived - PLACES
    assert not after & (base - source)
    if not arrived & PLACES <= after:
        assert done.why == "place"
        assert done.stays == arrived & PLACES
        assert ours(target) & PLACES - base, "only a place that the user chose may win"
    assert done.base == source - (arrived & PLACES - after)


@given(SETS, BEFORE, st.data())
def test_twice_is_once(
    sets: tuple[frozenset[str], ...], before: frozenset[str], data: st.DataObject
) -> None:
    base, source, target = sets
    done = merge(base, source, target, before)
    after = (target | done.add) - done.remove
    # After a kill: Gmail has all of it, or some, and the ledger nothing.
    again = merge(base, source, after, before)
    assert not again.add
    assert not again.remove
    some = data.draw(st.frozensets(st.sampled_from(sorted(done.add - PLACES) or ["-"]))) & done.add
    rest = merge(base, source, target | some, before)
    assert ((target | some | rest.add) - rest.remove) == after
    # The next pass.
    later = merge(done.base, source, after, before)
    assert not later.add
    assert not later.remove
    assert later.base == done.base


@given(SETS, BEFORE)
def test_nothing_of_before_is_taken_away(
    sets: tuple[frozenset[str], ...], before: frozenset[str]
) -> None:
    base, source, target = sets
    assert not merge(base, source, target | before, before).remove & before


@given(SETS, BEFORE)
def test_a_message_stays_in_one_place(
    sets: tuple[frozenset[str], ...], before: frozenset[str]
) -> None:
    base, source, target = sets
    done = merge(base, source, target, before)
    assert len(((target | done.add) - done.remove) & PLACES) <= 1


@given(SETS)
def test_nothing_new_at_the_source_is_nothing_to_do(sets: tuple[frozenset[str], ...]) -> None:
    base, _, target = sets
    done = merge(base, base, target)
    assert (done.add, done.remove, done.base, done.why) == (frozenset(), frozenset(), base, None)


def merged(base: str, source: str, target: str, before: str = "") -> tuple[str, str, str | None]:
    done = merge(base.split(), source.split(), target.split(), before.split())
    return " ".join(sorted(done.add)), " ".join(sorted(done.remove)), done.why


def test_cases() -> None:
    assert merged("INBOX UNREAD", "INBOX", "INBOX UNREAD") == ("", "UNREAD", None)
    assert merged("INBOX", "A", "INBOX") == ("A", "INBOX", None)
    assert merged("INBOX", "A", "B") == ("A", "", None)
    assert merged("INBOX", "INBOX STARRED", "A") == ("STARRED", "", "labels")
    assert merged("INBOX UNREAD", "INBOX UNREAD STARRED", "INBOX") == ("STARRED", "", None)
    assert merged("INBOX", "A", "TRASH") == ("", "", "trashed")
    assert merged("INBOX", "A", "SPAM") == ("", "", "spam")
    assert merged("INBOX", "INBOX", "TRASH") == ("", "", None)
    assert merged("INBOX", "SPAM", "INBOX") == ("SPAM", "INBOX", None)
    assert merged("A", "SPAM", "A INBOX") == ("", "A", "place")
    assert merged("A TRASH", "A INBOX", "A TRASH") == ("INBOX", "TRASH", None)
    assert merged("INBOX", "TRASH", "INBOX", "INBOX") == ("", "", "place")


def test_rows_that_share_a_message() -> None:
    assert united([{"INBOX", "UNREAD"}, {"A"}]) == {"INBOX", "A"}
    assert united([{"SPAM", "UNREAD"}, {"A", "UNREAD"}]) == {"A", "UNREAD"}
    assert united([{"SPAM"}, {"TRASH"}]) == {"TRASH"}


def test_reading_is_no_change() -> None:
    assert not altered({"INBOX", "UNREAD"}, {"INBOX", "IMPORTANT"})
    assert altered({"INBOX"}, {"INBOX", "UNREAD"})
    assert altered({"INBOX"}, set())
