"""Names from the wire, as real servers have them, to the labels that they become."""

from __future__ import annotations

import pytest
from imapclient.imap_utf7 import encode

from migrate.labels import LabelRules, Mapped, length, map_folders
from migrate.sandbox.assumptions import Assumptions
from migrate.sandbox.mailbox.label_names import RESERVED, accepted
from migrate.source.folders import Namespace, Row, chosen_folders

PLAIN, COURIER = [Namespace(b"", "personal")], [Namespace(b"INBOX.", "personal")]


def mapped(*raw: bytes, delimiter: bytes = b"/", rules: LabelRules | None = None) -> list[Mapped]:
    spaces = COURIER if delimiter == b"." else PLAIN
    folders = chosen_folders([Row(each, delimiter, frozenset()) for each in raw], spaces)
    return map_folders(folders, rules or LabelRules())


def label(raw: bytes, delimiter: bytes = b"/") -> tuple[str | None, str | None]:
    (found,) = mapped(raw, delimiter=delimiter)
    if not found.system:
        assert accepted(found.label, Assumptions(label_spaces="refuse")) == found.label
    return found.label, found.renamed


@pytest.mark.parametrize(
    ("raw", "delimiter", "expected", "reason"),
    [
        (b"Projects/2024", b"/", "Projects/2024", None),
        (b"INBOX.Projects.2024", b".", "Projects/2024", None),
        (b"INBOX.Sent", b".", "SENT", None),
        (b"INBOX/Projects", b"/", "Projects", "reserved"),
        (b"Projects.2024", b"/", "Projects.2024", None),
        (b"INBOX.R/D", b".", "R-D", "characters"),
        (b"INBOX./a/", b".", "-a-", "characters"),
        (b"a\\b", b"/", "a\\b", None),
        (b"a\\b", b"\\", "a/b", None),
        (b'the "best"', b"/", 'the "best"', None),
        (b"100%", b"/", "100%", None),
        (b"*", b"/", "*", None),
        (b"~boss", b"/", "~boss", None),
        (b"^", b"/", "^", None),
        (b"#news", b"/", "#news", None),
        (b" lead/trail ", b"/", "lead/trail", "characters"),
        (b"two  blanks", b"/", "two blanks", "characters"),
        (encode("\u3000見積\u3000書\u00a0"), b"/", "見積\u3000書", "characters"),
        (b" / ", b"/", "_/_", "characters"),
        (b"a//b", b"/", "a/_/b", "characters"),
        (b"a\tb", b"/", "a\\tb", None),
        (b"a&AAA-b", b"/", "a\\x00b", None),
        (encode("a\u202eb"), b"/", "a\\u202eb", None),
        (b"&ZeVn-", b"/", "&ZeVn-", None),
        (b"caf\xe9", b"/", "caf\\xe9", None),
        (encode("Cafe\u0301"), b"/", "Café", "characters"),
        (encode("👩\u200d👩\u200d👧 ❤\ufe0f"), b"/", "👩\u200d👩\u200d👧 ❤\ufe0f", None),
        (encode("می\u200cخواهم"), b"/", "می\u200cخواهم", None),
        (encode("שלום \u200f(1)"), b"/", "שלום \u200f(1)", None),
        (encode("ไทย/हिन्दी"), b"/", "ไทย/हिन्दी", None),
        (encode("\u200b"), b"/", "_", "characters"),
        (b"Sent", b"/", "SENT", None),
        (b"Muted", b"/", "Muted (imported)", "reserved"),
        (b"Todo", b"/", "Todo (imported)", "reserved"),
        (b"Da leggere/x", b"/", "Da leggere (imported)/x", "reserved"),
        (b"Enviado", b"/", "Enviado (imported)", "reserved"),
        (b"Ongelezen", b"/", "Ongelezen (imported)", "reserved"),
        (encode("ゴミ箱"), b"/", "ゴミ箱 (imported)", "reserved"),
        (encode("下書き"), b"/", "DRAFT", None),
        (encode("下書き/2019"), b"/", "下書き (imported)/2019", "reserved"),
        (b"Projects/Muted", b"/", "Projects/Muted", None),
    ],
)
def test_names(raw: bytes, delimiter: bytes, expected: str, reason: str | None) -> None:
    assert label(raw, delimiter) == (expected, reason)


def test_names_reserved_in_any_language_get_a_suffix_or_are_special() -> None:
    for name in RESERVED:
        found, _ = label(encode(name))
        assert found in {"INBOX", "SENT", "DRAFT", "SPAM"} or str(found).endswith(" (imported)")


def test_twenty_levels() -> None:
    deep = "/".join(f"level {number}" for number in range(20))
    assert label(deep.encode()) == (deep, None)


@pytest.mark.parametrize(
    "name",
    ["x" * 200, "見積" * 100, "😀" * 112],
)
def test_long_names_that_fit(name: str) -> None:
    assert label(encode(name)) == (name, None)


@pytest.mark.parametrize(
    "whole", ["x", "見", "😀", "👩\u200d👩\u200d👧", "👍\U0001f3fd", "ไ่", "❤\ufe0f"]
)
def test_longer_ones_are_cut_between_characters_as_people_see_them(whole: str) -> None:
    found, reason = label(encode(whole * 300))
    assert reason == "length"
    stem, _, mark = str(found).rpartition(" (")
    assert len(mark) == 9
    assert stem == whole * (len(stem) // len(whole))
    assert 0 <= 225 - length(str(found)) < length(whole)


def test_names_are_measured_in_utf_16_units() -> None:
    assert label(encode("😀" * 113))[1] == "length"


def test_a_long_path_is_cut_at_its_end() -> None:
    found, reason = label(b"ab/" * 100 + b"c")
    assert reason == "length"
    assert str(found).startswith("ab/ab/ab/")
    assert length(str(found)) in {224, 225}


def test_nothing_but_marks_on_one_letter_is_cut_all_the_same() -> None:
    found, _ = label(encode("e" + "\u0323" * 400))
    assert length(str(found)) <= 225


@pytest.mark.parametrize("names", [("Legal", "LEGAL", "legal"), ("Straße", "STRASSE")])
def test_names_that_differ_in_case_only(names: tuple[str, ...]) -> None:
    found = mapped(*(encode(name) for name in names))
    reasons = [each.renamed for each in found]
    assert (reasons.count(None), reasons.count("collision")) == (1, len(names) - 1)
    assert len({str(each.label).casefold() for each in found}) == len(names)


def test_names_that_differ_in_normal_form_only() -> None:
    one, other = mapped(encode("Café"), encode("Cafe\u0301"))
    assert {one.label, other.label} > {"Café"}
    assert {one.renamed, other.renamed} == {None, "collision"}


def test_more_folders_than_labels_still_have_one_each() -> None:
    raw = [f"{number % 100}/x{number}".encode() for number in range(11_000)]
    found = mapped(*raw)
    assert len({each.label for each in found}) == 11_000
    folded = mapped(*raw, rules=LabelRules(depth=1))
    assert len({each.label for each in folded}) == 100
