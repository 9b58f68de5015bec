"""Long things in pieces. (`itertools.batched` is of Python 3.12.)"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def pieces(items: Iterable[T], size: int = 500) -> Iterator[list[T]]:
    """Lists of at most `size`; the default is what one SQL statement takes."""
    rest = iter(items)
    while piece := list(islice(rest, size)):
        yield piece


def padded(items: Sequence[T]) -> Sequence[T]:
    """As long as a power of two, by its last item again; for the list of an SQL `IN`.

    Each length is another statement. SQLite would prepare them all anew and keep the last 128 of
    them with their values: megabytes for each connection, growing as long as lengths are new.
    """
    if not items:
        return items
    more = (1 << (len(items) - 1).bit_length()) - len(items)
    return [*items, *([items[-1]] * more)]
