"""How much mail is there, how much of it is to be copied, and how is that known?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from migrate.errors import MailhaulError
from migrate.preflight.finding import Bytes, Finding, fine, not_asked
from migrate.preflight.seen import Seen, SourceSide
from migrate.source.surveying import Held


@dataclass(frozen=True, slots=True)
class Size:
    messages: int
    bytes: int
    """Of the folders that are to be copied."""
    all_messages: int
    all_bytes: int
    how: Literal["status-size", "listed", "counted", "sample"]
    """By STATUS=SIZE; by the last plan or run; by RFC822.SIZE of all, or of a sample."""


def size(seen: Seen) -> Size | None:
    """None where the source could not be asked, and no plan has asked it before."""
    listed = None
    if (before := seen.before) is not None:
        listed = Size(before.messages, before.bytes, before.messages, before.bytes, "listed")
    if isinstance(seen.source, MailhaulError):
        return listed
    found = _counted(seen.source)
    return listed if listed and found.how == "sample" else found


def check(seen: Seen) -> Finding:
    found = size(seen)
    if found is None:
        return not_asked("check-after-error")
    return fine(
        messages=found.messages,
        bytes=Bytes(found.bytes),
        all_messages=found.all_messages,
        all_bytes=Bytes(found.all_bytes),
        how=found.how,
    )


def _counted(side: SourceSide) -> Size:
    sizes = side.usage.folders
    copied = {each.folder.raw for each in side.mapped if each.rule is None}
    some = [held for raw, held in sizes.items() if raw in copied]
    whole = all(each.seen == each.messages for each in some)
    counted: Literal["counted", "sample"] = "counted" if whole else "sample"
    how = "status-size" if side.usage.how == "status-size" else counted
    return Size(*_sum(some), *_sum(sizes.values()), how)


def _sum(held: Iterable[Held]) -> tuple[int, int]:
    each = list(held)
    return sum(one.messages for one in each), sum(one.bytes for one in each)
