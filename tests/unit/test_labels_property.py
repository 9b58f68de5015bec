"""Any folders, any rules: every folder gets one label, and each is one that Gmail takes.

The judge is the sandbox's own reading of the vectors (`label_names`), not the migration's.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from migrate.labels import LabelRules, Mapped, length, map_folders, message_labels, parents
from migrate.sandbox.assumptions import Assumptions
from migrate.sandbox.mailbox.label_names import accepted, fold
from migrate.source import Folder

ASSUMED = [Assumptions(label_spaces=each) for each in ("keep", "collapse", "refuse")]
NAMES = [
    "INBOX", "inbox", "Sent", "SENT", "Drafts", "Trash", "送信済み", "Muted", "muted (imported)",
    "Sent (imported)", "Words", "x", "Foo", "foo", "FOO ", " foo", "\u3000foo\u00a0", "a/b", "a-b",
    "A - B", "A", "B", "[Gmail]", "", " ", "\n", "\u202efoo", "\u200b", "😀" * 120, "x" * 120,
    "X" * 120, "é", "e\u0301", "👩\u200d👩\u200d👧\ufe0f", "*", "%", "^", "\\", '"', "~",
]  # fmt: skip
COMPONENTS = st.sampled_from(NAMES) | st.text(st.characters(), max_size=6)
FOLDERS = st.lists(
    st.builds(
        lambda path, attributes: Folder(
            "\0".join(path).encode("utf-8", "surrogatepass"),
            "\0".join(path),
            tuple(path),
            frozenset(attributes.split()),
        ),
        st.lists(COMPONENTS, min_size=1, max_size=4),
        st.sampled_from(["", "", "", "\\sent", "\\drafts", "\\trash", "\\all", "\\noselect"]),
    ),
    max_size=8,
    unique_by=lambda each: each.path,
)
RULES = st.builds(
    LabelRules,
    prefix=st.sampled_from(["", "", "Trash", "Old mail/x", "y" * 230]),
    rename=st.sampled_from([(), (("^[Ff]oo", "bar"),), ((".*/", ""),), (("^", "a/b/"),)]),
    exclude=st.sampled_from([(), ("foo*",)]),
    trash=st.sampled_from(["label", "trash", "skip"]),
    drafts=st.sampled_from(["label", "drafts", "skip"]),
    flatten=st.booleans(),
    depth=st.sampled_from([0, 0, 1, 2]),
    keywords=st.sampled_from([{}, {"f": "Foo", "*": "Words"}, {"*": "foo"}]),
)


def named(mapped: list[Mapped]) -> dict[bytes, str | None]:
    return {each.folder.raw: each.label for each in mapped}


def users(mapped: list[Mapped]) -> list[tuple[Folder, str]]:
    return [(each.folder, each.label) for each in mapped if each.label and not each.system]


def settled(mapped: list[Mapped]) -> dict[bytes, str]:
    return {each.folder.raw: each.label for each in mapped if each.label}


def check_names(mapped: list[Mapped]) -> None:
    for _, label in users(mapped):
        assert length(label) <= 225
        for name in (*parents(label), label):
            assert [accepted(name, each) for each in ASSUMED] == [name] * 3


@given(FOLDERS, RULES)
def test_every_folder_gets_a_label_that_gmail_takes_or_a_rule(
    folders: list[Folder], rules: LabelRules
) -> None:
    mapped = map_folders(folders, rules)
    assert [each.folder for each in mapped] == [each for each in folders if each.selectable]
    assert all((each.label is None) != (each.rule is None) for each in mapped)
    check_names(mapped)


@given(FOLDERS, RULES)
def test_no_two_folders_have_one_label_but_where_they_are_folded(
    folders: list[Folder], rules: LabelRules
) -> None:
    mapped = map_folders(folders, rules)
    owners = defaultdict(list)
    for each in mapped:
        if each.label and not each.system:
            owners[fold(each.label)].append(each)
    for sharing in owners.values():
        above = {each.folder.path[: rules.depth] for each in sharing}
        assert len(sharing) == 1 or (rules.depth and (rules.rename or len(above) == 1))
    flags = frozenset({"f", "g", "Foo", "a/b", "\\Answered"})
    ghost = Mapped(Folder(b"", "", ("",), frozenset()), "INBOX", True, None, None)
    for label in message_labels([(ghost, flags)], rules) - {"INBOX", "UNREAD"}:
        assert fold(label) not in owners
        assert accepted(label, ASSUMED[2]) == label


@given(FOLDERS, RULES, st.randoms(use_true_random=False))
def test_the_order_of_the_folders_does_not_matter(
    folders: list[Folder], rules: LabelRules, random: Random
) -> None:
    shuffled = sorted(folders, key=lambda _: random.random())
    assert named(map_folders(shuffled, rules)) == named(map_folders(folders, rules))


@given(FOLDERS, FOLDERS, RULES)
def test_later_folders_take_no_label_away(
    folders: list[Folder], more: list[Folder], rules: LabelRules
) -> None:
    before = map_folders(folders, rules)
    known = {each.path for each in folders}
    # Special uses may change hands with the folders: a matter of another test.
    plain = [replace(each, attributes=frozenset()) for each in more if each.path not in known]
    rules = replace(rules, settled=settled(before))
    assert map_folders(folders, rules) == before
    after = map_folders([*plain, *folders], rules)
    kept = {each.raw: label for each, label in users(after)}
    assert {each.raw: label for each, label in users(before)}.items() <= kept.items()
    check_names(after)


@given(
    FOLDERS, FOLDERS, RULES, st.lists(st.none() | COMPONENTS | st.sampled_from(["INBOX", "a/A"]))
)
def test_a_reviewed_plan_holds_and_changes_nothing_by_itself(
    folders: list[Folder], more: list[Folder], rules: LabelRules, labels: list[str | None]
) -> None:
    before = map_folders(folders, rules)
    as_it_is = {each.folder.name: each.label for each in before}
    assert map_folders(folders, replace(rules, reviewed=as_it_is)) == before
    edited = as_it_is | dict(zip(as_it_is, labels, strict=False))
    rules = replace(rules, reviewed=edited)
    once = map_folders(folders, rules)
    check_names(once)
    again = {each.folder.name: each.label for each in once}
    assert named(map_folders(folders, replace(rules, reviewed=again))) == named(once)
    known = {each.path for each in folders}
    fresh = [each for each in more if each.path not in known]
    after = map_folders([*folders, *fresh], rules)
    assert [each.label for each in after[: len(once)]] == [each.label for each in once]
    planned = {fold(label) for _, label in users(once)}
    assert planned.isdisjoint(fold(label) for _, label in users(after[len(once) :]))
