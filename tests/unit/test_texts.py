"""Everything that a person reads: in both languages, whatever the code asks for, nothing dead."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

import console.texts
import migrate
from migrate.gmail import errors as gmail_errors
from migrate.texts import Texts, catalogue, language

ROOT = Path(migrate.__file__).parent
FILES = (*sorted(ROOT.rglob("*.py")), ROOT.parent / "mailhaul.py")
PACKAGES = {
    "assess": "assess.texts",
    "console": "console",
    "migrate": "migrate.texts",
    "migrate/sandbox/page": "migrate.sandbox.page",
}
AREAS = [
    (half, path.stem)
    for half, package in PACKAGES.items()
    for path in sorted(ROOT.parent.joinpath(*package.split(".")).glob("*.toml"))
]
ERRORS = ("errors", "source_errors", "target_errors", "config_errors", "check_errors")
RAISED = {
    "BrakeError",
    "DayOver",
    "FetchRefused",
    "FolderChanged",
    "FolderRefused",
    "MessageRefused",
    "Paused",
    "Postponed",
    "SourceError",
    "SourceLost",
    "StateError",
    "TargetError",
    "UsageError",
    "not_asked",
    "note",
    "warning",
}


@cache
def nodes(file: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))


def files(half: str) -> tuple[Path, ...]:
    return FILES if half == "migrate" else tuple(sorted((ROOT.parent / half).rglob("*.py")))


def calls(half: str = "migrate") -> Iterator[tuple[Path, ast.Call, str]]:
    """(file, call, name of what is called) of the whole source."""
    for file in files(half):
        for node in nodes(file):
            if isinstance(node, ast.Call):
                name = node.func.id if isinstance(node.func, ast.Name) else ""
                yield file, node, name or getattr(node.func, "attr", "")


def literal(call: ast.Call) -> str | None:
    """The first argument, if it is a string that stands there."""
    first = call.args[0] if call.args else None
    text = first.value if isinstance(first, ast.Constant) else None
    return text if isinstance(text, str) else None


@cache
def literals(half: str = "migrate") -> frozenset[str]:
    """Every string that stands anywhere in the source, or quoted in a template."""
    root = ROOT.parent / half
    templates = (file.read_text(encoding="utf-8") for file in root.rglob("*.j2"))
    quoted = {each for text in templates for each in re.findall(r'"([^"\s]+)"', text)}
    return frozenset(quoted) | {
        node.value
        for file in files(half)
        for node in nodes(file)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def placeholders(text: str) -> set[str]:
    """Names to fill in; an example in braces (`{ env = … }`) is none, its text is used as it is."""
    return {name for _, name, _, _ in Formatter().parse(text) if name and name.isidentifier()}


def error_entries() -> dict[str, dict[str, dict[str, str]]]:
    """Code → `cause` and `cure` → language → text."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for area in ERRORS:
        for key, text in catalogue(area).items():
            code, _, part = key.removeprefix(f"{area}.").rpartition(".")
            found.setdefault(code, {})[part] = text
    return found


def raised() -> dict[str, str]:
    """Code → where it is raised: literal ones, and those of the tables that answers go through."""
    found = {}
    for file, call, name in calls():
        code = literal(call)
        if name in RAISED and code:
            found[code] = f"{file.name}:{call.lineno}"
        if name == "misspelt" and code:
            found[code] = found[f"{code}-near"] = f"{file.name}:{call.lineno}"
    for _, code in (*gmail_errors._ACCOUNT_ERRORS, *gmail_errors._MESSAGE_ERRORS):
        found[code] = "gmail/errors.py"
    for file in (ROOT / "gmail" / "auth").glob("*.py"):
        for node in nodes(file):
            if isinstance(node, ast.Constant) and str(node.value).startswith("target-"):
                found[str(node.value)] = f"gmail/auth/{file.name}"
    return found


@pytest.mark.parametrize(("half", "area"), AREAS)
def test_both_languages_say_the_same_of_the_same_things(half: str, area: str) -> None:
    entries = console.texts.catalogue(PACKAGES[half], area)
    assert entries
    for key, texts in entries.items():
        assert set(texts) == {"en", "ja"}, key
        assert all(text.strip() for text in texts.values()), key
        assert placeholders(texts["en"]) == placeholders(texts["ja"]), key


def test_every_error_has_a_cause_and_a_cure() -> None:
    codes, entries = raised(), error_entries()
    assert len(codes) > 100, "the search for codes finds none any more"
    without = {code: where for code, where in codes.items() if code not in entries}
    assert not without
    assert {code for code, parts in entries.items() if set(parts) != {"cause", "cure"}} == set()


def test_no_error_is_explained_twice() -> None:
    keys = [key.removeprefix(f"{area}.") for area in ERRORS for key in catalogue(area)]
    assert len(keys) == len(set(keys))


def test_no_error_is_explained_that_nothing_raises() -> None:
    entries = error_entries()
    used = literals() | set(raised()) | {f"{each}-near" for each in literals() & set(entries)}
    assert {code for code in entries if code not in used} == set()


def test_an_error_brings_what_its_sentences_need() -> None:
    """`where` and `setting` are set by the reader of the file; Gmail's words come as `detail`."""
    entries = error_entries()
    lacking = []
    for file, call, name in calls():
        code = literal(call)
        if name not in RAISED or code not in entries or any(k.arg is None for k in call.keywords):
            continue
        given = {k.arg for k in call.keywords} | {"where", "setting", "example"}
        wanted = set().union(*(placeholders(t["en"]) for t in entries[code].values()))
        if wanted - given:
            lacking.append((f"{file.name}:{call.lineno}", code, wanted - given))
    assert lacking == []


@pytest.mark.parametrize("half", ["assess", "migrate"])
def test_every_text_that_is_asked_for_is_there_with_what_it_needs(half: str) -> None:
    asked = 0
    for file, call, name in calls(half):
        key = literal(call)
        if name == "say" and half == "assess" and key is not None:
            key = f"report.{key}"  # View.say
        elif name.lstrip("_").lower() != "texts" or key is None or "." not in key:
            continue
        asked += 1
        where = f"{file.name}:{call.lineno} {key}"
        text = console.texts.catalogue(PACKAGES[half], key.partition(".")[0]).get(key)
        assert text, where
        if not any(each.arg is None for each in call.keywords):
            assert placeholders(text["en"]) <= {each.arg for each in call.keywords}, where
    assert asked > 30, "the search for texts finds none any more"


def patterns(half: str) -> Iterator[re.Pattern[str]]:
    """The keys that are put together at run time: `report.column.{key}` and its like."""
    for file in files(half):
        for node in nodes(file):
            if isinstance(node, ast.JoinedStr):
                parts = [
                    re.escape(str(each.value)) if isinstance(each, ast.Constant) else r"[\w.-]+?"
                    for each in node.values
                ]
                if re.match(r"[a-z_]+\\.", parts[0]):
                    yield re.compile("".join(parts))


@pytest.mark.parametrize(
    ("half", "area"), [(half, area) for half, area in AREAS if not area.endswith("errors")]
)
def test_no_text_is_there_that_nothing_asks_for(half: str, area: str) -> None:
    made, said = list(patterns(half)), literals(half)
    quoted = {each for text in said for each in re.findall(r"`([\w-]+)`", text)}
    words = said | quoted
    endings = tuple(each for each in said if re.fullmatch("-[a-z]{3,}", each))

    def used(key: str) -> bool:
        group, _, name = key.rpartition(".")
        # A word of the JSON contract, looked up in its group (`rules.verdict`).
        if group in said and (name in words or name.endswith(endings)):
            return True
        # A view of the report names its texts without the area.
        forms = {key, key.partition(".")[2]} if half == "assess" else {key}
        return not forms.isdisjoint(said) or any(p.fullmatch(f) for p in made for f in forms)

    entries = console.texts.catalogue(PACKAGES[half], area)
    assert {key for key in entries if not used(key)} == set()


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_text_is_filled_in(lang: str) -> None:
    texts = Texts("ja" if lang == "ja" else "en")
    assert "plan.html" in texts("cli.report_at", file="plan.html")
    with pytest.raises(KeyError):
        texts("cli.no.such.text")
    assert "cli.no.such.text" not in texts


@pytest.mark.parametrize(
    ("argv", "environ", "expected"),
    [
        (["run"], {}, "en"),
        (["run"], {"LANG": "ja_JP.UTF-8"}, "ja"),
        (["run"], {"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}, "en"),
        (["run"], {"LANG": "C", "LC_MESSAGES": "ja_JP"}, "ja"),
        (["--lang", "ja", "run"], {}, "ja"),
        (["run", "--lang=ja"], {}, "ja"),
        (["run", "--lang", "en"], {"LANG": "ja_JP.UTF-8"}, "en"),
        (["run", "--lang"], {"LANG": "ja_JP.UTF-8"}, "en"),
    ],
)
def test_the_language(argv: list[str], environ: Mapping[str, str], expected: str) -> None:
    assert language(argv, environ) == expected
