"""What a person reads of an assessment but its content: `*.toml` here, see `console/texts.py`."""

from __future__ import annotations

import console.texts
from console.texts import Lang, language

__all__ = ["Lang", "Texts", "catalogue", "language"]


class Texts(console.texts.Texts):
    """The texts of `assess` in one language."""

    package = __name__


def catalogue(area: str) -> dict[str, dict[str, str]]:
    """All texts of one area: key → language → text."""
    return console.texts.catalogue(__name__, area)
