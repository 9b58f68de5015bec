"""Provoke an error of the source and put it into words, in both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from migrate.errors import MailhaulError
from migrate.explain import explain
from migrate.texts import Texts, catalogue


def raised(action: Callable[[], object], *, secret: str = "") -> MailhaulError:
    """What `action` raises. Its words are complete, and none holds `secret`."""
    with pytest.raises(MailhaulError) as caught:
        action()
    words = complete(caught.value)
    assert not secret or secret not in words
    return caught.value


def complete(error: MailhaulError) -> str:
    """All words about the error; none of its texts misses a parameter."""
    texts = catalogue("source_errors")
    for part in ("cause", "cure"):
        for text in texts[f"source_errors.{error.code}.{part}"].values():
            text.format(**error.params)
    words = (*explain(error, Texts("en")), *explain(error, Texts("ja")), str(error), repr(error))
    return "\n".join(words)
