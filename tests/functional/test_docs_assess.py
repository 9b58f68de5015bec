"""What docs/assess.md claims is in the catalogue and in the code."""

from __future__ import annotations

import ast
import re
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assess.catalog import load
from assess.fit.value import Model
from assess.result import Assessment
from assess.texts import Texts
from mailhaul import app

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/assess.md").read_text(encoding="utf-8")
CATALOG = load()
ROWS = re.findall(r"^\| (A\d\d) \| (.+?) \| (.+) \|$", GUIDE, re.MULTILINE)
KINDS = ("questions", "checks", "risks", "measures", "vetoes", "criteria", "costs")


def _named(where: str) -> dict[str, set[str]]:
    """Kind -> the ids that a row names."""
    parts = [each.strip().partition(" ") for each in where.split(";")]
    return {kind: set(re.findall(r"`([^`]+)`", text)) for kind, _, text in parts}


def test_every_requirement_has_one_row() -> None:
    assert [each for each, _, _ in ROWS] == [f"A{number:02d}" for number in range(1, 69)]


@pytest.mark.parametrize(("requirement", "words", "where"), ROWS, ids=[each for each, *_ in ROWS])
def test_what_a_row_names_exists(requirement: str, words: str, where: str) -> None:
    named = _named(where)
    for kind in KINDS:
        entries = getattr(CATALOG, kind)
        assert named.get(kind, set()) <= set(entries)
        told = {key for key, e in entries.items() if requirement in getattr(e, "requirements", ())}
        assert told <= named.get(kind, set()), kind
    for claim in named.get("claims", ()):
        assert all(Texts("en")(f"report.claim.{claim}.{each}") for each in ("said", "is"))
    for case in named.get("example:", ()):
        assert (ROOT / "examples/assess" / case).is_dir()
    assert re.search("`|report:|not yet: measuring|in the other half", where), words


def test_the_numbers_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| `(assess\.[\w.]+)\.([A-Z_]+)` \| `(.+?)` \|", GUIDE, re.MULTILINE)
    assert len(rows) == 9
    for module, name, value in rows:
        assert getattr(import_module(module), name) == ast.literal_eval(value), name
    assert f"favour the cloud by {Model(CATALOG).tilt:.1f} points" in GUIDE


def test_the_json_contract_names_every_key() -> None:
    text = (ROOT / "docs/json.md").read_text(encoding="utf-8")
    section = text.partition("\n## `assess`\n")[2].partition("\n## ")[0]
    first = " ".join(re.findall(r"^\| (`.+?) \|", section, re.MULTILINE))
    keys = {each.alias or name for name, each in Assessment.model_fields.items()}
    assert keys <= {each.removesuffix("[]") for each in re.findall(r"`(.+?)`", first)}


def test_the_own_file_in_the_guide_is_the_example() -> None:
    (shown,) = re.findall(r"```toml\n(.+?)```", GUIDE, re.DOTALL)
    own = tomllib.loads((ROOT / "examples/assess/regional-bank/own.toml").read_text("utf-8"))
    for row, entry in tomllib.loads(shown)["cost"].items():
        assert own["cost"][row] == entry


@pytest.mark.parametrize(("readme", "lang"), [("README.md", "en"), ("README.ja.md", "ja")])
def test_the_readme_shows_what_score_says(
    readme: str, lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    text = (ROOT / readme).read_text(encoding="utf-8")
    pattern = r"`(mailhaul assess score [^`]+)`.*?^```\n(.+?)^```$"
    ((command, shown),) = re.findall(pattern, text, re.MULTILINE | re.DOTALL)
    result = CliRunner().invoke(app, [*command.split()[1:], "--lang", lang])
    assert result.exit_code == 0, result.output
    said = ["…", *result.output.splitlines()]
    assert [each for each in shown.splitlines() if each not in said] == []
