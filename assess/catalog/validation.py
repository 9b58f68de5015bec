"""Holds documents against the model and says what is wrong in our own words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from assess.catalog.model import Catalog
from assess.errors import AssessError, misspelt, raise_all

Place = Callable[[str, str], str]
"""(table, id) of an entry -> the file that it stands in."""

TABLES = {
    "section": "sections",
    "question": "questions",
    "criterion": "criteria",
    "veto": "vetoes",
    "profile": "profiles",
    "cost": "costs",
    "risk": "risks",
    "measure": "measures",
    "check": "checks",
}
SOURCED = {"question", "criterion", "veto", "profile", "cost", "check"}
"""Tables whose entries carry their provenance."""

FILE_OF = {
    "section": "questions.toml",
    "question": "questions.toml",
    "criterion": "criteria.toml",
    "veto": "vetoes.toml",
    "profile": "profiles.toml",
    "cost": "costs.toml",
    "risk": "posture.toml",
    "measure": "posture.toml",
    "check": "posture.toml",
}
_TABLE_OF = {field: table for table, field in TABLES.items()}

_BRANCHES = {
    "tuple[str, ...]": "want-condition",
    "Range": "want-condition",
    "str": "want-value",
    "float": "want-value",
}
"""What pydantic puts into the place of an error for each type of a union."""

_CODES = {
    "string_too_short": "text-empty",
    "string_pattern_mismatch": "text-one-line",
    "string_type": "want-text",
    "tuple_type": "want-list",
    "model_type": "want-table",
    "dict_type": "want-table",
    "int_type": "want-whole-number",
    "int_parsing": "want-whole-number",
    "int_from_float": "want-whole-number",
    "float_type": "want-number",
    "float_parsing": "want-number",
    "finite_number": "want-number",
    "bool_type": "want-yes-no",
    "bool_parsing": "want-yes-no",
    "date_type": "want-date",
    "date_parsing": "want-date",
    "date_from_datetime_parsing": "want-date",
    "date_from_datetime_inexact": "want-date",
    "greater_than_equal": "weight-range",  # the only bounded number of the model
    "less_than_equal": "weight-range",
    "value_error": "cost-order",  # the only rule of its own in the model
}


def validated(version: str, tables: Mapping[str, Mapping[str, Any]], place: Place) -> Catalog:
    """The catalogue in `tables` (table -> id -> entry). AssessError with all problems."""
    document = {TABLES[table]: entries for table, entries in tables.items()}
    try:
        return Catalog.model_validate({"version": version} | document)
    except ValidationError as error:
        problems = (_problem(each, place) for each in error.errors())
        # Each branch of a union reports for itself; to the reader they are one mistake.
        raise_all(list({(p.params["where"], p.params["setting"]): p for p in problems}.values()))
    raise AssertionError("a ValidationError holds errors")


def setting(table: str, entry: str, *keys: str | int) -> str:
    """`[question.fte] options[2].text`, counted from 1."""
    path = ""
    for key in keys:
        path += f"[{key + 1}]" if isinstance(key, int) else f".{key}" if path else key
    return f"[{table}.{entry}] {path}".rstrip()


def _problem(error: ErrorDetails, place: Place) -> AssessError:
    kind, context = error["type"], error.get("ctx", {})
    table, entry = _TABLE_OF[str(error["loc"][0])], str(error["loc"][1])
    branch, keys = None, list[str | int]()
    for part in error["loc"][2:]:
        if part in _BRANCHES:
            branch = _BRANCHES[str(part)]
            break
        keys.append(part)
    where = {"where": place(table, entry), "setting": setting(table, entry, *keys)}
    if branch:
        return AssessError(branch, **where)
    if kind == "extra_forbidden":
        return misspelt("key-unknown", str(keys[-1]), _fields(error["loc"][:-1]), **where)
    if kind == "literal_error":
        known = re.findall("'([^']*)'", context["expected"])
        return misspelt("choice", str(error["input"]), known, **where)
    if kind == "missing":
        return AssessError("key-missing", key=keys[-1], **where)
    if kind in _CODES:
        return AssessError(_CODES[kind], **where)
    return AssessError("value-wrong", reason=error["msg"], **where)


def _fields(location: tuple[str | int, ...]) -> list[str]:
    """The keys that the table at `location` may have."""
    model: type[BaseModel] = Catalog
    for part in location:
        if field := model.model_fields.get(str(part)):
            model = next(_models(field.annotation), model)
    return list(model.model_fields)


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
