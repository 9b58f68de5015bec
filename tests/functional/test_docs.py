"""What the documentation tells to type works, and what it shows is what one gets."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main

from console.later import Later
from mailhaul import app
from migrate.config import init_files, load
from migrate.gmail.auth import SCOPES
from migrate.sandbox.assumptions import Assumptions, choices, names

ROOT = Path(__file__).parents[2]
DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
_FENCE = re.compile(r"^ *```[^\n]*\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_PLACEHOLDER = re.compile(r"[|…]")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _blocks(path: Path) -> list[str]:
    return _FENCE.findall(path.read_text(encoding="utf-8"))


def _lines(path: Path) -> list[str]:
    """The lines of code blocks that begin with a command of ours."""
    lines = "\n".join(_blocks(path)).splitlines()
    return [line.strip() for line in lines if re.match(r" *(mailhaul|make) ", line)]


def _commands() -> Iterator[str]:
    for path in DOCS:
        prose = _FENCE.sub("", path.read_text(encoding="utf-8"))
        spans = re.findall(r"`((?:mailhaul|make) [^`\n]+)`", prose)
        yield from (each for each in [*_lines(path), *spans] if not _PLACEHOLDER.search(each))
    for file in ("migrate/texts/cli.toml", "assess/texts/cli.toml", "assess/texts/ask.toml"):
        texts = tomllib.loads((ROOT / file).read_text(encoding="utf-8"))
        for text in texts["help"].values():
            for lang in ("en", "ja"):
                yield from re.findall(r"(?m)(?:^|: )(mailhaul (?:migrate|assess) .+)$", text[lang])


def _within(command: Any) -> Mapping[str, Any]:
    """The commands of a group."""
    command = command.loaded() if isinstance(command, Later) else command
    return getattr(command, "commands", {})


COMMANDS = sorted(set(_commands()))
MAILHAUL = [each for each in COMMANDS if each.startswith("mailhaul ")]
TARGETS = sorted({each.split()[1] for each in COMMANDS if each.startswith("make ")})


@pytest.mark.parametrize("line", MAILHAUL)
def test_a_command_in_the_docs_exists_with_its_options(line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    command: Any = typer.main.get_command(app)
    while words and (within := _within(command)):
        command = within[words.pop(0)]
    if not _within(command) and words:
        command.make_context(line, words)


def test_the_docs_show_every_command() -> None:
    groups: list[Any] = [typer.main.get_command(app)]
    names = []
    for group in groups:
        for name, command in _within(group).items():
            is_group = bool(_within(command))
            groups.extend([command] if is_group else [])
            names.extend([] if is_group else [name])
    shown = {word for line in MAILHAUL for word in line.split()}
    assert len(names) > 20
    assert set(names) <= shown


@pytest.mark.parametrize("target", TARGETS)
def test_a_make_target_in_the_docs_runs_commands_that_exist(target: str) -> None:
    command = ["make", "--dry-run", target]
    dry = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert dry.returncode == 0, dry.stderr
    tools = set(re.findall(r"^\.venv/bin/(\S+)", dry.stdout, re.MULTILINE))
    assert tools
    assert [each for each in tools if _help(each) != 0] == []


@cache
def _help(tool: str) -> int:
    """Exit code of `tool --help`."""
    run = [str(Path(sys.executable).parent / tool), "--help"]
    return subprocess.run(run, cwd=ROOT, capture_output=True).returncode


@pytest.mark.parametrize(("readme", "lang"), [("README.md", "en"), ("README.ja.md", "ja")])
def test_the_readme_shows_what_the_demo_says(readme: str, lang: str, tmp_path: Path) -> None:
    pytest.importorskip("pymap")
    (shown,) = [each for each in _blocks(ROOT / readme) if each.startswith("1. ")]
    command = [sys.executable, "-m", "mailhaul", "demo", "--lang", lang]
    demo = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8")
    assert demo.returncode == 0, demo.stderr
    assert _masked(demo.stdout) == _masked(shown)
    # Its servers are gone; what the ledger knows can still be asked for.
    for words in (["status"], ["report", "--certificates", "--lang", lang]):
        again = [sys.executable, "-m", "mailhaul", "migrate", *words, "--dir", "demo-migration"]
        asked = subprocess.run(again, cwd=tmp_path, capture_output=True, encoding="utf-8")
        assert asked.returncode == 3, asked.stderr


def _masked(output: str) -> str:
    """Without what differs from run to run: ports and places."""
    output = re.sub(r"((?:port|ポート|127\.0\.0\.1:) ?)\d+", r"\1PORT", output)
    return re.sub(r"/\S*/(?=demo-migration/)", "/", output)


@pytest.mark.parametrize("path", DOCS, ids=_name)
def test_links_lead_somewhere(path: Path) -> None:
    prose = _FENCE.sub("", path.read_text(encoding="utf-8"))
    links = re.findall(r"\]\(([^)\s]+)\)", prose)
    for link in (each for each in links if not each.startswith("https://")):
        name, _, anchor = link.partition("#")
        target = path.parent / name if name else path
        assert target.exists(), link
        if anchor:
            assert anchor in _anchors(target), link


def _anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each).lower().replace(" ", "-") for each in headings}


@pytest.mark.parametrize("name", ["README", "docs/usage", "docs/assess"])
def test_both_languages_tell_the_same_commands(name: str) -> None:
    english, japanese = (_lines(ROOT / f"{name}{end}") for end in (".md", ".ja.md"))
    assert [re.sub("--lang en", "--lang ja", each) for each in english] == japanese


@pytest.mark.parametrize("name", ["docs/usage.md", "docs/usage.ja.md"])
def test_the_scopes_to_paste_are_those_that_are_asked_for(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    rows = dict(re.findall(r"^ *\| `(\w+)`.*? \| `(https:[^`]+)` \|", text, re.MULTILINE))
    assert rows == {each: ",".join(scopes) for each, scopes in SCOPES.items()}


def test_the_example_is_what_init_writes_and_loads(tmp_path: Path) -> None:
    example = ROOT / "examples" / "move"
    for fresh in init_files(tmp_path / "move", source_url="imaps://mail.example.jp"):
        assert (example / fresh.name).read_text(encoding="utf-8") == fresh.read_text("utf-8")
    config = load(example)
    assert [each.source_user for each in config.accounts] == ["taro@example.jp"]
    assert config.source.address.host == "mail.example.jp"


@pytest.mark.parametrize("guide", ["sandbox.md", "sandbox.ja.md"])
def test_the_guide_names_every_assumption_and_option(guide: str) -> None:
    text = (ROOT / "docs" / guide).read_text(encoding="utf-8")
    rows = {row.split("`")[1]: row for row in text.splitlines() if row.startswith("| `")}
    for name in names():
        default = getattr(Assumptions(), name.replace("-", "_"))
        said = re.findall(r"[\w-]+", rows[name])
        assert {str(default), *choices(name)} <= set(said), name
    serve = _within(_within(typer.main.get_command(app))["sandbox"])["serve"]
    for option in serve.params:
        for flag in option.opts:
            assert f"`{flag}" in text, flag
