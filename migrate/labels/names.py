"""Names of user labels: what Gmail takes, and when two are the same to it.

Gmail's own normalisation is not documented. What is known comes from refusals in public
reports: names compare without regard to case (GAM-team/got-your-back issue 105), to line ends and
doubled blanks (issue 173) and, it seems, to blanks at a slash (elie222/inbox-zero pull request
1672); names of system labels are refused in every language of the interface (`reserved.toml`).
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from unicodedata import normalize

NAME_LIMIT = 225
"""Characters of a label's whole path; the web interface's limit, by third parties' word."""

IMPORTED = " (imported)"
"""Added to a first component that Gmail reserves."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_BLANKS = re.compile(r"(\s)\s+")


def label_key(name: str) -> str:
    """Equal for two names that Gmail would not let exist side by side."""
    spaced = "/".join(" ".join(part.split()) for part in name.split("/"))
    return normalize("NFC", normalize("NFC", spaced).casefold())


def clean(component: str) -> str:
    """One component of a label's path: NFC, no control characters, no `/`, no stray blanks."""
    text = _CONTROL.sub(" ", component).replace("/", "-")
    return normalize("NFC", _BLANKS.sub(r"\1", text).strip()) or "_"


def reserved(name: str) -> bool:
    """Whether the first component of a label's path is a name that Gmail keeps for itself.

    Deeper ones are free. Whether Gmail itself refuses `Sent/2010` is not known; the label `Sent`
    above it, without which nothing nests, it does refuse.
    """
    return label_key(name.partition("/")[0]) in _reserved()


def parents(label: str) -> list[str]:
    """The labels above this one, topmost first; Gmail does not create them by itself."""
    parts = label.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]


@cache
def _reserved() -> frozenset[str]:
    table = tomllib.loads(files(__package__).joinpath("reserved.toml").read_text(encoding="utf-8"))
    groups = [table["documented"], *table["inferred"].values(), {"names": table["reported"]}]
    return frozenset(label_key(name) for group in groups for name in group["names"])
