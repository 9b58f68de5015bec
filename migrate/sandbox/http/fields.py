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
MAX_LENGTH = 8 * 1024
MAX_DEPTH = 20
"""Both bounds are ours."""
MAX_CACHED = 512
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


def parse(text: str) -> Mask:
    """The mask of a `fields` value; ApiError 400."""
    if len(text) > MAX_LENGTH:
        raise _invalid(f"{text[:100]}…")
    return _cached(text) if len(text) <= MAX_CACHED else _parsed(text)


def _parsed(text: str) -> Mask:
    tokens = TOKEN.findall(text)
    if "".join(tokens) != text.replace(" ", ""):
        raise _invalid(text)
    tokens.reverse()  # the next one is the last
    mask = _list(text, tokens, 0)
    if tokens:
        raise _invalid(text)
    return mask


_cached = lru_cache(1024)(_parsed)


def _list(text: str, tokens: list[str], depth: int) -> Mask:
    mask: Mask = {}
    while True:
        inner, level = mask, depth
        while True:  # a/b/c
            name = tokens.pop() if tokens else ""
            if not name or name in ",/()" or level == MAX_DEPTH:
                raise _invalid(text)
            inner, level = inner.setdefault(name, {}), level + 1
            if not _next(tokens, "/"):
                break
        if _next(tokens, "("):
            inner.update(_list(text, tokens, level))
            if not _next(tokens, ")"):
                raise _invalid(text)
        if not _next(tokens, ","):
            return mask


def _next(tokens: list[str], wanted: str) -> bool:
    """Whether the next token is that; takes it if so."""
    found = bool(tokens) and tokens[-1] == wanted
    if found:
        tokens.pop()
    return found


def _invalid(text: str) -> ApiError:
    return ApiError(
        400,
        f"Request contains an invalid argument. Invalid field selection {text}",
        reason="invalidParameter",
    )
