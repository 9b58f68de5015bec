"""Flags as labels: Gmail has nothing else for `$Forwarded` and its like."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from hashlib import sha256

from migrate.labels.fitting import fit, typed
from migrate.labels.names import clean, label_key
from migrate.labels.rules import LabelRules

_OTHERS = "*"
_MARK = re.compile(r" \([0-9a-f]{8}\)\Z")


def keyword_label(flag: str, rules: LabelRules) -> str | None:
    """The label for a flag of a message, None for one that leaves no trace.

    `*` stands for keywords only: system flags (RFC 9051 2.3.2) have to be named.
    """
    named = _named(rules)
    if flag.casefold() in named:
        return named[flag.casefold()]
    if (above := others_label(rules)) is None or flag.startswith("\\"):
        return None
    component = clean(flag)
    label = _fitted(f"{rules.keywords[_OTHERS]}/{component}", rules)
    if component != flag or label_key(label) in map(label_key, (above, *named.values())):
        digest = sha256(flag.casefold().encode("utf-8", "surrogatepass")).hexdigest()
        label = _fitted(f"{rules.keywords[_OTHERS]}/{component} [{digest[:8]}]", rules)
    return label


def keyword_labels(rules: LabelRules) -> list[str]:
    """The labels that are known beforehand: of the named flags, and the one above all others."""
    above = others_label(rules)
    return [*_named(rules).values(), *([above] if above else [])]


def others_label(rules: LabelRules) -> str | None:
    """The label under which every keyword that is not named gets one."""
    others = rules.keywords.get(_OTHERS)
    return None if others is None else _fitted(others, rules)


def for_keywords(rules: LabelRules) -> Callable[[str], bool]:
    """Whether flags may want a label, by its `label_key`: no folder gets one of these."""
    named = {label_key(each) for each in _named(rules).values()}
    others = others_label(rules)
    above = None if others is None else f"{label_key(others)}/"

    def taken(key: str) -> bool:
        if key in named or above is None or not key.startswith(above):
            return key in named
        # With a mark it is a folder's: no keyword has a blank in it (RFC 9051 9, `atom`).
        return "/" not in key[len(above) :] and _MARK.search(key) is None

    return taken


def _named(rules: LabelRules) -> Mapping[str, str]:
    """Flag in lower case → label."""
    return {
        flag.casefold(): _fitted(label, rules)
        for flag, label in rules.keywords.items()
        if flag != _OTHERS
    }


def _fitted(label: str, rules: LabelRules) -> str:
    return fit([*typed(rules.prefix), *(typed(label) or ["_"])], (label,))[0]
