"""Folders to labels. What becomes of a folder depends on the others only as a set, not on order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from migrate.labels.apart import keep_apart
from migrate.labels.fitting import Wish, fit, typed, wish
from migrate.labels.keywords import for_keywords
from migrate.labels.names import label_key
from migrate.labels.rules import LabelRules, Mapped, Use
from migrate.labels.special import special_uses
from migrate.source import Folder

_VIRTUAL = frozenset[Use]({"all", "flagged", "important"})
_PLANNED = frozenset({"INBOX", "SENT", "DRAFT", "SPAM", "TRASH", "STARRED", "IMPORTANT"})
"""System labels that a reviewed plan may name, in any case: as user labels Gmail refuses them."""


def map_folders(folders: Sequence[Folder], rules: LabelRules) -> list[Mapped]:
    """One `Mapped` for every folder that can hold messages, in the order given.

    Several folders may share a system label. Different paths share a user label only where it is
    folded (`depth`) or where a reviewed plan says so, not where a rename rule would merge them.
    The rules' expressions must compile.
    """
    folders = [folder for folder in folders if folder.selectable]
    uses = special_uses(folders, rules.special_use)
    mapped = [_map(folder, use, rules) for folder, use in zip(folders, uses, strict=True)]
    taken = for_keywords(rules)
    plain = _kept_apart(mapped, rules, taken)
    planned = [_planned(each, rules) for each in plain]
    fixed = {label_key(each.label) for each in planned if each and each.label and not each.system}
    rest = [each for each, plan in zip(mapped, planned, strict=True) if plan is None]
    others = iter(_kept_apart(rest, rules, lambda key: key in fixed or taken(key)))
    return [each or next(others) for each in planned]


def _map(folder: Folder, use: Use, rules: LabelRules) -> Mapped:
    """By itself; where it becomes a user label, which one is still to be found."""
    if rule := _skipped(folder, use, rules):
        return Mapped(folder, None, system=False, rule=rule, renamed=None)
    system = _system(use, rules)
    return Mapped(folder, system, system=system is not None, rule=None, renamed=None)


def _skipped(folder: Folder, use: Use, rules: LabelRules) -> str | None:
    path = label_key("/".join(folder.path))
    if (rules.include and not _matches(path, rules.include)) or _matches(path, rules.exclude):
        return "excluded"
    if use in _VIRTUAL:
        return "virtual"
    policies = {("trash", rules.trash), ("junk", rules.junk), ("drafts", rules.drafts)}
    return use if (use, "skip") in policies else None


def priority(folder: Folder, first: Sequence[str]) -> int | None:
    """The place of the first of the patterns (as of `include`) that the folder matches."""
    path = label_key("/".join(folder.path))
    return next((place for place, each in enumerate(first) if _matches(path, [each])), None)


def _matches(path: str, patterns: Sequence[str]) -> bool:
    # Compared as they stand too, for `[Gmail]/Sent` is a path before it is a pattern.
    keys = map(label_key, patterns)
    return any(path == key or fnmatchcase(path, key) for key in keys)


def _system(use: Use, rules: LabelRules) -> str | None:
    if use == "junk":
        return "SPAM" if rules.junk == "spam" else None
    if use == "trash":
        return "TRASH" if rules.trash == "trash" else None
    if use == "drafts":
        return "DRAFT" if rules.drafts == "drafts" else None
    return {"inbox": "INBOX", "sent": "SENT"}.get(use)


def _kept_apart(
    mapped: Sequence[Mapped], rules: LabelRules, taken: Callable[[str], bool]
) -> list[Mapped]:
    """With the user labels that they get beside each other."""
    users = [each for each in mapped if each.label is None and each.rule is None]
    wishes = [wish(each.folder, rules) for each in users]
    settled = [rules.settled.get(each.folder.raw) for each in users]
    labels = keep_apart(wishes, settled, taken)
    pairs = iter([_named(*each) for each in zip(users, wishes, labels, strict=True)])
    return [next(pairs) if each.label is None and each.rule is None else each for each in mapped]


def _named(mapped: Mapped, wished: Wish, label: str) -> Mapped:
    return replace(
        mapped, label=label, renamed=wished.reason if label == wished.label else "collision"
    )


def _planned(mapped: Mapped, rules: LabelRules) -> Mapped | None:
    """As the reviewed plan has it; None if the plan does not know the folder."""
    folder = mapped.folder
    if folder.name not in rules.reviewed:
        return None
    label = rules.reviewed[folder.name]
    if label == mapped.label:
        return mapped
    if label is None:
        return Mapped(folder, None, system=False, rule="plan", renamed=None)
    system = label.strip().upper()
    if system in _PLANNED:
        same = system == mapped.label
        return mapped if same else Mapped(folder, system, True, rule=None, renamed="plan")
    name, _ = fit(typed(label) or ["_"], (label,))
    return Mapped(folder, name, system=False, rule=None, renamed="plan")
