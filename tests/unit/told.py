"""Every problem that a test provokes is also put into words, in both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from migrate.errors import UsageError
from migrate.problems import explain, flat
from migrate.texts import Texts


def problems(action: Callable[[], object]) -> list[tuple[str, str]]:
    """(code, where) of each problem that `action` raises; each must be explicable."""
    with pytest.raises(UsageError) as caught:
        action()
    for lang in ("en", "ja"):
        cause, cure = explain(caught.value, Texts(lang))
        assert cause and cure
        assert all(str(each.params.get("where", "")) in cause for each in flat(caught.value))
    return [(each.code, str(each.params.get("where", ""))) for each in flat(caught.value)]


def told(action: Callable[[], object]) -> str:
    """All words about what `action` raises, English and Japanese."""
    with pytest.raises(UsageError) as caught:
        action()
    words = (*explain(caught.value, Texts("en")), *explain(caught.value, Texts("ja")))
    return "\n".join((*words, str(caught.value), repr(caught.value)))
