"""The sandbox's rules for label names, against the vectors and against the migration's own."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from importlib.resources import files
from itertools import combinations
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.labels import NAME_LIMIT, clean, label_key, reserved
from migrate.sandbox.assumptions import Assumptions
from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.mailbox.label_names import SYSTEM, accepted, fold
from migrate.sandbox.mailbox.store import Store
from migrate.sandbox.methods import labels
from migrate.sandbox.options import Options
from tests.unit.mail import vectors

DEFAULT = Assumptions()
KEEP, COLLAPSE, REFUSE = (
    Assumptions(label_spaces="keep"),
    Assumptions(label_spaces="collapse"),
    Assumptions(label_spaces="refuse"),
)
TABLES = [
    (files("migrate.labels") / "reserved.toml").read_text("utf-8"),
    (files("migrate.sandbox.mailbox") / "reserved_labels.toml").read_text("utf-8"),
]
TABLE = tomllib.loads(TABLES[0])


@pytest.mark.parametrize("case", vectors("label_name"))
def test_name_vectors(case: dict[str, Any]) -> None:
    assert accepted(case["name"], DEFAULT) == (case["name"] if case["accepted"] else None)


@pytest.mark.parametrize("case", vectors("label_name", "conflicts"))
def test_conflict_vectors(case: dict[str, Any]) -> None:
    for one, other in combinations(case["names"], 2):
        assert (fold(one) == fold(other)) == case["conflict"]


@pytest.mark.parametrize("case", vectors("label_name", "spaces"))
def test_spaces(case: dict[str, str]) -> None:
    name, collapsed = case["name"], case["collapsed"]
    assert [accepted(name, each) for each in (KEEP, COLLAPSE, REFUSE)] == [name, collapsed, None]
    assert accepted(collapsed, REFUSE) == collapsed
    assert fold(name) == fold(collapsed)


def test_length() -> None:
    short = Assumptions(label_spaces="collapse", label_length=3)
    assert accepted("a     b", short) == "a b"
    assert accepted("a bc", short) is None
    assert accepted("x" * 10_000, Assumptions(label_length=0)) == "x" * 10_000


@pytest.mark.parametrize(
    ("unit", "longest", "too_long"),
    [("characters", "😀あxx", "xxxxx"), ("utf-16", "😀あx", "😀あxx"), ("bytes", "あx", "😀x")],
)
def test_units_of_length(unit: Any, longest: str, too_long: str) -> None:
    four = Assumptions(label_length=4, label_unit=unit)
    assert accepted(longest, four) == longest
    assert accepted(too_long, four) is None


def test_reserved_deeper_in_a_path() -> None:
    assert accepted("x/Drafts", DEFAULT) == "x/Drafts"
    deeper = Assumptions(reserved_names="any")
    assert [accepted(each, deeper) for each in ("x/Drafts", "x/ゴミ箱 /y", "drafts")] == [None] * 3
    assert accepted("x/Drafts of mine", deeper) == "x/Drafts of mine"


@pytest.mark.parametrize("name", [None, 7, "\ud800", "a\x7f", "\u3000", " / "])
def test_no_names(name: object) -> None:
    assert [accepted(name, each) for each in (KEEP, COLLAPSE, REFUSE)] == [None] * 3


def test_both_sides_hold_the_same_table() -> None:
    assert TABLES[0] == TABLES[1]


def test_what_is_certain_is_in_the_table_with_its_source() -> None:
    certain = {
        case["name"] for case in vectors("label_name") if case["certain"] and not case["accepted"]
    }
    assert certain == {*TABLE["documented"]["names"], *TABLE["reported"]}
    assert all(TABLE["reported"].values())


@pytest.mark.parametrize("language", TABLE["inferred"])
def test_languages(language: str) -> None:
    entry = TABLE["inferred"][language]
    assert len(entry["sources"]) >= 2
    for name in entry["names"]:
        for written in (name, name.casefold(), f"{name}/2019"):
            assert accepted(written, DEFAULT) is None
            assert reserved(written)


@given(st.text(st.sampled_from(" \t\n\x1c\x85\u2028\u3000\xa0/aAßİıΣς\u0301e")) | st.text())
def test_conflicts_as_the_migration_foresees_them(name: str) -> None:
    assert fold(name) == label_key(name)


@given(st.lists(st.text(), min_size=1, max_size=3))
def test_what_the_migration_sends_is_kept(parts: list[str]) -> None:
    name = "/".join(map(clean, parts))
    expected = None if reserved(name) or len(name) > NAME_LIMIT else name
    assert [accepted(name, each) for each in (KEEP, COLLAPSE, REFUSE)] == [expected] * 3


@dataclass
class FakeCall:
    store: Store
    mailbox: int
    json: dict[str, str]
    options: Options = field(default_factory=lambda: Options(Path()))


def test_ten_thousand_labels(tmp_path: Path) -> None:
    store = Store(tmp_path)
    mailbox = store.mailbox("anna@example.org")
    rows = ((mailbox, f"x{n}", f"x{n}", f"x{n}", "{}") for n in range(9_999 - len(SYSTEM)))
    with store.changing() as db:
        db.executemany("INSERT INTO labels VALUES (?, ?, ?, ?, ?)", rows)
    create = cast(Any, labels.create)
    assert create(FakeCall(store, mailbox, {"name": "the last"}))["name"] == "the last"
    with pytest.raises(ApiError, match="Too many labels"):
        create(FakeCall(store, mailbox, {"name": "one more"}))
    store.close()
