"""Which names a label may have, and which are the same.

https://developers.google.com/workspace/gmail/api/guides/labels; the reserved names are data.
"""

from __future__ import annotations

import tomllib
import unicodedata
from importlib.resources import files

from migrate.sandbox.assumptions import Assumptions

SYSTEM = (
    *("CHAT", "SENT", "INBOX", "IMPORTANT", "TRASH", "DRAFT", "SPAM", "STARRED", "UNREAD"),
    *("CATEGORY_FORUMS", "CATEGORY_UPDATES", "CATEGORY_PERSONAL", "CATEGORY_PROMOTIONS"),
    "CATEGORY_SOCIAL",
)

_reserved = tomllib.loads((files(__package__) / "reserved_labels.toml").read_text("utf-8"))
WHOLE = frozenset(_reserved["whole"])
FIRST = frozenset(_reserved["first"])


def fold(name: str) -> str:
    """Names that differ only in case or normal form conflict."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def accepted(name: object, assume: Assumptions) -> str | None:
    """The name as Gmail keeps it; None when it refuses it ("Invalid label name")."""
    if not isinstance(name, str) or not name.strip() or len(name) > (assume.label_length or 1e9):
        return None
    folded = fold(name)
    if folded in WHOLE or folded.partition("/")[0] in FIRST or folded.upper() in SYSTEM:
        return None
    return name
