"""Holds a parsed document against the schema and says what is wrong in our own words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from migrate.config.model import Schema
from migrate.errors import UsageError
from migrate.problems import misspelt, raise_all

Location = tuple[str | int, ...]

CODES = {
    "secret-in-clear": "secret-in-clear",
    "secret-ref": "secret-ref",
    "string_too_short": "text-empty",
    "string_type": "want-text",
    "path_type": "want-text",
    "tuple_type": "want-list",
    "model_type": "want-table",
    "mapping_type": "want-table",
    "int_type": "want-whole-number",
    "float_type": "want-number",
    "finite_number": "want-number",
}


def validated(
    document: Mapping[str, Any], directory: Path, where: Callable[[Location], str]
) -> Schema:
    """The settings in `document`; `where` places a key. UsageError with all problems."""
    try:
        return Schema.model_validate(document, context={"directory": directory})
    except ValidationError as error:
        problems = [_problem(each, where(each["loc"])) for each in error.errors()]
    raise_all(problems)
    raise AssertionError("a ValidationError holds errors")


def _problem(error: ErrorDetails, where: str) -> UsageError:
    kind, location, context = error["type"], error["loc"], error.get("ctx", {})
    place = {"where": where, "setting": _key(location)}
    if kind == "usage":
        return UsageError(context["code"], **(place | context["params"]))
    if kind == "extra_forbidden":
        code = "key-unknown" if location[1:] else "section-unknown"
        return misspelt(code, str(location[-1]), _fields(location[:-1]), **place)
    if kind == "missing":
        code = "key-missing" if location[1:] else "section-missing"
        return UsageError(code, example=_example(location), **place)
    if kind == "literal_error":
        known = re.findall("'([^']*)'", context["expected"])
        return misspelt("choice", str(error["input"]), known, **place)
    if kind in ("greater_than", "greater_than_equal"):
        code = "number-not-above" if kind == "greater_than" else "number-too-small"
        return UsageError(code, least=context.get("ge", context.get("gt")), **place)
    if kind in CODES:
        return UsageError(CODES[kind], **place)
    return UsageError("value-wrong", reason=error["msg"], **place)


def _key(location: Location) -> str:
    """`[labels] rename[2].pattern`, counted from 1."""
    if not location:
        return ""
    key = ""
    for part in location[1:]:
        key += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if key else part
    return f"[{location[0]}] {key}".rstrip()


def _model(location: Location) -> type[BaseModel]:
    """The model at `location` of the schema."""
    model: type[BaseModel] = Schema
    for part in location:
        if isinstance(part, str):
            model = next(_models(model.model_fields[part].annotation))
    return model


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _fields(location: Location) -> list[str]:
    return list(_model(location).model_fields)


def _example(location: Location) -> str:
    """What to type for a missing key; of a missing section, for its first key that wants one."""
    if location[1:]:
        field = _model(location[:-1]).model_fields[str(location[-1])]
        return f'{location[-1]} = "{(field.examples or ["…"])[0]}"'
    fields = _model(location).model_fields.items()
    return _example((*location, next(n for n, f in fields if f.is_required() or f.examples)))
