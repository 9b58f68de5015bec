"""flatten, depth, drafts, the reviewed plan, what the ledger has: what becomes of the folders."""

from __future__ import annotations

import pytest

from migrate.labels import LabelRules, label_key, map_folders
from tests.unit.test_labels_mapping import folder, label, mapped


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("drafts", ("DRAFT", None)),
        ("label", ("Drafts (imported)", None)),
        ("skip", (None, "drafts")),
    ],
)
def test_drafts(policy: str, expected: tuple[str | None, str | None]) -> None:
    rules = LabelRules(drafts=policy)  # type: ignore[arg-type]
    found = mapped(folder("Drafts"), rules=rules)["Drafts"]
    assert (found.label, found.rule) == expected


@pytest.mark.parametrize(
    ("path", "rules", "expected", "reason"),
    [
        (("A", "B", "C"), LabelRules(flatten=True), "A - B - C", "flattened"),
        (("INBOX", "A"), LabelRules(flatten=True), "A", "reserved"),
        (("Sent", "2019"), LabelRules(flatten=True), "Sent - 2019", "flattened"),
        (("A", "B"), LabelRules(flatten=True, prefix="Old"), "Old/A - B", "flattened"),
        (("A", "B", "C"), LabelRules(depth=2), "A/B", "folded"),
        (("INBOX", "A", "B", "C"), LabelRules(depth=2), "A/B", "folded"),
        (("A", "B"), LabelRules(depth=2), "A/B", None),
        (("A", "B", "C"), LabelRules(depth=2, prefix="x/y/z"), "x/y/z/A/B", "folded"),
        (("A", "B", "C"), LabelRules(depth=2, flatten=True), "A - B", "folded"),
        (("Sent", "B", "C"), LabelRules(depth=1), "Sent (imported)", "reserved"),
    ],
)
def test_flatten_and_depth(
    path: tuple[str, ...], rules: LabelRules, expected: str, reason: str | None
) -> None:
    (found,) = map_folders([folder(*path)], rules)
    assert (found.label, found.renamed) == (expected, reason)


def test_flattened_names_stay_apart() -> None:
    folders = [folder("A", "B"), folder("A - B"), folder("A", "B - C"), folder("A - B", "C")]
    found = mapped(*folders, rules=LabelRules(flatten=True))
    assert found["A - B"].label == "A - B"
    assert len({each.label for each in found.values()}) == 4


def test_folded_folders_share_the_label_of_their_ancestor_whatever_its_name() -> None:
    folders = [folder("LEGAL"), folder("Legal"), folder("Legal", "a"), folder("Legal", "b", "c")]
    found = mapped(*folders, rules=LabelRules(depth=1))
    assert found["LEGAL"].label == "LEGAL"
    assert found["Legal"].renamed == "collision"
    assert {found[name].label for name in ("Legal/a", "Legal/b/c")} == {found["Legal"].label}
    long = "x" * 300
    both = mapped(folder(long, "a"), folder(long, "b"), rules=LabelRules(depth=1))
    assert len({each.label for each in both.values()}) == 1


@pytest.mark.parametrize(
    ("typed", "expected", "system"),
    [
        ("Clients", "Clients", False),
        ("INBOX", "INBOX", True),
        ("sent", "SENT", True),
        (" Muted / old", "Muted (imported)/old", False),
        ("/a//b\n/", "a/b", False),
        ("/", "_", False),
    ],
)
def test_the_reviewed_plan(typed: str, expected: str, system: bool) -> None:
    rules = LabelRules(prefix="Old", exclude=("x",), reviewed={"x": typed})
    (found,) = map_folders([folder("x")], rules)
    assert (found.label, found.system, found.renamed) == (expected, system, "plan")


def test_a_reviewed_label_that_is_too_long_is_cut_and_still_shared() -> None:
    rules = LabelRules(reviewed={"a": "x" * 300, "b": "x" * 300})
    one, other = map_folders([folder("a"), folder("b")], rules)
    assert one.label == other.label
    assert len(str(one.label)) == 225


def test_the_reviewed_plan_leaves_out_and_keeps_other_reasons() -> None:
    rules = LabelRules(exclude=("a",), reviewed={"a": None, "b": None, "Muted": "Muted (imported)"})
    found = mapped(folder("a"), folder("b"), folder("Muted"), rules=rules)
    assert [each.rule for each in found.values()] == ["excluded", "plan", None]
    assert found["Muted"].renamed == "reserved"


def test_a_reviewed_label_is_shared_by_those_to_whom_it_was_given_only() -> None:
    rules = LabelRules(reviewed={"a": "Both", "b": "both"})
    found = mapped(folder("a"), folder("b"), folder("BOTH"), rules=rules)
    assert [found["a"].label, found["b"].label] == ["Both", "both"]
    assert found["BOTH"].renamed == "collision"
    assert label_key(str(found["BOTH"].label)) != "both"


def test_a_label_stays_with_the_folder_that_has_it() -> None:
    legal, upper = folder("Legal"), folder("LEGAL")
    assert label("Legal") == "Legal"
    found = mapped(upper, legal, rules=LabelRules(settled={legal.raw: "Legal"}))
    assert (found["Legal"].label, found["LEGAL"].renamed) == ("Legal", "collision")
    marked = str(found["LEGAL"].label)
    alone = mapped(upper, rules=LabelRules(settled={upper.raw: marked}))
    assert (alone["LEGAL"].label, alone["LEGAL"].renamed) == (marked, "collision")


def test_of_two_that_the_ledger_gives_one_label_one_keeps_it() -> None:
    """Rules that kept them apart may have gone since."""
    folders = [folder("Legal"), folder("LEGAL")]
    rules = LabelRules(settled={each.raw: "Legal" for each in folders} | {b"LEGAL": "LEGAL"})
    found = mapped(*folders, rules=rules)
    assert [found[name].label == name for name in ("LEGAL", "Legal")] == [True, False]
    assert mapped(*reversed(folders), rules=rules) == found


def test_a_mark_is_no_other_label() -> None:
    folders = [folder("LEGAL"), folder("Legal")]
    mark = str(mapped(*folders)["Legal"].label)
    below = mapped(*folders, folder(mark, "x"))
    named = mapped(*folders, folder(mark))
    flagged = mapped(*folders, rules=LabelRules(keywords={"f": mark}))
    assert (below[f"{mark}/x"].label, named[mark].label) == (f"{mark}/x", mark)
    for found in (below, named, flagged):
        other = str(found["Legal"].label)
        assert label_key(other) != label_key(mark)
        assert other.startswith("Legal (")


def test_what_the_ledger_has_gives_way_to_other_rules() -> None:
    legal = folder("Legal")
    rules = LabelRules(prefix="Old", settled={legal.raw: "Legal"})
    assert mapped(legal, rules=rules)["Legal"].label == "Old/Legal"


def test_folders_yield_to_the_labels_of_flags() -> None:
    rules = LabelRules(keywords={"$Forwarded": "Forwarded", "*": "Keywords"})
    names = ["forwarded", "Keywords", "Keywords/Foo", "Keywords/Foo/x"]
    found = mapped(*(folder(*name.split("/")) for name in names), rules=rules)
    assert [found[name].renamed for name in names] == ["collision", None, "collision", None]
