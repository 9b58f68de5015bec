"""What Gmail will say of a message, from what a scan sees of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from migrate.message.attachments import archive, blocked
from migrate.message.header import Header
from migrate.message.mailbox import from_problem
from migrate.message.repair import Prepared, prepare

UPLOAD_LIMIT = 157_286_400
"""Bytes of a message for import and insert (discovery document gmail.v1, mediaUpload.maxSize)."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """One thing to expect; `texts/rules.toml` explains every `verdict`."""

    verdict: str
    certain: bool
    refuses: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a message beside its header."""

    size: int
    exact: bool
    """Whether `size` is more than a hint."""
    empty: bool = False
    """Not one byte at the source."""
    blocked: bool = False
    """An attachment that Gmail refuses."""
    sure: bool = True
    """Whether Gmail's rule leaves no doubt about `blocked`."""
    archive: bool = False
    """An attachment that may hold what Gmail refuses."""


def predict(
    header: Header,
    *,
    size: int,
    internal_date: datetime | None,
    now: datetime,
    attachments: Sequence[str] | None = None,
    mend_from: bool = False,
) -> tuple[Prediction, ...]:
    """Refusals first, then what no repair can help, what may be refused, and repairs; `accepted`
    when nothing known speaks against the message.

    `size` is RFC822.SIZE, only a hint, and the body can still hold what Gmail refuses: neither
    `empty`, `oversize` nor `accepted` is ever certain. `attachments` are file names, None when
    unknown. `mend_from`: a From that Gmail would refuse is mended, as in `prepare`.
    """
    prepared = prepare(header, digest="", internal_date=internal_date, now=now, mend_from=mend_from)
    return judge(header, prepared, seen(header, size, attachments), mend_from=mend_from)


def seen(header: Header, size: int, attachments: Sequence[str] | None) -> Seen:
    """What a scan sees; arguments as in `predict`."""
    names = attachments or ()
    return Seen(
        size,
        exact=False,
        empty=size == 0 and not header.raw.strip(),
        blocked=any(map(blocked, names)),
        archive=any(map(archive, names)),
    )


def judge(
    header: Header, prepared: Prepared, seen: Seen, *, mend_from: bool
) -> tuple[Prediction, ...]:
    """What follows from `seen` and the header, in the order of `predict`."""
    found = [] if mend_from else _from_refusals(header, seen)
    if seen.size > UPLOAD_LIMIT:
        found.append(Prediction("oversize", certain=seen.exact, refuses=True))
    if seen.blocked:
        found.append(Prediction("attachment-blocked", certain=seen.sure, refuses=True))
    refused = bool(found)
    if prepared.date is None:
        found.append(Prediction("date-unknown", certain=True, refuses=False))
    if seen.archive and not seen.blocked:
        found.append(Prediction("attachment-archive", certain=False, refuses=False))
    for repair in prepared.repairs:
        found.append(Prediction(f"{repair.field.lower()}-repaired", certain=True, refuses=False))
    if not refused:
        found.append(Prediction("accepted", certain=False, refuses=False))
    return tuple(found)


def _from_refusals(header: Header, seen: Seen) -> list[Prediction]:
    if seen.empty:  # or the server lists it without saying anything of it
        return [Prediction("empty", certain=seen.exact, refuses=True)]
    problem = from_problem(header)
    return [Prediction(*problem, refuses=True)] if problem else []
