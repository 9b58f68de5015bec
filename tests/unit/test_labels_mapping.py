from __future__ import annotations

from collections import defaultdict
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.labels import (
    NAME_LIMIT,
    LabelRules,
    Mapped,
    clean,
    label_key,
    length,
    map_folders,
    reserved,
)
from migrate.source import Folder
from migrate.texts import Texts


def folder(*path: str, attributes: str = "") -> Folder:
    name = "/".join(path)
    raw = name.encode("utf-8", "surrogatepass")
    return Folder(raw, name, path, frozenset(attributes.split()))


def mapped(*folders: Folder, rules: LabelRules | None = None) -> dict[str, Mapped]:
    result = map_folders(folders, rules or LabelRules())
    assert [each.folder for each in result] == [each for each in folders if each.selectable]
    return {each.folder.name: each for each in result}


def label(*path: str, attributes: str = "", rules: LabelRules | None = None) -> str | None:
    one = folder(*path, attributes=attributes)
    return mapped(one, rules=rules)[one.name].label


@pytest.mark.parametrize(
    ("path", "system"),
    [
        (("inbox",), "INBOX"),
        (("Sent Items",), "SENT"),
        (("INBOX", "Sent"), "SENT"),
        (("送信済みアイテム",), "SENT"),
        (("[Gmail]", "Sent Mail"), "SENT"),
        (("GESENDET",), "SENT"),
        (("下書き",), "DRAFT"),
        (("迷惑メール",), "SPAM"),
        (("Junk E-mail",), "SPAM"),
    ],
)
def test_special_by_name(path: tuple[str, ...], system: str) -> None:
    assert label(*path) == system


def test_names_count_near_the_top_only() -> None:
    assert label("Projects", "Sent") == "Projects/Sent"
    assert label("Sent", "2019") == "Sent (imported)/2019"


def test_an_attribute_beats_names() -> None:
    result = mapped(folder("Sent"), folder("Post", attributes="\\sent"), folder("Drafts"))
    assert [each.label for each in result.values()] == ["Sent (imported)", "SENT", "DRAFT"]


def test_the_user_beats_attributes() -> None:
    rules = LabelRules(special_use={"post": "drafts", "Sent Items": "none"})
    post = folder("Post", attributes="\\sent")
    result = mapped(post, folder("Sent Items"), folder("Sent"), rules=rules)
    assert [each.label for each in result.values()] == ["DRAFT", "Sent Items", "SENT"]


@pytest.mark.parametrize("attribute", ["\\all", "\\flagged", "\\important"])
def test_virtual_folders_are_skipped(attribute: str) -> None:
    assert mapped(folder("x", attributes=attribute))["x"].rule == "virtual"


def test_gmails_virtual_folders_are_known_by_name() -> None:
    result = mapped(folder("[Gmail]", attributes="\\noselect"), folder("[Gmail]", "All Mail"))
    assert [each.rule for each in result.values()] == ["virtual"]
    assert label("Important") == "Important (imported)"


@pytest.mark.parametrize(
    ("policy", "trash", "junk"),
    [
        (LabelRules(), ("Trash (imported)", None), ("SPAM", None)),
        (LabelRules(trash="trash", junk="label"), ("TRASH", None), ("Junk", None)),
        (LabelRules(trash="skip", junk="skip"), (None, "trash"), (None, "junk")),
    ],
)
def test_policies(policy: LabelRules, trash: object, junk: object) -> None:
    result = mapped(folder("Trash"), folder("Junk"), rules=policy)
    assert (result["Trash"].label, result["Trash"].rule) == trash
    assert (result["Junk"].label, result["Junk"].rule) == junk


def test_include_and_exclude() -> None:
    rules = LabelRules(include=("projects*", "INBOX", "[Gmail]/x"), exclude=("*/Old",))
    names = ["INBOX", "Projects", "Projects/Old", "Projects/New", "Else", "[Gmail]/x"]
    result = mapped(*(folder(*name.split("/")) for name in names), rules=rules)
    assert [name for name in names if result[name].rule is None] == [
        "INBOX", "Projects", "Projects/New", "[Gmail]/x"
    ]  # fmt: skip
    assert {each.rule for each in result.values()} == {None, "excluded"}


@pytest.mark.parametrize(
    ("path", "expected", "reason"),
    [
        (("Projects", "2024"), "Projects/2024", None),
        (("INBOX", "Projects"), "Projects", "reserved"),
        (("INBOX", "Chats", "x"), "Chats (imported)/x", "reserved"),
        (("muted",), "muted (imported)", "reserved"),
        (("ゴミ箱", "古い"), "ゴミ箱 (imported)/古い", "reserved"),
        (("Archive",), "Archive (imported)", "reserved"),
        (("R/D", " x "), "R-D/x", "characters"),
        (("Old", "x"), "New/x", "rule"),
    ],
)
def test_user_labels(path: tuple[str, ...], expected: str, reason: str | None) -> None:
    one = folder(*path)
    found = mapped(one, rules=LabelRules(rename=(("^Old/", "New/"),)))[one.name]
    assert (found.label, found.renamed, found.system) == (expected, reason, False)


def test_a_prefix_is_no_rename() -> None:
    result = mapped(folder("Trash"), folder("a"), rules=LabelRules(prefix="/Old mail/2026/"))
    assert [(each.label, each.renamed) for each in result.values()] == [
        ("Old mail/2026/Trash", None),
        ("Old mail/2026/a", None),
    ]
    assert label("a", rules=LabelRules(prefix="Sent")) == "Sent (imported)/a"


def test_long_names_are_cut_and_stay_apart() -> None:
    result = mapped(folder("x" * 300, "a"), folder("x" * 300, "b"))
    labels = [str(each.label) for each in result.values()]
    assert len(set(labels)) == 2
    assert {len(each) for each in labels} == {NAME_LIMIT}
    assert {each.renamed for each in result.values()} == {"length"}


def test_collisions_are_kept_apart() -> None:
    result = mapped(folder("Legal"), folder("INBOX", "Legal"), folder("Legal "))
    assert result["Legal"].label == "Legal"
    others = [result["INBOX/Legal"], result["Legal "]]
    assert [each.renamed for each in others] == ["collision", "collision"]
    assert len({each.label for each in others}) == 2
    assert all(str(each.label).startswith("Legal (") for each in others)


def test_the_order_of_a_list_gives_no_name_away() -> None:
    upper, lower = folder("LEGAL"), folder("Legal")
    assert mapped(upper, lower) == mapped(lower, upper)


def test_one_path_is_one_label() -> None:
    """A server may list one path in two namespaces."""
    twins = [Folder(raw, "Foo", ("Foo",), frozenset()) for raw in (b"Foo", b"INBOX.Foo")]
    assert [each.label for each in map_folders(twins, LabelRules())] == ["Foo", "Foo"]


COMPONENTS = st.sampled_from(
    ["INBOX", "inbox", "Sent", "sent", "Trash", "送信済み", "Foo", "foo", "foo ", "a/b", "a-b",
     "[Gmail]", "", "\n", "x" * 120, "X" * 120, "é", "e\u0301"]
) | st.text(st.characters(), max_size=6)  # fmt: skip
FOLDERS = st.lists(
    st.builds(
        lambda path, attributes: folder(*path, attributes=attributes),
        st.lists(COMPONENTS, min_size=1, max_size=3),
        st.sampled_from(["", "", "\\sent", "\\trash", "\\junk", "\\all", "\\noselect"]),
    ),
    max_size=8,
    unique_by=lambda each: each.raw,
)
RULES = st.builds(
    LabelRules,
    prefix=st.sampled_from(["", "Trash", "Old mail/x"]),
    rename=st.sampled_from([(), (("^Foo", "bar"),), ((".*/", ""),)]),
    exclude=st.sampled_from([(), ("foo*",)]),
    trash=st.sampled_from(["label", "trash", "skip"]),
    junk=st.sampled_from(["label", "spam", "skip"]),
    drafts=st.sampled_from(["label", "drafts", "skip"]),
    flatten=st.booleans(),
    depth=st.sampled_from([0, 0, 1, 2]),
    keywords=st.sampled_from([{}, {"x": "foo", "*": "Foo"}]),
)


@given(FOLDERS, RULES, st.randoms(use_true_random=False))
def test_order_does_not_matter(folders: list[Folder], rules: LabelRules, random: Random) -> None:
    shuffled = sorted(folders, key=lambda _: random.random())
    key = {each.folder.raw: each for each in map_folders(folders, rules)}
    assert {each.folder.raw: each for each in map_folders(shuffled, rules)} == key


@given(FOLDERS, RULES)
def test_every_label_is_one_that_gmail_takes(folders: list[Folder], rules: LabelRules) -> None:
    owners = defaultdict(set)
    texts = Texts("ja")
    for each in map_folders(folders, rules):
        assert (each.label is None) == (each.rule is not None)
        if each.rule:
            assert f"rules.skip.{each.rule}" in texts
        if each.renamed:
            assert f"rules.rename.{each.renamed}" in texts
        if each.label is None or each.system:
            continue
        parts = each.label.split("/")
        assert all(clean(part) == part for part in parts)
        assert not reserved(each.label)
        assert length(each.label) <= NAME_LIMIT
        owners[label_key(each.label)].add(each.folder.path)
    assert rules.depth or all(len(paths) == 1 for paths in owners.values())
