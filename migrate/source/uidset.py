"""UID sets: many UIDs in few bytes (RFC 9051 9, sequence-set)."""

from __future__ import annotations

from collections.abc import Iterable

from migrate.source.response import number


def uid_set(uids: Iterable[int]) -> bytes:
    """`1:3,7` for {3, 1, 2, 7}. A range never covers a UID that was not given."""
    ranges: list[list[int]] = []
    for uid in sorted(set(uids)):
        if ranges and ranges[-1][1] == uid - 1:
            ranges[-1][1] = uid
        else:
            ranges.append([uid, uid])
    return ",".join(f"{a}:{b}" if a < b else f"{a}" for a, b in ranges).encode()


def uid_ranges(text: bytes) -> list[tuple[int, int]] | None:
    """First and last UID of each range of a set, in its order; None if it is no set of numbers."""
    found = []
    for part in text.split(b","):
        first, colon, last = part.partition(b":")
        low, high = number(first), number(last if colon else first)
        if low is None or high is None:
            return None
        found.append((min(low, high), max(low, high)))
    return found
