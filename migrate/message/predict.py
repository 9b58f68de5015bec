"""What Gmail will say of a message, from the few header fields of a scan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from migrate.message.header import Header
from migrate.message.mailbox import from_problem
from migrate.message.repair import prepare

UPLOAD_LIMIT = 157_286_400
"""Bytes of a message for import and insert (discovery document gmail.v1, mediaUpload.maxSize)."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """One thing to expect; `texts/rules.toml` explains every `verdict`."""

    verdict: str
    certain: bool
    refuses: bool


def predict(
    header: Header, *, size: int, internal_date: datetime | None, now: datetime
) -> tuple[Prediction, ...]:
    """Refusals first, then repairs; `accepted` when nothing known speaks against the message.

    `size` is RFC822.SIZE, only a hint, and the body can still hold what Gmail refuses: neither
    `oversize` nor `accepted` is ever certain.
    """
    found = []
    if problem := from_problem(header):
        found.append(Prediction(*problem, refuses=True))
    if size > UPLOAD_LIMIT:
        found.append(Prediction("oversize", certain=False, refuses=True))
    refused = bool(found)
    prepared = prepare(header, digest="", internal_date=internal_date, now=now)
    for repair in prepared.repairs:
        found.append(Prediction(f"{repair.field.lower()}-repaired", certain=True, refuses=False))
    if prepared.date is None:
        found.append(Prediction("date-unknown", certain=True, refuses=False))
    if not refused:
        found.append(Prediction("accepted", certain=False, refuses=False))
    return tuple(found)
