"""Long things in pieces. (`itertools.batched` is of Python 3.12.)"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def pieces(items: Iterable[T], size: int = 500) -> Iterator[list[T]]:
    """Lists of at most `size`; the default is what one SQL statement takes."""
    rest = iter(items)
    while piece := list(islice(rest, size)):
        yield piece
