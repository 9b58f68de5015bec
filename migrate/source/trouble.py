"""Messages at which connections break: so that one of them does not hold up all others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from migrate.errors import SourceLost
from migrate.source.wire import Interrupted

_HOPELESS = 3


@dataclass(frozen=True)
class Trouble:
    """What one account's connections, one after the other, have met with in this process.

    A message that was under way when a connection broke is suspected: from then on it is asked for
    alone. Alone, it may break two more.
    """

    _breaks: Counter[tuple[object, int]] = field(default_factory=Counter)

    def at(self, *place: object) -> Place:
        return Place(self._breaks, place)


@dataclass(frozen=True, slots=True)
class Place:
    """The same for one folder, and one way of asking."""

    _breaks: Counter[tuple[object, int]]
    _place: object

    def parted(self, uids: Iterable[int]) -> tuple[list[int], list[int], list[int]]:
        """Those that may be asked for together, those alone, those that are given up."""
        kinds: tuple[list[int], list[int], list[int]] = [], [], []
        for uid in uids:
            breaks = self._breaks.get((self._place, uid), 0)
            kinds[0 if not breaks else 1 if breaks < _HOPELESS else 2].append(uid)
        return kinds

    @contextmanager
    def watched(self, under_way: Iterable[int]) -> Iterator[None]:
        """Blame what is in `under_way` at the moment when the connection breaks."""
        try:
            yield
        except Interrupted:
            raise
        except SourceLost:
            self._breaks.update((self._place, uid) for uid in under_way)
            raise

    def clear(self, uids: Sequence[int]) -> None:
        """They came."""
        for uid in uids:
            self._breaks.pop((self._place, uid), None)
