"""How many labels a mapping needs, before the first one is made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from migrate.labels.keywords import keyword_labels
from migrate.labels.names import label_key, parents
from migrate.labels.rules import LabelRules

LABELS_AT_MOST = 10_000
"""Labels that a mailbox can have, Gmail's own among them (discovery document, `Label`)."""
ADVISED = 500
"""More make Gmail slow (https://support.google.com/a/answer/1409688)."""


class Labelled(Protocol):
    """A `Mapped`, or its row in the ledger."""

    @property
    def label(self) -> str | None: ...
    @property
    def system(self) -> bool: ...


def needed(mapped: Iterable[Labelled], rules: LabelRules) -> set[str]:
    """The user labels, as `label_key`s: those of the folders, those above them, and those of flags
    as far as they are known beforehand (below `*` each keyword that turns up needs one more)."""
    folders = (each.label for each in mapped if each.label and not each.system)
    names = (*folders, *keyword_labels(rules))
    return {label_key(each) for name in names for each in (*parents(name), name)}
