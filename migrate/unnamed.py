"""One sentence that speaks of several accounts: without the names that are each one's own."""

from __future__ import annotations

import re
from collections.abc import Collection

UNNAMED = "…"
"""Stands for the account."""


def unnamed(text: str, users: Collection[str]) -> str:
    """`text` with `UNNAMED` for each of `users`, the names of one account."""
    if not users:
        return text
    own = "|".join(map(re.escape, sorted(users, key=len, reverse=True)))
    return re.sub(rf"(?<![\w.@-])(?:{own})(?![\w@-])", UNNAMED, text, flags=re.IGNORECASE)
