"""The examples of assess are what the program makes of their answers, today and by `make`."""

from __future__ import annotations

import json
import shlex
import subprocess
from functools import cache
from pathlib import Path
from zipfile import ZipFile

import pytest
from typer.testing import CliRunner

from console.errors import EXIT_DIFFERS
from mailhaul import app

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "assess"
REPORTS = sorted(EXAMPLES.glob("*/*/report.json"))
OUTCOMES = {"clinic-group": "cloud", "regional-bank": "on-prem", "city-office": "hybrid"}


@cache
def _made() -> dict[str, list[str]]:
    """Folder of a report -> the options that `make examples` gives to make it."""
    dry = subprocess.run(
        ["make", "--dry-run", "examples"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    tool = ".venv/bin/mailhaul "
    lines = [each.removeprefix(tool) for each in dry.stdout.splitlines() if each.startswith(tool)]
    commands = [shlex.split(each) for each in lines]
    return {each[each.index("--out") + 1]: each for each in commands}


def _run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, words)
    return result.exit_code, result.output


def _contents(path: Path) -> bytes | dict[str, bytes]:
    """The bytes; of a workbook those inside, for how well zlib packs them differs by version."""
    if path.suffix != ".xlsx":
        return path.read_bytes()
    with ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_make_makes_every_report_that_is_there() -> None:
    there = {str(each.parent.relative_to(ROOT)) for each in REPORTS}
    assert there == set(_made())
    assert {each.parents[1].name for each in REPORTS} == set(OUTCOMES)


@pytest.mark.parametrize("report", REPORTS, ids=lambda each: str(each.parent.relative_to(EXAMPLES)))
def test_a_report_is_what_its_answers_give(
    report: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    words = list(_made()[str(report.parent.relative_to(ROOT))])
    words[words.index("--out") + 1] = str(tmp_path)
    code, output = _run(*words)
    assert code == 0, output
    made = {each.name: _contents(each) for each in tmp_path.iterdir()}
    kept = {each.name: _contents(each) for each in report.parent.iterdir()}
    assert [name for name in {*made, *kept} if made.get(name) != kept.get(name)] == []


@pytest.mark.parametrize("case", OUTCOMES)
def test_an_auditor_can_verify_it_and_its_outcome_stands(case: str) -> None:
    for report in EXAMPLES.glob(f"{case}/*/report.json"):
        code, output = _run("assess", "verify", str(report), "--json")
        assert code == 0, output
        assert f'"outcome": "{OUTCOMES[case]}"' in report.read_text(encoding="utf-8")


def test_a_changed_report_does_not_verify(tmp_path: Path) -> None:
    text = (EXAMPLES / "city-office/en/report.json").read_text(encoding="utf-8")
    changed = tmp_path / "report.json"
    changed.write_text(text.replace('"confidence": "B"', '"confidence": "A"'), encoding="utf-8")
    code, output = _run("assess", "verify", str(changed), "--json")
    assert code == EXIT_DIFFERS
    assert json.loads(output)["differs"] == ["confidence"]
