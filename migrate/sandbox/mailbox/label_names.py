"""Which names a label may have, and which are the same.

Google documents that the names of system labels are reserved
(https://developers.google.com/workspace/gmail/api/guides/labels); the rest is known from refusals:
`reserved_labels.toml` and `tests/contracts/vectors/label_name.json` say where they were seen.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from importlib.resources import files
from unicodedata import category, normalize

from migrate.sandbox.assumptions import Assumptions

SYSTEM = (
    *("CHAT", "SENT", "INBOX", "IMPORTANT", "TRASH", "DRAFT", "SPAM", "STARRED", "UNREAD"),
    *("CATEGORY_FORUMS", "CATEGORY_UPDATES", "CATEGORY_PERSONAL", "CATEGORY_PROMOTIONS"),
    "CATEGORY_SOCIAL",
)
LENGTHS: dict[str, Callable[[str], int]] = {
    "characters": len,
    "utf-16": lambda name: len(name.encode("utf-16-le", "surrogatepass")) // 2,
    "bytes": lambda name: len(name.encode("utf-8", "surrogatepass")),
}
_CONTROL = frozenset({"Cc", "Cs"})


def fold(name: str) -> str:
    """Names that differ only in case, normal form or blanks conflict, the blanks at a slash too."""
    spaced = re.sub(r"\s", " ", _collapsed(name))
    return normalize("NFC", normalize("NFC", spaced).casefold())


def accepted(name: object, assume: Assumptions) -> str | None:
    """The name as Gmail keeps it; None when it refuses it ("Invalid label name")."""
    if not isinstance(name, str):
        return None
    collapsed = _collapsed(name)
    if assume.label_spaces == "refuse" and name != collapsed:
        return None
    kept = name if assume.label_spaces == "keep" else collapsed
    if assume.label_length and LENGTHS[assume.label_unit](kept) > assume.label_length:
        return None
    # How Gmail takes empty parts and control characters was never reported; refused is a guess.
    # JSON can carry surrogates (\ud800), which are no text and cannot be stored.
    if not all(collapsed.split("/")) or not _CONTROL.isdisjoint(map(category, collapsed)):
        return None
    parts = fold(name).split("/")
    looked_at = parts if assume.reserved_names == "any" else parts[:1]
    return None if RESERVED.intersection(looked_at) else kept


def _collapsed(name: str) -> str:
    """Without doubled blanks, blanks at the ends or at slashes, and line ends."""
    return re.sub(r"\s*/\s*", "/", re.sub(r"\s{2,}|[\t-\r]", " ", name)).strip()


def _reserved() -> frozenset[str]:
    table = tomllib.loads((files(__package__) / "reserved_labels.toml").read_text("utf-8"))
    languages = [each["names"] for each in table["inferred"].values()]
    every = [table["documented"]["names"], table["reported"], *languages]
    return frozenset(fold(name) for names in every for name in names)


RESERVED = _reserved()
