"""What is asked for (`LabelRules`) and what comes out (`Mapped`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from migrate.source import Folder

Use = Literal[
    "inbox", "sent", "drafts", "junk", "trash", "all", "archive", "flagged", "important", "none"
]


@dataclass(frozen=True, slots=True)
class LabelRules:
    """The `[labels]` and `[policy]` of a migration. Paths are joined with `/`."""

    prefix: str = ""
    """A label under which all user labels go; may hold `/`."""
    rename: tuple[tuple[str, str], ...] = ()
    """(regular expression, replacement) pairs for `re.sub` on the path of a user label, in turn."""
    include: tuple[str, ...] = ()
    """Shell patterns of the folders to copy, any case; `*` matches `/` too. Empty: all."""
    exclude: tuple[str, ...] = ()
    """Shell patterns of the folders not to copy; stronger than `include`."""
    trash: Literal["label", "trash", "skip"] = "label"
    junk: Literal["spam", "label", "skip"] = "spam"
    drafts: Literal["drafts", "label", "skip"] = "drafts"
    deleted: Literal["skip", "copy", "trash"] = "skip"
    special_use: Mapping[str, str] = field(default_factory=dict)
    """Path → a `Use`, where the server's attributes and the names mislead."""
    flatten: bool = False
    """`A/B` becomes the label `A - B`, beside the others instead of below them."""
    depth: int = 0
    """Levels of folders that get labels of their own; deeper ones share the label of their
    ancestor on the last level. 0: all."""
    keywords: Mapping[str, str] = field(default_factory=dict)
    """Flag of a message, any case (`$Forwarded`, `\\Answered`) → label to set. `*` is the label
    under which every other keyword gets one of its own. Folders yield to these labels."""
    reviewed: Mapping[str, str | None] = field(default_factory=dict)
    """Of a reviewed plan: name of a folder → its label, None to leave it out. Beats all above.
    What Gmail would refuse is mended; folders that have the same label here share it."""
    settled: Mapping[bytes, str] = field(default_factory=dict)
    """Wire name of a folder → the label that the ledger has for it. Where two folders want one
    label, it stays with the one that has it."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """What becomes of one folder."""

    folder: Folder
    label: str | None
    """Id of a system label, or the path of a user label; None when the folder is not copied."""
    system: bool
    rule: str | None
    """Why it is not copied: `excluded`, `virtual`, `trash`, `junk`, `drafts`, `plan`."""
    renamed: str | None
    """Why a user label is not simply the folder's path (under the prefix), the last reason if there
    are several: `characters`, `rule`, `flattened`, `folded`, `reserved`, `length`, `collision`,
    `plan` (also when the plan puts a folder into a system label)."""
