"""What a person reads of a migration: `*.toml` here, see `console/texts.py` for their form."""

from __future__ import annotations

import console.texts
from console.texts import Lang, language

__all__ = ["Lang", "Texts", "catalogue", "language"]


class Texts(console.texts.Texts):
    """The texts of `migrate` in one language."""

    package = __name__


def catalogue(area: str) -> dict[str, dict[str, str]]:
    """All texts of one area: key → language → text."""
    return console.texts.catalogue(__name__, area)
