from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.labels import LabelRules, Mapped, message_labels
from migrate.source import Folder

SYSTEM = {"INBOX", "SENT", "DRAFT", "SPAM", "TRASH"}


def copy(label: str, flags: str = "\\Seen") -> tuple[Mapped, frozenset[str]]:
    folder = Folder(label.encode(), label, (label,), frozenset())
    mapped = Mapped(folder, label, system=label in SYSTEM, rule=None, renamed=None)
    return mapped, frozenset(flags.split())


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ("INBOX a", "INBOX a"),
        ("SENT a a", "SENT a"),
        ("SPAM", "SPAM"),
        ("SPAM SPAM", "SPAM"),
        ("SPAM TRASH", "TRASH"),
        ("SPAM INBOX", "INBOX"),
        ("TRASH a", "a"),
        ("DRAFT", "DRAFT"),
        ("DRAFT a", "a"),
        ("DRAFT TRASH", ""),
    ],
)
def test_union_of_folders(labels: str, expected: str) -> None:
    assert message_labels([copy(each) for each in labels.split()]) == set(expected.split())


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["", "\\Answered"], "a UNREAD"),
        (["", "\\Seen"], "a"),
        (["\\Seen \\Flagged", "\\Seen"], "a STARRED"),
        (["\\Flagged"], "a UNREAD STARRED"),
    ],
)
def test_union_of_flags(flags: list[str], expected: str) -> None:
    assert message_labels([copy("a", each) for each in flags]) == set(expected.split())


def test_drafts_have_no_other_label() -> None:
    assert message_labels([copy("DRAFT", "\\Flagged"), copy("DRAFT", "")]) == {"DRAFT"}


COPIES = st.builds(
    copy,
    st.sampled_from([*sorted(SYSTEM), "a", "b"]),
    st.sampled_from(["", "\\Seen", "\\Flagged", "\\Seen \\Flagged"]),
)


@given(st.lists(COPIES, min_size=1, max_size=4))
def test_no_label_excludes_another(copies: list[tuple[Mapped, frozenset[str]]]) -> None:
    labels = message_labels(copies)
    assert labels == message_labels([*reversed(copies), copies[0]])
    assert len(labels & {"INBOX", "SPAM", "TRASH"}) <= 1
    assert "DRAFT" not in labels or labels == {"DRAFT"}
    assert labels <= {mapped.label for mapped, _ in copies} | {"UNREAD", "STARRED"}


RULES = LabelRules(
    deleted="trash",
    keywords={"$forwarded": "Forwarded", "\\Answered": "Muted", "*": "Words"},
)


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["$Forwarded"], "a|Forwarded"),
        (["\\Answered"], "a|Muted (imported)"),
        (["\\Recent \\Draft $label1"], "a|Words/$label1"),
        (["$Label1", "$label1 NonJunk"], "a|Words/$label1|Words/NonJunk"),
        (["", "\\Deleted"], "a"),
        (["\\Deleted"], "TRASH"),
        (["\\Deleted $Forwarded"], "TRASH|Forwarded"),
    ],
)
def test_keywords_and_deleted(flags: list[str], expected: str) -> None:
    copies = [copy("a", f"\\Seen {each}") for each in flags]
    assert message_labels(copies, RULES) == set(expected.split("|"))
    plain = LabelRules(deleted="copy")
    assert message_labels(copies, plain) == {"a"}


def test_keywords_go_under_the_prefix_and_drafts_have_none() -> None:
    rules = LabelRules(prefix="Old", keywords={"*": "Words"})
    assert message_labels([copy("a", "\\Seen x")], rules) == {"a", "Old/Words/x"}
    assert message_labels([copy("DRAFT", "x")], rules) == {"DRAFT"}
    named = LabelRules(keywords={"*": "Words"})
    assert message_labels([copy("a", "\\Seen")], named) == {"a"}


def test_keywords_that_a_label_cannot_be_called_stay_apart() -> None:
    rules = LabelRules(keywords={"x": "Words/y", "*": "Words"})
    found = message_labels([copy("a", "\\Seen a/b a-b x y")], rules)
    assert len(found) == 5
    assert {"a", "Words/a-b", "Words/y"} < found
