from __future__ import annotations

from itertools import combinations
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.labels import NAME_LIMIT, clean, label_key, parents, reserved
from tests.unit.mail import vectors


def cleaned(name: str) -> str:
    return "/".join(clean(part) for part in name.split("/"))


@pytest.mark.parametrize("case", vectors("label_name"))
def test_name_vectors(case: dict[str, Any]) -> None:
    name = case["name"]
    fit = len(name) <= NAME_LIMIT and cleaned(name) == name
    assert (fit and not reserved(name)) == case["accepted"]


@pytest.mark.parametrize("case", vectors("label_name", "conflicts"))
def test_conflict_vectors(case: dict[str, Any]) -> None:
    for one, other in combinations(case["names"], 2):
        assert (label_key(one) == label_key(other)) == case["conflict"]


@pytest.mark.parametrize("case", vectors("label_name", "spaces"))
def test_no_label_depends_on_how_gmail_takes_blanks(case: dict[str, str]) -> None:
    assert label_key(cleaned(case["name"])) == label_key(case["collapsed"])
    assert cleaned(case["collapsed"]) == case["collapsed"]


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("Mailing\n Lists", "Mailing Lists"),
        ("a\r\nb\tc", "a b c"),
        ("\u3000見積\u3000書\u00a0", "見積\u3000書"),
        ("a  b", "a b"),
        ("R&D / Lab", "R&D - Lab"),
        ("Cafe\u0301", "Café"),
        ("", "_"),
        (" \x00 ", "_"),
        ("a\ud800b", "a b"),
        ("a\u202eb \u2066c\u2069 \ufeff", "ab c"),
        ("\u200b\u3000\u200f", "_"),
    ],
)
def test_clean(name: str, cleaned: str) -> None:
    assert clean(name) == cleaned


@given(st.text(st.characters()))
def test_clean_once_is_clean(name: str) -> None:
    once = clean(name)
    assert clean(once) == once
    assert once and once == once.strip() == normalize("NFC", once)
    assert once.encode() and once.splitlines() == [once] and "/" not in once


def test_parents() -> None:
    assert parents("a") == []
    assert parents("a/b/c") == ["a", "a/b"]
