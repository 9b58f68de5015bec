from __future__ import annotations

from migrate.labels import LabelRules, map_folders, needed
from tests.unit.test_labels_mapping import folder


def test_the_labels_of_a_mapping_with_those_above_them_and_those_of_flags() -> None:
    rules = LabelRules(prefix="Old", keywords={"$Forwarded": "Forwarded", "*": "Words"})
    folders = [folder("INBOX"), folder("A", "b"), folder("A", "c"), folder("a"), folder("Sent")]
    assert needed(map_folders(folders, rules), rules) == {
        "old", "old/a", "old/a/b", "old/a/c", "old/forwarded", "old/words",
    }  # fmt: skip


def test_what_is_left_out_or_folded_needs_none() -> None:
    rules = LabelRules(exclude=("x*",), depth=1)
    folders = [folder("x"), folder("a", "b"), folder("a", "c")]
    assert needed(map_folders(folders, rules), rules) == {"a"}
