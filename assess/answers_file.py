"""`answers.toml` on disk: checked whole when read, replaced whole when written.

[organisation]
name = "…"
[answers.fte]          # value, or unknown = true; source, by, at, note, evidence
value = "0.5-2"
[weights]              # swing weights by criterion; ours hold for the others
cost = 30
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import tomli_w
from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails

from assess.answers import Answer, Answers
from assess.catalog.model import Catalog, Entry, Value
from assess.errors import AssessError, misspelt, raise_all
from assess.questionnaire import check, known, order
from console.files import replace

Table = dict[str, Any]


class _Organisation(Entry):
    name: str | None = None


class _File(Entry):
    organisation: _Organisation = _Organisation()
    answers: dict[str, Answer] = Field({})
    weights: dict[str, Annotated[float, Field(ge=0, le=1e6)]] = Field({})


def read(path: Path, catalog: Catalog) -> Answers:
    """The answers in `path`. AssessError: missing, unreadable, or all that is wrong in it."""
    return loads(text(path), catalog, str(path))


def text(path: Path, missing: str = "answers-missing") -> str:
    """The file as it is, byte order mark and line ends too: its hash is that of the file.

    AssessError: `missing`, unreadable, not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise AssessError(missing, file=path) from None
    except UnicodeDecodeError:
        raise AssessError("toml-encoding", where=path) from None
    except OSError as error:
        raise AssessError("file-unreadable", where=path, reason=error.strerror) from error


def loads(source: str, catalog: Catalog, file: str) -> Answers:
    """The answers in `source`, the text of `file`. AssessError, Problems: all that is wrong."""
    try:
        tables = tomllib.loads(source.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:  # numbers and nesting beyond all measure, too
        # Only Python 3.14 has the position as a number; at the end of the file there is none.
        reason, _, position = str(error).partition(" (at ")
        line = re.match(r"line (\d+)", position)
        number = line[1] if line else len(source.splitlines())
        raise AssessError("toml-syntax", where=f"{file}:{number}", reason=reason) from None
    problems: list[AssessError] = []
    try:
        found = _File.model_validate(tables, strict=True)
    except ValidationError as error:
        problems += _shape(error.errors(), file)
        for each in error.errors():
            _drop(tables, each["loc"])
        found = _File.model_validate(tables, strict=True)
    problems += _content(found, catalog, file)
    raise_all(problems)
    answers = {each: answer for each, answer in found.answers.items() if answer != Answer()}
    return Answers(found.organisation.name, answers, found.weights)


def _shape(errors: list[ErrorDetails], file: str) -> list[AssessError]:
    """What is no such table, key or type; each branch of a union reports, but it's one mistake."""
    problems: dict[str, AssessError] = {}
    for each in errors:
        *tables, key = (str(part) for part in each["loc"][:3])  # beyond: a branch of the union
        setting = f"[{'.'.join(tables)}]" if tables else ""
        place = {"where": file, "setting": setting}
        if each["type"] == "extra_forbidden":
            model: type[Entry] = (_File, _Organisation, Answer)[len(tables)]
            problem = misspelt("key-unknown", key, list(model.model_fields), **place)
        else:
            problem = AssessError(f"answers-{_kind(key, tables)}", word=key, **place)
        problems[f"{setting} {key}"] = problem
    return list(problems.values())


def _kind(key: str, tables: list[str]) -> str:
    """What stands there, as far as the cure depends on it."""
    if not tables or tables == ["answers"]:
        return "table"
    if tables == ["weights"]:
        return "weight"
    return key if key in ("value", "unknown", "source", "at") else "words"


def _drop(tables: Table, location: tuple[int | str, ...]) -> None:
    """Without the entry in which the mistake is, the rest can be checked."""
    first, *rest = (str(part) for part in location)
    inner = tables.get(first)
    if rest and isinstance(inner, dict):
        inner.pop(rest[0], None)
    else:
        tables.pop(first, None)


def _content(found: _File, catalog: Catalog, file: str) -> Iterator[AssessError]:
    """What the catalogue doesn't know, or isn't an answer to its question."""
    for name, answer in found.answers.items():
        place = {"where": file, "setting": f"[answers.{name}]"}
        if answer.unknown and answer.value is not None:
            yield AssessError("answers-both", **place)
        try:
            question = known(catalog, name, **place)
            if answer.value is not None:
                check(question, answer.value, **place)
        except AssessError as error:
            yield error
    place = {"where": file, "setting": "[weights]"}
    for criterion in found.weights:
        if criterion not in catalog.criteria:
            yield misspelt("criterion-unknown", criterion, list(catalog.criteria), **place)
    ours = {key: criterion.weight for key, criterion in catalog.criteria.items()}
    if found.weights and not any((ours | found.weights).values()):
        yield AssessError("weights-zero", **place)


def write(path: Path, answers: Answers, catalog: Catalog) -> None:
    """Replace `path`, readable for its owner only. AssessError if that can't be done."""
    write_text(path, dumps(answers, catalog))


def write_text(path: Path, source: str) -> None:
    try:
        replace(path, source.encode())
    except OSError as error:
        raise AssessError("answers-unwritable", where=path, reason=error.strerror) from error


def dumps(answers: Answers, catalog: Catalog) -> str:
    """The text of the file, in the order of the catalogue; `loads` gives the same answers."""
    rank = {each: place for place, each in enumerate(order(catalog))}
    tables: Table = {}
    if answers.organisation:
        tables["organisation"] = {"name": answers.organisation}
    tables["answers"] = {
        each: _entry(answers.answers[each])
        for each in sorted(answers.answers, key=rank.__getitem__)
    }
    if answers.weights:
        tables["weights"] = {
            each: _plain(answers.weights[each])
            for each in catalog.criteria
            if each in answers.weights
        }
    return tomli_w.dumps(tables, multiline_strings=False)


def _entry(answer: Answer) -> Table:
    entry = answer.model_dump(exclude_defaults=True) | {"source": answer.source}
    return entry if answer.value is None else entry | {"value": _plain(answer.value)}


def _plain(value: Value) -> Value:
    """A whole number without its `.0`."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
