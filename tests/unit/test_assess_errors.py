"""Every error of the assessment is explained, in both languages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import assess
from assess.errors import AssessError, Problems, raise_all
from assess.explain import explain
from assess.texts import Texts, catalogue

ROOT = Path(assess.__file__).parent


def test_one_problem_is_raised_as_it_is() -> None:
    raise_all([])
    with pytest.raises(AssessError) as caught:
        raise_all([AssessError("toml-encoding")])
    assert not isinstance(caught.value, Problems)
    assert caught.value.exit_code == 2


def raised() -> Iterator[tuple[str, str]]:
    """(code, where) of every error of the source."""
    for file in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
                continue
            first = node.args[0]
            if not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
                continue
            if node.func.id == "AssessError":
                yield first.value, f"{file.name}:{node.lineno}"
            if node.func.id == "misspelt":
                yield first.value, f"{file.name}:{node.lineno}"
                yield f"{first.value}-near", f"{file.name}:{node.lineno}"


def test_every_error_has_cause_and_cure_in_both_languages() -> None:
    found = list(raised())
    assert len(found) > 40, "the search for codes finds none any more"
    entries = catalogue("errors") | catalogue("ask_errors")
    explained = {tuple(key.split(".")[1:]) for key in entries}
    wanted = {(code, part): where for code, where in found for part in ("cause", "cure")}
    assert {key: where for key, where in wanted.items() if key not in explained} == {}
    for key, text in entries.items():
        fields = [{n for _, n, _, _ in Formatter().parse(text[lang]) if n} for lang in ("en", "ja")]
        assert fields[0] == fields[1] and all(text.values()), key


def test_explained_in_full() -> None:
    error = AssessError(
        "cost-unknown-near", where="p.toml", setting="[a]", word="x", suggestion="y"
    )
    cause, cure = explain(error, Texts("en"))
    assert cause == "p.toml [a]: There is no cost row x; y is probably meant."
    assert cure == 'Write "y".'
