"""Paths to names that Gmail takes: one folder or one flag by itself, whatever the others are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from migrate.labels.names import IMPORTED, NAME_LIMIT, clean, label_key, length, marked, reserved
from migrate.labels.rules import LabelRules
from migrate.labels.special import ROOTS
from migrate.source import Folder


@dataclass(frozen=True, slots=True)
class Wish:
    """The label that a folder would have if it were alone."""

    label: str
    reason: str | None
    """As in `Mapped.renamed`."""
    owner: tuple[str, ...]
    """The path that the label stands for: the folder's own, or its ancestor's if it is folded.
    Folders with the same owner share their label."""


def wish(folder: Folder, rules: LabelRules) -> Wish:
    """The user label of `folder`."""
    reason = None
    path = "/".join(each.replace("/", "-") for each in folder.path)
    renamed = path
    for pattern, replacement in rules.rename:
        renamed = re.sub(pattern, replacement, renamed)
    parts = [clean(each) for each in renamed.split("/")]
    if renamed != path:
        reason = "rule"
    elif parts != list(folder.path):
        reason = "characters"
    if len(parts) > 1 and label_key(parts[0]) in ROOTS:
        del parts[0]  # a root is no label of its own: INBOX/Projects is Projects
        reason = "reserved"
    too_deep = max(0, len(parts) - rules.depth) if rules.depth else 0
    owner = folder.path[: max(0, len(folder.path) - too_deep)]
    if rules.flatten and len(parts) - too_deep > 1:
        parts = [" - ".join(parts[: len(parts) - too_deep])]
        reason = "flattened"
    if too_deep:
        parts = parts[: rules.depth]
        reason = "folded"
    label, forced = fit([*typed(rules.prefix), *parts], owner)
    return Wish(label, forced or reason, owner)


def typed(text: str) -> list[str]:
    """The components of a label's path that a person wrote; empty ones don't count."""
    return [clean(each) for each in text.split("/") if each.strip()]


def fit(parts: Sequence[str], owner: Sequence[str]) -> tuple[str, str | None]:
    """Clean `parts` as one name that is neither reserved nor too long, and what was changed."""
    label, reason = "/".join(parts), None
    if reserved(label):
        label, reason = "/".join([parts[0] + IMPORTED, *parts[1:]]), "reserved"
    if length(label) > NAME_LIMIT:
        label, reason = marked(label, owner), "length"
    return label, reason
