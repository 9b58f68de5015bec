"""A message as it goes to Gmail, and how it is known again there."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from migrate.gmail.upload import Parcel

FALLBACKS = {"SENT": "Sent (imported)", "DRAFT": "Drafts (imported)"}
"""Labels of ours that stand in for those that Gmail sometimes refuses to have set."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it goes to Gmail."""

    parcel: Parcel
    message_id: str
    names: frozenset[str]
    """Ids of system labels, names of user labels."""
    history_id: str | None
    """Gmail's history before this message's first upload."""
    draft: bool = False
    """To become a real draft, whose bytes Gmail may rewrite."""


def ends_with(raw: bytes, parcel: Parcel) -> bool:
    """Whether Gmail's bytes are ours, but for the header lines that Gmail puts in front."""
    if len(raw) < parcel.size:
        return False
    digest = hashlib.sha256()
    for piece in parcel.chunks():
        digest.update(piece)
    tail = memoryview(raw)[len(raw) - parcel.size :]
    return hashlib.sha256(tail).digest() == digest.digest()
