"""Compiled templates that are kept."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import jinja2
import pytest

from migrate.report.compiled import Compiled

NAME = "page.html.j2"


@pytest.fixture
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (tmp_path / NAME).write_text("one")
    return tmp_path


def rendered(templates: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, int]:
    """As a new process would: the text, and how many templates were compiled for it."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        bytecode_cache=Compiled(templates),
        autoescape=True,
    )
    compiled: list[object] = []
    compile_ = environment.compile

    def counted(*args: Any) -> Any:
        compiled.append(args)
        return compile_(*args)

    monkeypatch.setattr(environment, "compile", counted)
    return environment.get_template(NAME).render(), len(compiled)


def test_a_template_is_compiled_once(templates: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert rendered(templates, monkeypatch) == ("one", 1)
    assert rendered(templates, monkeypatch) == ("one", 0)


def test_what_was_kept_of_another_text_is_not_taken(
    templates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered(templates, monkeypatch)
    (templates / NAME).write_text("two")
    assert rendered(templates, monkeypatch) == ("two", 1)
    assert rendered(templates, monkeypatch) == ("two", 0)
    assert len([*(templates / "__pycache__").iterdir()]) == 1


@pytest.mark.parametrize("left", [0, 30, 80, -5])
def test_what_was_kept_and_is_damaged_is_made_again(
    templates: Path, monkeypatch: pytest.MonkeyPatch, left: int
) -> None:
    rendered(templates, monkeypatch)
    (kept,) = (templates / "__pycache__").iterdir()
    kept.write_bytes(kept.read_bytes()[:left])
    assert rendered(templates, monkeypatch) == ("one", 1)
    assert rendered(templates, monkeypatch) == ("one", 0)


def test_where_nothing_can_be_written_it_is_compiled_each_time(
    templates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (templates / "__pycache__").write_text("in the way")  # of root, too
    assert rendered(templates, monkeypatch) == ("one", 1)
    assert rendered(templates, monkeypatch) == ("one", 1)


def test_nothing_is_written_where_python_writes_nothing(
    templates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert rendered(templates, monkeypatch) == ("one", 1)
    assert not (templates / "__pycache__").exists()
