"""Names of user labels: what Gmail takes, and when two are the same to it.

Gmail's own normalisation is not documented. What is known comes from refusals in public
reports: names compare without regard to case (GAM-team/got-your-back issue 105), to line ends and
doubled blanks (issue 173) and, it seems, to blanks at a slash (elie222/inbox-zero pull request
1672); names of system labels are refused in every language of the interface (`reserved.toml`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from importlib.resources import files
from unicodedata import category, combining, normalize

NAME_LIMIT = 225
"""Of a label's whole path; the web interface's limit, by third parties' word. Whether it counts
characters or UTF-16 units, nobody says: `length` counts the latter, which are never fewer."""

IMPORTED = " (imported)"
"""Added to a first component that Gmail reserves."""

STAND_INS = {"SENT": f"Sent{IMPORTED}", "DRAFT": f"Drafts{IMPORTED}"}
"""Labels of ours in place of those that Gmail sometimes refuses to have set on a message. A folder
that is called Sent and is not the one for sent mail shares its label with the stand-in."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# Embeddings, overrides and isolates (UAX #9) turn the text around a name, too. The marks (LRM,
# RLM, ALM) and the joiners of emoji and of Persian belong to names and stay.
_TURNING = re.compile(r"[\u202a-\u202e\u2066-\u2069\ufeff]")
_ATTACHED = re.compile(r"[\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_BLANKS = re.compile(r"(\s)\s+")


def label_key(name: str) -> str:
    """Equal for two names that Gmail would not let exist side by side."""
    spaced = "/".join(" ".join(part.split()) for part in name.split("/"))
    return normalize("NFC", normalize("NFC", spaced).casefold())


def clean(component: str) -> str:
    """One component of a label's path: NFC, no control characters, no `/`, no stray blanks.

    `_` when nothing is left that can be seen.
    """
    text = _TURNING.sub("", _CONTROL.sub(" ", component)).replace("/", "-")
    text = normalize("NFC", _BLANKS.sub(r"\1", text).strip())
    return text if any(category(char) not in {"Cf", "Zs"} for char in text) else "_"


def length(name: str) -> int:
    """UTF-16 units."""
    return len(name.encode("utf-16-le", "surrogatepass")) // 2


def marked(label: str, owner: Sequence[str], attempt: int = 0) -> str:
    """`label`, cut if it must be, with a mark of its owner's path: the same in every run."""
    text = "\0".join([*owner, str(attempt)] if attempt else owner)
    mark = f" ({sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:8]})"
    return _cut(label, NAME_LIMIT - len(mark)) + mark


def flat(label: str) -> str:
    """A name for `label` in which nothing is left that may be refused: letters, digits and a mark
    of the whole."""
    last = label.rpartition("/")[2]
    plain = "".join(char if category(char)[0] in "LMN" or char in "-_" else " " for char in last)
    return marked(clean(plain), (label,))


def _cut(label: str, limit: int) -> str:
    """At most `limit` UTF-16 units, between two characters as people see them, no blank last."""
    end = min(len(label), limit)
    while length(label[:end]) > limit:
        end -= 1
    while 0 < end < len(label) and (_joined(label[end]) or label[end - 1] == "\u200d"):
        end -= 1
    return re.sub(r"[\s/]+\Z", "", label[: end or limit // 2])


def _joined(char: str) -> bool:
    return combining(char) > 0 or _ATTACHED.match(char) is not None


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
