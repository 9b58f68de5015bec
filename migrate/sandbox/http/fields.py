"""Partial answers: the `fields` parameter.

https://developers.google.com/workspace/gmail/api/guides/performance#partial-response
`a,b` · `a/b` · `a(b,c)` · `*`; a mask over a list applies to each of its elements.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from migrate.sandbox.http.errors import ApiError

Mask = dict[str, Any]
"""Field name → mask of what is inside; an empty one is everything."""
TOKEN = re.compile(r"[A-Za-z0-9_$*-]+|[,/()]")


def select(value: Any, mask: Mask) -> Any:
    """The part of a JSON value that the mask names."""
    if not mask:
        return value
    if isinstance(value, list):
        return [select(each, mask) for each in value]
    if not isinstance(value, dict):
        return value
    if "*" in mask:
        return {key: select(inner, mask["*"]) for key, inner in value.items()}
    return {key: select(inner, mask[key]) for key, inner in value.items() if key in mask}


@lru_cache(1024)
def parse(text: str) -> Mask:
    """The mask of a `fields` value; ApiError 400."""
    tokens = TOKEN.findall(text)
    if "".join(tokens) != text.replace(" ", ""):
        raise _invalid(text)
    mask, rest = _list(text, tokens)
    if rest or not mask:
        raise _invalid(text)
    return mask


def _list(text: str, tokens: list[str]) -> tuple[Mask, list[str]]:
    mask: Mask = {}
    while True:
        name, tokens = (tokens[0], tokens[1:]) if tokens else ("", [])
        if not name or name in ",/()":
            raise _invalid(text)
        inner = mask.setdefault(name, {})
        while tokens[:1] == ["/"]:
            if len(tokens) < 2 or tokens[1] in ",/()":
                raise _invalid(text)
            inner, tokens = inner.setdefault(tokens[1], {}), tokens[2:]
        if tokens[:1] == ["("]:
            more, tokens = _list(text, tokens[1:])
            if tokens[:1] != [")"]:
                raise _invalid(text)
            inner.update(more)
            tokens = tokens[1:]
        if tokens[:1] != [","]:
            return mask, tokens
        tokens = tokens[1:]


def _invalid(text: str) -> ApiError:
    return ApiError(
        400,
        f"Request contains an invalid argument. Invalid field selection {text}",
        reason="invalidParameter",
    )
