"""Every code that can stand in a plan or a report is explained, in both languages, in the
catalogue that `migrate explain` reads."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

import migrate
from migrate.explain import REFUSED_AS, meanings
from migrate.message.repair import Why
from migrate.report.document import REFUSALS
from migrate.report.rows import actual
from migrate.texts import Lang, Texts

ROOT = Path(migrate.__file__).parent


def strings(node: ast.AST | None) -> Iterator[str]:
    """The strings that an expression can be: `"a"`, `"a" if x else "b"`."""
    for each in ast.walk(node) if node else ():
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value


def nodes(*names: str) -> Iterator[ast.AST]:
    """All nodes of the modules and packages of those names."""
    for name in names:
        place = ROOT / name
        files = place.rglob("*.py") if place.is_dir() else [place.with_suffix(".py")]
        for file in files:
            yield from ast.walk(ast.parse(file.read_text(encoding="utf-8")))


def given(argument: str, at: int | None, *names: str, to: str = "") -> set[str]:
    """What calls (of `to`) pass as `argument`, by name or at that place."""
    found: set[str] = set()
    for node in nodes(*names):
        if not isinstance(node, ast.Call) or (to and getattr(node.func, "attr", "") != to):
            continue
        found |= {each for word in node.keywords if word.arg == argument
                  for each in strings(word.value)}  # fmt: skip
        if to and at is not None and len(node.args) > at:
            found |= set(strings(node.args[at]))
    return found


def verdicts() -> set[str]:
    made = (
        node.args[0]
        for node in nodes("message")
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Prediction"
    )
    plain = {each for first in made for each in strings(first) if each != "-repaired"}
    repaired = {f"{field}-repaired" for field in ("date", "message-id", "from")}
    return plain | repaired | set(REFUSED_AS) | REFUSALS


def assigned(name: str, *modules: str) -> set[str]:
    """What `name` is set to."""
    return {
        each
        for node in nodes(*modules)
        if isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
        for each in strings(node.value)
    }


CODES = {
    "verdict": verdicts(),
    "why": set(get_args(Why)),
    "rename": assigned("reason", "labels")
    | given("renamed", None, "labels")
    | {"collision", "length", "refused"},
    "skip": given("rule", None, "labels")
    | given("", 1, "delivery", to="skipped")
    | {"excluded", "virtual", "trash", "junk", "drafts", "deleted"},
    "difference": given("", 2, "verify", to="_difference"),
    "error": set(REFUSED_AS.values()),
}


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("kind", CODES)
def test_every_code_has_its_meaning(kind: str, lang: Lang) -> None:
    assert CODES[kind]
    known = {each.code: each for each in meanings(Texts(lang)) if each.kind == kind}
    assert CODES[kind] - {""} <= set(known)
    assert all(known[code].cause for code in CODES[kind] if code)


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_whatever_happened_to_a_message_is_said_in_words(lang: Lang) -> None:
    texts = Texts(lang)
    refused = {"gmail-refused", "gmail-keeps-failing", "gmail-label", "gmail-to-invalid"}
    for code in (verdicts() - {"attachment-archive"}) | refused:
        said = actual(code, texts)
        assert said != code
        assert "…" not in said or code == "gmail-label"
