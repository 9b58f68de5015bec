"""`[filters]`: which messages are left out, and by which rule. Pure."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import UTC, date, datetime

RULES = frozenset(
    {
        "deleted",
        "filter-since",
        "filter-before",
        "filter-min-size",
        "filter-max-size",
        "filter-search",
    }
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a message has to be like to be copied; the defaults let every message pass."""

    since: float | None = None
    """Seconds since 1970, by the date that Gmail will show."""
    before: float | None = None
    min_size: int = 0
    """Bytes, as the server lists them."""
    max_size: int = 0
    """0: no limit."""
    search: str | None = None
    """IMAP SEARCH criteria (RFC 9051 6.4.4), for the server."""
    skip_deleted: bool = False
    """Leave out what is marked as \\Deleted but still there."""
    skip_oversize: bool = True
    """What was left out for being over Gmail's limit stays so."""

    @property
    def revocable(self) -> frozenset[str]:
        """The rules that are decided anew at every scan, as long as a message is not copied."""
        return RULES if self.skip_oversize else RULES | {"oversize"}

    def rule(
        self,
        *,
        uid: int,
        flags: Container[str],
        size: int,
        dated: float | None,
        matched: Container[int] | None,
    ) -> str | None:
        """The rule that leaves a message out, None if it is to be copied.

        `dated` is None where no date is known, `size` 0 where the server told none: then no rule
        about them leaves a message out. `matched` holds what `search` found, None without one.
        """
        if self.skip_deleted and "\\Deleted" in flags:
            return "deleted"
        if dated is not None and self.since is not None and dated < self.since:
            return "filter-since"
        if dated is not None and self.before is not None and dated >= self.before:
            return "filter-before"
        if 0 < size < self.min_size:
            return "filter-min-size"
        if self.max_size and size > self.max_size:
            return "filter-max-size"
        if matched is not None and uid not in matched:
            return "filter-search"
        return None


def start_of(day: date | None) -> float | None:
    """The first second of a day (UTC)."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() if day else None
