"""Folders to labels. What becomes of a folder depends on the others only as a set, not on order."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from hashlib import sha256

from migrate.labels.names import IMPORTED, NAME_LIMIT, clean, label_key, reserved
from migrate.labels.rules import LabelRules, Mapped, Use
from migrate.labels.special import ROOTS, special_uses
from migrate.source import Folder

_SYSTEM: dict[Use, str] = {"inbox": "INBOX", "sent": "SENT", "drafts": "DRAFT"}
_VIRTUAL = frozenset[Use]({"all", "flagged", "important"})


def map_folders(folders: Sequence[Folder], rules: LabelRules) -> list[Mapped]:
    """One `Mapped` for every folder that can hold messages, in the order given.

    Several folders may share a system label; different paths never share a user label, not even
    where a rename rule would merge them. The rules' expressions must compile.
    """
    folders = [folder for folder in folders if folder.selectable]
    uses = special_uses(folders, rules.special_use)
    mapped = [_map(folder, use, rules) for folder, use in zip(folders, uses, strict=True)]
    return _kept_apart(mapped)


def _map(folder: Folder, use: Use, rules: LabelRules) -> Mapped:
    if rule := _skipped(folder, use, rules):
        return Mapped(folder, None, system=False, rule=rule, renamed=None)
    system = _SYSTEM.get(use)
    if use == "junk" and rules.junk == "spam":
        system = "SPAM"
    elif use == "trash" and rules.trash == "trash":
        system = "TRASH"
    if system:
        return Mapped(folder, system, system=True, rule=None, renamed=None)
    label, reason = _user_label(folder, rules)
    return Mapped(folder, label, system=False, rule=None, renamed=reason)


def _skipped(folder: Folder, use: Use, rules: LabelRules) -> str | None:
    path = label_key("/".join(folder.path))
    if (rules.include and not _matches(path, rules.include)) or _matches(path, rules.exclude):
        return "excluded"
    if use in _VIRTUAL:
        return "virtual"
    if (use, "skip") in {("trash", rules.trash), ("junk", rules.junk)}:
        return use
    return None


def _matches(path: str, patterns: Sequence[str]) -> bool:
    # Compared as they stand too, for `[Gmail]/Sent` is a path before it is a pattern.
    keys = map(label_key, patterns)
    return any(path == key or fnmatchcase(path, key) for key in keys)


def _user_label(folder: Folder, rules: LabelRules) -> tuple[str, str | None]:
    """The label by itself, and the last reason why it is not the plain path."""
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
    parts = [clean(each) for each in rules.prefix.split("/") if each.strip()] + parts
    if reserved(parts[0]):
        parts[0] += IMPORTED
        reason = "reserved"
    label = "/".join(parts)
    if len(label) > NAME_LIMIT:
        return _marked(label, folder), "length"
    return label, reason


def _marked(label: str, folder: Folder) -> str:
    """`label` with a mark of the folder's name on the wire, the same in every run."""
    mark = f" ({sha256(folder.raw).hexdigest()[:8]})"
    return re.sub(r"[\s/]+\Z", "", label[: NAME_LIMIT - len(mark)]) + mark


def _kept_apart(mapped: list[Mapped]) -> list[Mapped]:
    """Marks all folders of a label but one: whose own name it is, else the first by wire name."""
    groups: dict[str, list[Mapped]] = defaultdict(list)
    for each in mapped:
        if each.label and not each.system:
            groups[label_key(each.label)].append(each)
    keepers = {
        key: min(group, key=lambda one: (one.renamed is not None, one.folder.raw)).folder.path
        for key, group in groups.items()
    }
    return [
        replace(each, label=_marked(each.label, each.folder), renamed="collision")
        if each.label and not each.system and keepers[label_key(each.label)] != each.folder.path
        else each
        for each in mapped
    ]
